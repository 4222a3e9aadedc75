"""Shows a stream while it runs: to a person with rich, to a program as JSON."""

from collections.abc import AsyncIterable, Callable, Generator
from contextlib import contextmanager
from typing import TextIO

from google.protobuf.json_format import MessageToJson
from rich.console import Console, RenderableType

from enrichment.domain.ports import Clock
from enrichment.terminal.parts import part
from enrichment.terminal.progress import Progress
from imensiah.enrichment.v1.enrichment_service_pb2 import EnrichmentCompleted, EnrichResponse

# Wider lines are hard to read.
WIDEST = 100


def console_for(out: TextIO) -> Console:
    """A console that colours nothing but what it is told to, and prints plain text where `out` is no terminal."""
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, WIDEST)
    return console


async def show(events: AsyncIterable[EnrichResponse], console: Console, clock: Clock) -> EnrichmentCompleted:
    """Prints each layer as it completes, with a spinner while waiting; answers with the end of the stream."""
    progress = Progress()
    completed = EnrichmentCompleted()
    with _spinner(console, str(progress)) as say:
        async for event in events:
            progress.see(event)
            say(str(progress))
            shown = part(event, clock())
            if shown is not None:
                put(console, shown)
            completed = event.completed
    return completed


async def show_json(events: AsyncIterable[EnrichResponse], out: TextIO) -> EnrichmentCompleted:
    """Prints one event per line as protobuf's JSON, with the contract's field names; answers with the stream's end.

    64-bit integers are strings and fields that are not set are left out, as protobuf's JSON has it.
    """
    completed = EnrichmentCompleted()
    async for event in events:
        print(MessageToJson(event, preserving_proto_field_name=True, indent=None), file=out, flush=True)
        completed = event.completed
    return completed


def put(console: Console, shown: RenderableType) -> None:
    """Prints; where that is to no terminal, without the spaces that rich fills its lines up with."""
    if console.is_terminal:
        console.print(shown)
        return
    with console.capture() as captured:
        console.print(shown)
    for line in captured.get().splitlines():
        print(line.rstrip(), file=console.file)
    console.file.flush()


@contextmanager
def _spinner(console: Console, text: str) -> Generator[Callable[[str], None]]:
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda _: None
        return
    # The dots are braille, which only Unicode has.
    frames = "dots" if console.encoding.startswith("utf") else "line"
    with console.status(text, spinner=frames, spinner_style="green") as status:
        yield status.update
