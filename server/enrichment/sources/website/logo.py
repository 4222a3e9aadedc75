"""The company's logo among the images of a page."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from enrichment.domain.company import Field
from enrichment.domain.fact import Claim
from enrichment.sources.payload import claims as claims_of
from enrichment.sources.website.head import letters
from enrichment.sources.website.page import Page

OPEN_GRAPH, NAMED_IMAGE, HEADER, TOUCH_ICON, ICON = 0.85, 0.75, 0.8, 0.6, 0.5
MOST_IMAGES, MOST_ANCESTORS, MOST_ICONS = 300, 6, 40

_LOGO = re.compile(r"logo|brand", re.IGNORECASE)
_FRAME = re.compile(r"header|navbar|topbar|masthead|brand|\blogo\b", re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,4})x\d{1,4}")
# Lazy loading puts the address aside, and often a tiny drawing in its place.
_ADDRESSES = ("src", "data-src", "data-lazy-src", "data-original", "srcset", "data-srcset")
_STARTS = ("https://", "https://www.", "http://", "http://www.")


def claims(page: Page) -> Iterator[Claim]:
    """Where the logo may lie, from what is called so down to the site's icon; an inline drawing has no address."""
    shared = page.meta("og:image", "og:image:url", "og:image:secure_url")
    for url, weight in (
        (page.meta("og:logo"), OPEN_GRAPH),
        (_of_frame(page), HEADER),
        (shared if "logo" in shared.lower() else "", NAMED_IMAGE),
        (_icon(page, "apple-touch-icon"), TOUCH_ICON),
        (_icon(page, "icon"), ICON),
    ):
        yield from claims_of({Field.LOGO_URL: page.absolute(url)}, weight)


def _of_frame(page: Page) -> str:
    """The image that is called a logo and stands where the company's own does, or bears its name.

    Others are those of customers, partners and makers.
    """
    label = letters(page.domain.split(".")[0])
    best, best_rank = "", 0
    for node in page.markup.tree.css("img")[:MOST_IMAGES]:
        attributes = node.attributes
        address = _address(node)
        called = " ".join(attributes.get(key) or "" for key in ("class", "id", "alt", "title", "itemprop"))
        if not address or not (_LOGO.search(called) or _LOGO.search(address) or _is_called_logo(node)):
            continue
        is_named = len(label) > 2 and label in letters(f"{attributes.get('alt') or ''} {address.rsplit('/', 1)[-1]}")
        rank = 2 * _is_in_frame(node, page) + is_named
        if rank > best_rank:
            best, best_rank = address, rank
    return best


def _address(node: LexborNode) -> str:
    attributes = node.attributes
    for key in _ADDRESSES:
        given = (attributes.get(key) or "").strip()
        # A srcset holds several addresses, each with its width.
        first = given.split(",")[0].split(" ")[0] if key.endswith("srcset") else given
        if first and not first.lower().startswith("data:"):
            return first
    return ""


def _is_called_logo(node: LexborNode) -> bool:
    parent = node.parent
    return parent is not None and bool(_LOGO.search(_names(parent)))


def _is_in_frame(node: LexborNode, page: Page) -> bool:
    """Whether an image stands in the page's header or leads home."""
    at = node.parent
    for _ in range(MOST_ANCESTORS):
        if at is None or at.tag in ("body", "main", "footer"):
            return False
        if at.tag == "a" and page.absolute(at.attributes.get("href") or "").rstrip("/") in _homes(page):
            return True
        if at.tag in ("header", "nav") or _FRAME.search(_names(at)):
            return True
        at = at.parent
    return False


def _homes(page: Page) -> tuple[str, ...]:
    return (page.url.rstrip("/"), *(f"{start}{page.domain}" for start in _STARTS))


def _names(node: LexborNode) -> str:
    attributes = node.attributes
    return f"{attributes.get('class') or ''} {attributes.get('id') or ''}"


def _icon(page: Page, kind: str) -> str:
    """The largest of the site's icons of a kind."""
    best, best_size = "", -1
    for node in page.markup.tree.css("link[rel][href]")[:MOST_ICONS]:
        attributes = node.attributes
        kinds = (attributes.get("rel") or "").lower().replace("-precomposed", "").split()
        if kind not in kinds:
            continue
        width = _SIZE.search(attributes.get("sizes") or "")
        size = int(width[1]) if width else 0
        if size > best_size:
            best, best_size = attributes.get("href") or "", size
    return best
