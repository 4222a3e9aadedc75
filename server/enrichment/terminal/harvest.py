"""A harvest as a person sees it: sentences, then a bar with its pace and the time that is left."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from enrichment.terminal import words
from enrichment.terminal.text import clean

# Without a terminal a line is written each time so many more are done.
LINE_EVERY = 500


def add_harvest(command: ArgumentParser, run: Callable[[Namespace], int]) -> None:
    """The options of `imensiah directory harvest`."""
    command.set_defaults(run=run)
    command.add_argument("--country", default="BR", metavar="CODE", type=str.upper, help="default: %(default)s")
    command.add_argument("--limit", default=10_000, metavar="N", type=words.companies, help="default: %(default)s")


class Rate(ProgressColumn):
    """How many are done in a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s")


class HarvestDisplay:
    """Shows a harvest; enter it, and leave it when the harvest has ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (TextColumn("visiting"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("visiting", total=None, visible=False)
        self._said = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._progress.stop()

    def say(self, sentence: str) -> None:
        """One line, unless it is the last one again."""
        if sentence != self._said:
            self._said = sentence
            self._console.print(clean(sentence), soft_wrap=True)

    def visited(self, done: int, total: int) -> None:
        """So many domains are done."""
        self._progress.update(self._task, completed=done, total=total, visible=True)
        if not self._console.is_terminal and (done % LINE_EVERY == 0 or done == total):
            self.say(f"{done:,} of {total:,} visited")
