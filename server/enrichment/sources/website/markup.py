"""From the text of a page to a tree that no page can make slow or large.

lexbor takes quadratic time and memory from unclosed formatting tags (15 KB of them become 400 MB), from deep nesting
and from one tag with many attributes. So it is handed only tags that were recognised, with few attributes, and not too
many of them.
"""

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

MOST_TOKENS, MOST_AT_THE_END = 16_000, 4_000
MOST_ATTRIBUTES = 64
MOST_SCRIPTS = 500

# What holds nothing that is read here, or would change how the tags after it are read.
_SKIPPED = ("style", "textarea", "iframe", "noembed", "noframes", "xmp", "template", "select")
_DRAWINGS = ("svg", "math")
# Their tags are dropped and what stands between them is kept: formatting, which lexbor opens anew in every block that
# follows, and what would switch it to another way of reading.
_FORMATTING = ("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
_UNWRAPPED = (*_FORMATTING, "noscript", "plaintext", "frameset", "frame")

# The grammar of a tag is HTML's (WHATWG, 13.2.5), with an upper bound for each of its parts and no "<" outside quotes:
# so what is no tag after all is given up after a few characters.
_SPACE = r"\t\n "
_END_OF_NAME = rf"(?=[{_SPACE}/>])"
_VALUE = rf"(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])[^{_SPACE}<>]{{1,4000}}+(?=[{_SPACE}>])|(?=>))"
_ATTRIBUTE = (
    rf"[{_SPACE}/]*+(?:=[^{_SPACE}/<>=]{{0,200}}+|[^{_SPACE}/<>=]{{1,200}}+)(?=[{_SPACE}/>=])"
    rf"(?:[{_SPACE}]*+=[{_SPACE}]*+{_VALUE}|(?![{_SPACE}]*=))"
)
_REST = rf"{_END_OF_NAME}(?:{_ATTRIBUTE}){{0,{MOST_ATTRIBUTES}}}+[{_SPACE}/]*+>"
_END = r"(?:</[^>]*+>?)?+"


def _inside(name: str) -> str:
    """What stands between the tags of an element that holds no other element."""
    return rf"(?:[^<]++|<(?!/{name}[{_SPACE}/>]))*+"


_DROPPED = "|".join(
    (
        r"(?![a-z!?/])",
        r"!--(?:-?>|.*?--!?>|.*)",
        r"[!?][^>]*+>?",
        r"/(?![a-z])[^>]*+>?",
        *(rf"{name}{_REST}(?:(?<=/>)|{_inside(name)}{_END})" for name in _DRAWINGS),
        *(rf"{name}{_REST}{_inside(name)}{_END}" for name in _SKIPPED),
        rf"/?(?:{'|'.join(_UNWRAPPED)}){_REST}",
        rf"/(?:{'|'.join((*_DRAWINGS, *_SKIPPED, 'script', 'title'))})\b[^>]*+>?",
        r"",
    )
)
_NOT_KEPT = "|".join((*_DRAWINGS, *_SKIPPED, *_UNWRAPPED, "script", "title"))
# Four kinds of token: kept as they are, scripts, titles, and all that is dropped.
_TOKEN = re.compile(
    rf"([^<]++|</?(?=[a-z])(?!(?:{_NOT_KEPT})[{_SPACE}/>])[a-z][^{_SPACE}/<>]{{0,60}}+{_REST})"
    rf"|<(?:script({_REST})({_inside('script')}){_END}|title{_REST}({_inside('title')}){_END}|{_DROPPED})",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Script:
    """A script as the page holds it: the text of its attributes, and what stands between its tags."""

    attributes: str
    content: str


@dataclass(frozen=True, slots=True)
class Markup:
    """A page taken apart: its tree without scripts, styles and drawings; its scripts; its title, not yet unescaped."""

    tree: LexborHTMLParser
    scripts: tuple[Script, ...]
    title: str


def parsed(html: str) -> Markup:
    """A page's markup; of a page with too many tags the middle is left out, for what is looked for is at both ends."""
    tokens: list[tuple[str, str, str, str]] = _TOKEN.findall(
        html.replace("\r", "\n").replace("\f", " ").replace("\0", "")
    )
    if len(tokens) > MOST_TOKENS:
        tokens = [*tokens[: MOST_TOKENS - MOST_AT_THE_END], *tokens[-MOST_AT_THE_END:]]
    return Markup(
        tree=LexborHTMLParser("".join([kept for kept, _, _, _ in tokens])),
        scripts=tuple(Script(attributes, content) for _, attributes, content, _ in tokens if attributes)[:MOST_SCRIPTS],
        title=next((title for _, _, _, title in tokens if title), ""),
    )
