"""The products that a page shows traces of, by a table of our own."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from enrichment.domain.company import Field
from enrichment.domain.fact import Claim
from enrichment.sources.website.page import Page

MOST_ADDRESSES = 1_500
LONGEST_SCRIPTS = 200_000


@dataclass(frozen=True, slots=True)
class _Technology:
    name: str
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    generator: str
    urls: tuple[str, ...]
    scripts: tuple[str, ...]

    def is_on(self, traces: "_Traces") -> bool:
        return (
            any(name in traces.headers and part in traces.headers[name] for name, part in self.headers.items())
            or any(cookie.startswith(self.cookies) for cookie in traces.cookies)
            or (bool(self.generator) and traces.generator.startswith(self.generator))
            or any(part in traces.urls for part in self.urls)
            or any(part in traces.scripts for part in self.scripts)
        )


@dataclass(frozen=True, slots=True)
class _Traces:
    """What of a page is looked at, all in lower case."""

    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    generator: str
    urls: str
    scripts: str


def _table() -> Iterator[_Technology]:
    table = tomllib.loads(files("enrichment.sources.website").joinpath("technologies.toml").read_text("utf-8"))
    for entry in table["technology"]:
        yield _Technology(
            name=entry["name"],
            headers=entry.get("headers", {}),
            cookies=tuple(entry.get("cookies", ())),
            generator=entry.get("generator", ""),
            urls=tuple(entry.get("urls", ())),
            scripts=tuple(entry.get("scripts", ())),
        )


_TECHNOLOGIES = tuple(_table())


def claims(page: Page) -> Iterator[Claim]:
    """The products whose traces are on a page or in its headers, in the table's order."""
    traces = _traces(page)
    if names := tuple(technology.name for technology in _TECHNOLOGIES if technology.is_on(traces)):
        yield Claim(Field.TECHNOLOGIES, names)


def _traces(page: Page) -> _Traces:
    tags = [script.attributes for script in page.markup.scripts]
    nodes = page.markup.tree.css("link[href], img[src]")[:MOST_ADDRESSES]
    addresses = [node.attributes.get("href") or node.attributes.get("src") or "" for node in nodes]
    inline = "\n".join(script.content for script in page.markup.scripts)
    return _Traces(
        headers={name.lower(): value.lower() for name, value in page.headers.items()},
        cookies=tuple(cookie.lstrip().lower() for cookie in page.headers.get_list("set-cookie")),
        generator=page.meta("generator").lower(),
        urls="\n".join([*tags, *addresses]).lower(),
        scripts="\n".join([*tags, inline[:LONGEST_SCRIPTS]]).lower(),
    )
