"""The command line: `imensiah --help`."""

import argparse
import asyncio
import io
import logging
import os
import secrets
import shlex
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from enrichment.domain.ports import LedgerUnavailable
from enrichment.terminal import connection, operations, questions, words
from enrichment.terminal.connection import token_lines
from enrichment.terminal.directory import add_directory
from enrichment.terminal.failures import ExitCode, Failed, explained
from enrichment.terminal.settings_file import settings_file
from enrichment.terminal.show import console_for, put, show, show_json
from enrichment.terminal.spending import spending_json, spending_table
from enrichment.terminal.tables import sources_table
from enrichment_client import EnrichmentClient, EnrichmentError

if TYPE_CHECKING:
    from enrichment.settings import Settings

Arguments = argparse.Namespace

EXIT_CODES = """\
exit codes:
  0    done; for enrich: served, nothing missing
  1    the command failed; for get: nothing is held
  2    the command line, a setting or the request is wrong
  3    enrich: served, with fields missing that more time, money or health would fill
  4    no server answers
  5    the server failed, is overloaded or took too long
  130  stopped by Ctrl-C
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; answers with its exit code. Raises SystemExit for a command line that cannot be read."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names hold letters that the encoding of a terminal or pipe may not have.
            stream.reconfigure(errors="replace")
    arguments = parser().parse_args(argv)
    try:
        code = arguments.run(arguments)
        # Here, and not when Python ends: a reader that has left is no error of ours.
        sys.stdout.flush()
        return code
    except Failed as failed:
        return complain(failed.code, failed.lines)
    except EnrichmentError as error:
        return complain(*explained(error))
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader has left (`| head`): what is still in the buffer must not be written when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED


def complain(code: ExitCode, lines: Sequence[str]) -> ExitCode:
    """Tells the person what is wrong."""
    for number, line in enumerate(lines):
        print(line if number else f"imensiah: {line}", file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="imensiah",
        description="Company enrichment over gRPC: from a website to a profile, layer by layer.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"imensiah {version('imensiah')}")

    def explain(_: Arguments) -> int:
        top.print_help()
        return ExitCode.USAGE

    top.set_defaults(run=explain)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, run: Callable[[Arguments], int], about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        added.set_defaults(run=run)
        return added

    command("demo", _demo, "a sandbox, a server and two companies: on this machine alone, without keys")
    command("serve", _serve, "run the server until Ctrl-C")
    _enrich_options(command("enrich", _enrich, "ask a server about one company"))
    _plan_options(command("plan", questions.plan, "what enrich would call and at most spend; asks no source"))
    _get_options(command("get", questions.get, "what a server holds of one company; asks no source"))
    _sandbox_options(command("sandbox", _sandbox, "stand in for every provider, on this machine alone"))
    _health_options(command("health", _health, "exit with 0 if a server is ready, else with 4"))
    token = command("token", _token, "make a token for a caller, and the line that tells the server of it")
    token.add_argument(
        "name", nargs="?", default="caller", metavar="NAME", type=words.caller, help="default: %(default)s"
    )
    operations.add_sources(command("sources", _sources, "list the sources: price, key, and why one is off"))
    operations.add_switch(command("switch", operations.switch, "switch a source of a server on or off, for good"))
    operations.add_forget(command("forget", operations.forget, "erase all that a server holds of one company"))
    _spend_options(command("spend", _spend, "what was spent, from the ledger of the settings in force"))
    directory = command("directory", _import, "fill the company directory, and look at it")
    add_directory(directory, _import, _stats, _harvest)
    command("config", _config, "print the settings in force, as a file for IMENSIAH_CONFIG; keys are not shown")
    return top


def _enrich_options(command: argparse.ArgumentParser) -> None:
    command.epilog = EXIT_CODES
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    questions.add_company(command)
    questions.add_extent(command)
    command.add_argument("--json", action="store_true", help="one event per line; 64-bit numbers are strings")


def _plan_options(command: argparse.ArgumentParser) -> None:
    questions.add_company(command)
    questions.add_extent(command)
    questions.add_json(command)


def _get_options(command: argparse.ArgumentParser) -> None:
    questions.add_company(command)
    questions.add_json(command)


def _health_options(command: argparse.ArgumentParser) -> None:
    about = "default: the one of the settings in force"
    command.add_argument("--server", type=words.target, metavar="HOST:PORT", help=about)
    connection.add_options(command)


def _sandbox_options(command: argparse.ArgumentParser) -> None:
    # What is not given is left to SandboxSettings.
    command.argument_default = argparse.SUPPRESS
    add = command.add_argument
    add("--port", type=words.port, help="for HTTP; default: a free one")
    add("--dns-port", type=words.port, metavar="PORT", help="for DNS; default: a free one")
    add("--seed", type=int, help="another seed, another world of companies; default: always the same")
    add("--latency-scale", type=words.scale, metavar="SCALE", help="1: the providers' usual pace (default), 0: at once")


def _spend_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--days", type=words.days, default=30, metavar="N", help="today and the days before it; default: %(default)s")
    add("--by", choices=("day", "source", "caller"), default="day", help="default: %(default)s")
    add("--json", action="store_true", help="for programs; money in millionths of a US dollar")


def _enrich(arguments: Arguments) -> int:
    request = questions.request_of(arguments)

    async def is_partial(client: EnrichmentClient) -> bool:
        async with client, client.enrich(request, timeout=arguments.timeout) as events:
            if arguments.json:
                return (await show_json(events, sys.stdout)).partial
            return (await show(events, console_for(sys.stdout), time.time)).partial

    return ExitCode.PARTIAL if asyncio.run(is_partial(questions.client_of(arguments))) else ExitCode.OK


def _serve(_arguments: Arguments) -> int:
    settings = _settings()
    with _server_extra():
        from enrichment.app import serve
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(serve(settings, lambda address: print(f"serving on {address}, Ctrl-C stops", flush=True)))
    except OSError as error:
        raise Failed(ExitCode.FAILED, str(error)) from None
    return ExitCode.OK


def _demo(_arguments: Arguments) -> int:
    with _server_extra():
        from enrichment.demo import demo
    asyncio.run(demo(console_for(sys.stdout)))
    return ExitCode.OK


def _sandbox(arguments: Arguments) -> int:
    with _server_extra():
        from enrichment.sandbox import SandboxSettings, sandbox
    settings = SandboxSettings(**{name: value for name, value in vars(arguments).items() if name != "run"})

    async def run() -> None:
        async with sandbox(settings) as providers:
            print("# Every provider's stand-in, until Ctrl-C. To point a server at it, paste in another terminal:")
            # Invented answers and money stay out of what a server keeps of the real world.
            apart = dict.fromkeys(("IMENSIAH_CACHE_URL", "IMENSIAH_DATABASE_URL"), "memory://")
            for name, value in {**providers.environment, **apart}.items():
                print(f"export {name}={shlex.quote(value)}")
            print("imensiah serve")
            print(f"# Companies to ask about: {', '.join(providers.world.showcase)}", flush=True)
            await asyncio.Event().wait()

    try:
        asyncio.run(run())
    except OSError as error:
        raise Failed(ExitCode.FAILED, f"the sandbox cannot start: {error}") from None
    except KeyboardInterrupt:
        pass
    return ExitCode.OK


def _health(arguments: Arguments) -> int:
    with _server_extra():
        from enrichment import door
        from enrichment.terminal.health import Door, is_serving
    try:
        named = arguments.server
        asked = Door(named, connection.credentials(arguments)) if named else door.of(_settings())
    except (OSError, ValueError) as error:
        raise Failed(ExitCode.USAGE, str(error)) from None
    if asyncio.run(is_serving(asked, timeout=2.0)):
        print(f"{asked.target} is serving")
        return ExitCode.OK
    raise Failed(ExitCode.UNREACHABLE, f"{asked.target} is not serving")


def _token(arguments: Arguments) -> int:
    # 256 bits: nobody guesses one, so its digest needs neither salt nor slowness.
    print(token_lines(arguments.name, secrets.token_urlsafe(32)))
    return ExitCode.OK


def _sources(arguments: Arguments) -> int:
    if arguments.server:
        return operations.sources(arguments)
    put(console_for(sys.stdout), sources_table(_settings().sources))
    return ExitCode.OK


def _spend(arguments: Arguments) -> int:
    settings = _settings()
    with _server_extra():
        from enrichment.stores.ledger.spending import first_day, spending
    since = first_day(arguments.days, time.time())
    try:
        rows = spending(settings.database_url, settings.data_dir, arguments.by, since)
    except LedgerUnavailable as error:
        raise Failed(ExitCode.FAILED, str(error)) from None
    if arguments.json:
        print(spending_json(rows, arguments.by, since))
    else:
        put(console_for(sys.stdout), spending_table(rows, arguments.by, since))
    return ExitCode.OK


def _import(arguments: Arguments) -> int:
    return _on_directory("import_files", arguments)


def _stats(arguments: Arguments) -> int:
    return _on_directory("show_stats", arguments)


def _on_directory(command: str, arguments: Arguments) -> int:
    settings = _settings()
    with _server_extra():
        from enrichment import directory_commands
    try:
        getattr(directory_commands, command)(arguments, settings)
    except directory_commands.Unimportable as error:
        raise Failed(ExitCode.FAILED, str(error)) from None
    return ExitCode.OK


def _harvest(arguments: Arguments) -> int:
    settings = _settings()
    with _server_extra():
        from enrichment.harvesting import show_harvest
    show_harvest(arguments, settings)
    return ExitCode.OK


def _config(_arguments: Arguments) -> int:
    settings = _settings()
    from enrichment.in_force import in_force

    lines = settings_file(in_force(settings))
    print(f"# The settings in force. Saved to a file, IMENSIAH_CONFIG=that-file starts from them.\n{lines}")
    return ExitCode.OK


def _settings() -> "Settings":
    with _server_extra():
        from enrichment.settings import load
    try:
        return load(os.environ)
    except ValueError as error:
        raise Failed(ExitCode.USAGE, str(error)) from None


@contextmanager
def _server_extra() -> Generator[None]:
    """Turns a missing dependency of the server into the way to install it; a missing part of ours is a bug."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] in ("enrichment", "enrichment_client", "imensiah"):
            raise
        needed = f"this command needs the server's parts ({missing.name} is missing): pip install 'imensiah[server]'"
        raise Failed(ExitCode.FAILED, needed) from None
