"""A page as it is read: its anchors, its visible text, what it says of itself, and whose it is."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx
from selectolax.lexbor import LexborNode

from enrichment.sources.website.charset import decoded
from enrichment.sources.website.fetch import Response
from enrichment.sources.website.markup import Markup, parsed

MOST_ANCHORS, MOST_METAS = 3_000, 300
LONGEST_URL, LONGEST_META = 2_000, 1_000
# A long page names its company at its beginning and its address at its end.
TEXT_AT_EITHER_END = 60_000

# No user name, no address in brackets, no sign in the host that turns into a slash or an @ when it is normalised.
_WEB_URL = re.compile(r"https?://[\w.-]+(?::\d{1,5})?(?:[/?#]\S*)?")
_TAG = re.compile(r"<[^<>]{0,500}>")
_RUN_OF_SPACE = re.compile(r"\s{2,}")
# Controls, soft hyphens, what cannot be seen, lone halves of pairs, and the private letters of icon fonts.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\uf8ff\ufe00-\ufe0f"
    "\ufeff\ufff0-\uffff\U000e0000-\U0010ffff]"
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link of a page: `url` is absolute, or the tel: or mailto: link as it stands."""

    url: str
    node: LexborNode

    def text(self) -> str:
        """What is written on it; found when it is asked for, since anchors can be nested a thousand deep."""
        return plain(self.node.text(separator=" "), 100)


@dataclass(frozen=True, slots=True)
class Page:
    """A page and what every reader of it needs; `domain` is the registrable one that it belongs to."""

    url: str
    domain: str
    headers: httpx.Headers
    markup: Markup
    base: str
    text: str
    metas: Mapping[str, str]
    anchors: tuple[Anchor, ...]

    def absolute(self, reference: str) -> str:
        """The http or https URL that a reference on this page means, "" for every other kind."""
        return absolute(self.base, reference)

    def meta(self, *names: str) -> str:
        """What the first of these meta tags that says something says, by name or property."""
        return next((self.metas[name] for name in names if name in self.metas), "")

    @property
    def lang(self) -> str:
        """The language that the page is written in, as it says itself: "pt-br"; "" where it does not."""
        root = self.markup.tree.css_first("html[lang]")
        return (root.attributes.get("lang") or "").strip().lower().replace("_", "-")[:20] if root else ""


def opened(response: Response, domain: str) -> Page:
    """The page that a response holds."""
    markup = parsed(decoded(response.body, response.headers.get("content-type", "")))
    url = str(response.url)
    base_tag = markup.tree.css_first("base[href]")
    base = absolute(url, base_tag.attributes.get("href") or "") if base_tag else ""
    body = markup.tree.body
    text = visible(body) if body else ""
    if len(text) > 2 * TEXT_AT_EITHER_END:
        text = f"{text[:TEXT_AT_EITHER_END]}\n{text[-TEXT_AT_EITHER_END:]}"
    return Page(
        url=url,
        domain=domain,
        headers=response.headers,
        markup=markup,
        base=base or url,
        text=text,
        metas=_metas(markup),
        anchors=tuple(_anchors(markup, base or url)),
    )


def _metas(markup: Markup) -> Mapping[str, str]:
    metas: dict[str, str] = {}
    for node in markup.tree.css("meta[content]")[:MOST_METAS]:
        attributes = node.attributes
        name = (attributes.get("property") or attributes.get("name") or "").strip().lower()
        content = plain(attributes.get("content") or "", LONGEST_META)
        if name and content:
            metas.setdefault(name, content)
    return metas


def _anchors(markup: Markup, base: str) -> Iterator[Anchor]:
    for node in markup.tree.css("a[href]")[:MOST_ANCHORS]:
        href = (node.attributes.get("href") or "").strip()
        url = href[:LONGEST_URL] if href[:7].lower().startswith(("tel:", "mailto:")) else absolute(base, href)
        if url:
            yield Anchor(url, node)


def visible(node: LexborNode) -> str:
    """The text of an element, each piece between two tags on a line of its own."""
    seen = _seen(node.text(separator="\n", skip_empty=True)).replace("\u00a0", " ")
    return _RUN_OF_SPACE.sub(lambda run: "\n" if "\n" in run[0] else " ", seen)


def absolute(base: str, reference: str) -> str:
    """The http or https URL that a reference means seen from `base`, "" for every other kind."""
    reference = reference.strip()
    if not reference or len(reference) > LONGEST_URL:
        return ""
    try:
        url = reference if reference.startswith(("https://", "http://")) else urljoin(base, reference)
    except ValueError:
        return ""
    return url if _WEB_URL.fullmatch(url) and url.isprintable() else ""


def host(url: str) -> str:
    """The host of an absolute URL in lower case."""
    return urlsplit(url).hostname or ""


def is_of(name: str, domain: str) -> bool:
    """Whether a host is the domain or lies in it."""
    return name == domain or name.endswith(f".{domain}")


def plain(text: str, longest: int = 300) -> str:
    """A text as it may be shown: unescaped, on one line, without tags and unseen characters, of bounded length."""
    raw = html.unescape(text[: 8 * longest])
    seen = " ".join(_seen(_TAG.sub(" ", raw) if "<" in raw else raw).split())
    return seen if len(seen) <= longest else seen[:longest].rsplit(" ", 1)[0]


def _seen(text: str) -> str:
    """A text without what cannot be seen: what is known to stand on pages, and characters that Unicode has not got."""
    kept = _UNSEEN.sub("", text)
    unseen = {char for char in set(kept) if not (char.isprintable() or char.isspace())}
    return kept.translate(dict.fromkeys(map(ord, unseen))) if unseen else kept
