"""Lists as rows: CSV and JSON Lines, gzipped or not, and Parquet. Read as a stream, a line at a time."""

import csv
import gzip
import io
import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO, cast

from enrichment.imports.found import Unimportable

# A longer line is no company's, and would not fit into memory some day.
LONGEST_LINE = 1_000_000
SNIFFED = 65_536
JSON_ENDINGS = (".jsonl", ".ndjson", ".json")
ROWS_AT_ONCE = 5_000


class Line(NamedTuple):
    """A row by column, with its number in the file; `trouble` where it cannot be read."""

    number: int
    values: Mapping[str, str]
    trouble: str = ""


@contextmanager
def opened(path: Path) -> Generator[tuple[TextIO, BinaryIO]]:
    """A text file, gzipped or not, and the bytes below it, whose position tells how much was read."""
    with path.open("rb") as raw, _unpacked(path, raw) as binary:
        with io.TextIOWrapper(binary, _encoding(path), errors="replace", newline="") as text:
            yield text, raw


@contextmanager
def _unpacked(path: Path, raw: BinaryIO) -> Generator[BinaryIO]:
    if path.suffix != ".gz":
        yield raw
        return
    with gzip.open(raw) as unpacked:
        yield cast("BinaryIO", unpacked)


def lines(path: Path, text: TextIO) -> Iterator[Line]:
    """The rows of a CSV or JSON Lines file; raises Unimportable for a CSV without a header."""
    name = path.name.removesuffix(".gz").lower()
    return _json_lines(text) if name.endswith(JSON_ENDINGS) else _csv_lines(path, text)


def columns_of(path: Path) -> list[str]:
    """The columns of a file, of one in JSON Lines those of its first rows; raises Unimportable."""
    if path.suffix == ".parquet":
        return list(_parquet(path).schema_arrow.names)
    with opened(path) as (text, _):
        found: dict[str, None] = {}
        for line in _first(lines(path, text)):
            found.update(dict.fromkeys(line.values))
    if not found:
        raise Unimportable(f"{path} holds no rows")
    return list(found)


def parquet_lines(path: Path) -> Iterator[Line]:
    """The rows of a Parquet file, read some at a time; raises Unimportable where the reader is not installed."""
    number = 0
    for batch in _parquet(path).iter_batches(batch_size=ROWS_AT_ONCE):
        for values in batch.to_pylist():
            number += 1
            yield Line(number, {name: _text(value) for name, value in values.items()})


def _first(rows: Iterator[Line], count: int = 100) -> Iterator[Line]:
    for _, line in zip(range(count), rows, strict=False):
        yield line


def _encoding(path: Path) -> str:
    """UTF-8 where the beginning of the file is that, else what everything can be read as."""
    with path.open("rb") as raw, _unpacked(path, raw) as binary:
        head = binary.read(SNIFFED)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        # Cut at a line's end: a letter may be cut in two anywhere else.
        head[: head.rfind(b"\n") + 1 or len(head)].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _csv_lines(path: Path, text: TextIO) -> Iterator[Line]:
    first = text.readline(LONGEST_LINE)
    if not first.strip():
        raise Unimportable(f"{path} holds no rows: its first line is to name the columns")
    # Of the signs that may part columns, the one that is in the header most often.
    delimiter = max(",;\t|", key=first.count)
    rows = csv.reader(chain([first], _bounded(text)), delimiter=delimiter)
    header = [column.strip() for column in next(rows)]
    for row in rows:
        if len(row) == len(header):
            yield Line(rows.line_num, dict(zip(header, row, strict=True)))
        elif row:
            yield Line(rows.line_num, {}, f"has {len(row)} columns, the header {len(header)}")


def _bounded(text: TextIO) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        # What the csv module would refuse with an error that ends the whole import.
        yield line.replace("\0", "")


def _json_lines(text: TextIO) -> Iterator[Line]:
    for number, line in enumerate(_bounded(text), 1):
        if not line.strip():
            continue
        try:
            values: Any = json.loads(line)
        except (ValueError, RecursionError):
            values = None
        if isinstance(values, dict):
            yield Line(number, {str(name): _text(value) for name, value in cast("dict[Any, Any]", values).items()})
        else:
            yield Line(number, {}, "is no JSON object")


def _text(value: Any) -> str:
    """A value as a list in CSV would have it; what has parts of its own is left out."""
    if value is None or isinstance(value, bool | dict | list):
        return ""
    return str(value)


def _parquet(path: Path) -> Any:
    try:
        return import_module("pyarrow.parquet").ParquetFile(path)
    except ModuleNotFoundError:
        raise Unimportable(f"{path} is Parquet, which needs its reader: pip install 'imensiah[parquet]'") from None
    except (OSError, ValueError) as error:
        raise Unimportable(f"{path} cannot be read as Parquet: {error}") from None
