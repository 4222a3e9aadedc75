"""Which other pages of a site say most of its company."""

import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urlsplit

from enrichment.sources.website.head import folded
from enrichment.sources.website.page import Page, host, is_of

MOST_PAGES = 2
DEEPEST_PATH = 3
# Its text is looked at for so many links, where the address says nothing.
MOST_TEXTS = 200

# Two kinds are read, the first two of these that a site has: what it does, who stands for it, where it is, its terms.
_KINDS = tuple(
    re.compile(rf"(?:{'|'.join(words.split())})(?:\.\w{{2,5}})?")
    for words in (
        """
        about(?:-?us|-the-company|-[a-z-]{2,30})? sobre(?:-?nos|-[ao]-[a-z-]{2,30})? quem-?somos a-empresa empresa
        institucional quienes-somos nosotros acerca(?:-de)?(?:-nosotros)? ueber-uns uber-uns
        unternehmen qui-sommes-nous a-propos chi-siamo azienda over-ons om-oss company our-company who-we-are
        """,
        "impressum imprint legal legal-notice aviso-legal mentions-legales note-legali colofon",
        """
        contact(?:-?us)? contatos? fale-?conosco contacto contactenos kontakt contatti contactez-nous atendimento
        central-de-atendimento
        """,
        """
        termos(?:-de-uso|-e-condicoes|-de-servico)? terms(?:-of-(?:use|service)|-and-conditions)? agb expediente
        politica-de-privacidade privacidade privacy(?:-policy)? datenschutz
        """,
    )
)
_NOT_SLUG = re.compile(r"[^a-z0-9.]+")
_NOT_A_PAGE = re.compile(r"\.(?:pdf|docx?|jpe?g|png|zip|xml|json)$")


def further_pages(page: Page) -> list[str]:
    """At most two pages of the same site that a home page links to and that tell of the company; none is guessed."""
    first_of_kind: dict[int, str] = {}
    for kind, url in _telling(page):
        first_of_kind.setdefault(kind, url)
    chosen = dict.fromkeys(url for _, url in sorted(first_of_kind.items()))
    return list(chosen)[:MOST_PAGES]


def _telling(page: Page) -> Iterator[tuple[int, str]]:
    here = urldefrag(page.url)[0]
    texts_left = MOST_TEXTS
    for anchor in page.anchors:
        if page.domain not in anchor.url:
            continue
        url = urldefrag(anchor.url)[0]
        if not is_of(host(url), page.domain) or url.rstrip("/") == here.rstrip("/"):
            continue
        path = urlsplit(url).path.lower()
        segments = [part for part in path.split("/") if part]
        if not 0 < len(segments) <= DEEPEST_PATH or segments[0] == "cdn-cgi" or _NOT_A_PAGE.search(path):
            continue
        kind = _kind(_slug(segments[-1]))
        if kind is None and texts_left:
            texts_left -= 1
            kind = _kind(_slug(anchor.text()))
        if kind is not None:
            yield kind, url


def _kind(slug: str) -> int | None:
    return next((at for at, words in enumerate(_KINDS) if words.fullmatch(slug)), None)


def _slug(text: str) -> str:
    return _NOT_SLUG.sub("-", folded(text)).strip("-")
