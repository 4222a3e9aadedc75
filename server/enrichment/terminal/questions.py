"""The commands that ask a server one question and print its answer."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from rich.console import RenderableType

from enrichment.terminal import connection, words
from enrichment.terminal.failures import ExitCode, Failed
from enrichment.terminal.parts import profile
from enrichment.terminal.plan import plan_table
from enrichment.terminal.show import console_for, put
from enrichment_client import DEFAULT_TARGET, DEFAULT_TIMEOUT, EnrichmentClient, EnrichOptions
from imensiah.enrichment.v1.enrichment_service_pb2 import EnrichRequest

Arguments = argparse.Namespace
Answer = TypeVar("Answer", bound=Message)


def plan(arguments: Arguments) -> int:
    """`imensiah plan`."""
    request = request_of(arguments)
    answer = asked(arguments, lambda client: client.plan(request, timeout=arguments.timeout))
    return _put(arguments, answer, plan_table(answer))


def get(arguments: Arguments) -> int:
    """`imensiah get`."""
    request = request_of(arguments)
    answer = asked(arguments, lambda client: client.get(request.website_url, timeout=arguments.timeout))
    return _put(arguments, answer, profile(answer, time.time()))


def add_company(command: argparse.ArgumentParser) -> None:
    """The options of a command about one company."""
    command.add_argument("website", metavar="WEBSITE", help="a website or bare domain: nubank.com.br")
    add_server(command)


def add_server(command: argparse.ArgumentParser) -> None:
    """The options of every command that calls a server."""
    command.add_argument(
        "--server", type=words.target, default=DEFAULT_TARGET, metavar="HOST:PORT", help="default: %(default)s"
    )
    add_call(command)


def add_call(command: argparse.ArgumentParser) -> None:
    """The options of every command that calls a server, but for which one."""
    connection.add_options(command)
    about = "default: %(default)g"
    command.add_argument("--timeout", type=words.seconds, default=DEFAULT_TIMEOUT, metavar="SECONDS", help=about)


def add_extent(command: argparse.ArgumentParser) -> None:
    """How far an enrichment is to go, and for how much."""
    add = command.add_argument
    add("--max-cost", type=words.usd_micros, metavar="DOLLARS", help="the most to spend, 0 for nothing: 0.01")
    add("--fields", type=words.names, default=(), metavar="A,B", help="only these fields: name,address")
    add("--layers", type=words.names, default=(), metavar="A,B", help="only these of foundation,registry,inference")


def add_json(command: argparse.ArgumentParser) -> None:
    """The answer for programs."""
    command.add_argument("--json", action="store_true", help="for programs; 64-bit numbers are strings")


def request_of(arguments: Arguments) -> EnrichRequest:
    """The contract's request for what the command line says, as far as it does; raises Failed."""
    options = EnrichOptions(
        max_cost_usd_micros=getattr(arguments, "max_cost", None),
        wanted_fields=getattr(arguments, "fields", ()),
        layers=getattr(arguments, "layers", ()),
        include_source_outcomes=True,
    )
    try:
        return options.request(arguments.website)
    except UnicodeEncodeError:
        raise Failed(ExitCode.USAGE, f"{arguments.website!r} is not text in UTF-8") from None
    except ValueError as error:
        raise Failed(ExitCode.USAGE, str(error)) from None


def client_of(arguments: Arguments) -> EnrichmentClient:
    """A client of the server that the command line names; raises Failed."""
    try:
        return EnrichmentClient(
            arguments.server,
            credentials=connection.credentials(arguments),
            is_plaintext=arguments.plaintext,
            token=os.environ.get(connection.TOKEN, ""),
        )
    except ValueError as error:
        raise Failed(ExitCode.USAGE, str(error)) from None


def asked(arguments: Arguments, ask: Callable[[EnrichmentClient], Awaitable[Answer]]) -> Answer:
    """What the server answers; raises EnrichmentError, and Failed."""

    async def answer(client: EnrichmentClient) -> Answer:
        async with client:
            return await ask(client)

    return asyncio.run(answer(client_of(arguments)))


def _put(arguments: Arguments, answer: Message, shown: RenderableType) -> int:
    if arguments.json:
        print(MessageToJson(answer, preserving_proto_field_name=True, indent=None))
    else:
        put(console_for(sys.stdout), shown)
    return ExitCode.OK
