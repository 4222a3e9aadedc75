"""The commands of those who run a server: its sources as they stand, their switches, the forgetting of companies."""

import sys
from argparse import ArgumentParser, Namespace

from google.protobuf.json_format import MessageToJson
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from enrichment.domain.money import dollars
from enrichment.terminal import words
from enrichment.terminal.failures import ExitCode
from enrichment.terminal.outcomes import layer_name
from enrichment.terminal.questions import add_call, add_json, add_server, asked
from enrichment.terminal.show import console_for, put
from enrichment.terminal.text import clean
from imensiah.enrichment.v1.enrichment_service_pb2 import BreakerState, ListSourcesResponse, Source


def add_sources(command: ArgumentParser) -> None:
    """The options of `imensiah sources`."""
    about = "ask this server how they stand; without it, the settings in force are shown"
    command.add_argument("--server", type=words.target, metavar="HOST:PORT", help=about)
    add_call(command)
    add_json(command)


def add_switch(command: ArgumentParser) -> None:
    """The options of `imensiah switch`."""
    command.add_argument("source", metavar="SOURCE", help="a name that `imensiah sources` lists")
    command.add_argument("position", choices=("on", "off"))
    add_server(command)


def add_forget(command: ArgumentParser) -> None:
    """The options of `imensiah forget`."""
    command.add_argument("website", metavar="WEBSITE", help="a website or bare domain: nubank.com.br")
    add_server(command)


def sources(arguments: Namespace) -> int:
    """`imensiah sources --server`."""
    answer = asked(arguments, lambda client: client.sources(timeout=arguments.timeout))
    if arguments.json:
        print(MessageToJson(answer, preserving_proto_field_name=True, indent=None))
    else:
        put(console_for(sys.stdout), standing_table(answer))
    return ExitCode.OK


def switch(arguments: Namespace) -> int:
    """`imensiah switch`."""
    is_on = arguments.position == "on"
    switched = asked(
        arguments, lambda client: client.switch(arguments.source, is_enabled=is_on, timeout=arguments.timeout)
    ).source
    reason = clean(switched.unavailable_reason) if is_on else ""
    print(
        f"{clean(switched.name)} is {arguments.position}{f', and still cannot be called: {reason}' if reason else ''}"
    )
    return ExitCode.OK


def forget(arguments: Namespace) -> int:
    """`imensiah forget`."""
    erased = asked(arguments, lambda client: client.forget(arguments.website, timeout=arguments.timeout)).erased
    print(f"{erased} {'entry' if erased == 1 else 'entries'} erased" if erased else "nothing was held of it")
    return ExitCode.OK


def standing_table(answer: ListSourcesResponse) -> RenderableType:
    """Every source of a server: what was asked of it, what that cost, and why it cannot be called where it cannot."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("source", no_wrap=True)
    table.add_column("layer", no_wrap=True)
    for heading in ("calls", "failed", "cached", "spent"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    for source in answer.sources:
        counts = (source.calls, source.failures, source.cache_hits)
        figures = [f"{count:,}" if count else "" for count in counts]
        spent = dollars(source.spent_usd_micros) if source.spent_usd_micros else ""
        table.add_row(clean(source.name), layer_name(source.layer), *figures, spent, _state(source))
    if not answer.sources:
        return table
    since = answer.sources[0].counted_since.ToDatetime().strftime("%Y-%m-%d %H:%M UTC")
    return Group(table, Text(f"\nCounted by this server alone, since {since}.", "dim"))


def _state(source: Source) -> Text:
    if source.unavailable_reason:
        return Text(f"off: {clean(source.unavailable_reason)}")
    is_tried = source.breaker_state == BreakerState.BREAKER_STATE_HALF_OPEN
    return Text("on trial") if is_tried else Text("on", "green")
