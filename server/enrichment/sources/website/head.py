"""What a home page says of its company in its head: OpenGraph, meta tags, title, language."""

import re
import unicodedata
from collections.abc import Iterator

from enrichment.domain.company import Field
from enrichment.domain.fact import Claim
from enrichment.domain.names import is_name_of_person
from enrichment.sources.payload import claims as claims_of
from enrichment.sources.website.organization import LONGEST_NAME, SHORTEST_DESCRIPTION
from enrichment.sources.website.page import Page, plain

OPEN_GRAPH, META, GUESS, LOCALE = 0.85, 0.7, 0.4, 0.4
# A name is a few words; more of them are a slogan.
MOST_WORDS_OF_NAME = 5

_BETWEEN = re.compile(r"\s+[|–—•·»«>/:-]+\s+|\s*[|•»]\s*|:\s+")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
# What templates, servers and guards against robots write where a name should stand.
_NO_NAME = re.compile(
    r"home ?(?:page)?|start(?:seite)?|inicio|pagina inicial|principal|index|accueil|(?:official |web)?site|"
    r"site oficial|loading\W*|erro|error|forbidden|not found|\d{3} (?:not found|forbidden|.*error).*|"
    r"apache.* default page.*|(?:welcome|bem-vind[oa]s?|bienvenid[oa]s?|willkommen|untitled|just a moment|"
    r"attention required|access denied|acesso negado|account suspended|coming soon|em breve|under construction|"
    r"em construcao|page not found)\b.*"
)
# "en-us" and "en" are what templates come with, and say nothing of the country.
_LOCALE = re.compile(r"[a-z]{2,3}[-_](?:[a-z]{4}[-_])?([a-z]{2})", re.IGNORECASE)


def claims(page: Page) -> Iterator[Claim]:
    """The name and description of OpenGraph and of meta tags, the name in the title, the country of the locale."""
    names = (
        (page.meta("og:site_name"), OPEN_GRAPH),
        (page.meta("application-name", "apple-mobile-web-app-title"), META),
    )
    for name, weight in names:
        yield from claims_of({Field.NAME: _name(name)}, weight)
    yield from claims_of({Field.COUNTRY_CODE: locale_country(page)}, LOCALE)
    # An article's title and description are the article's, even where a site's front page is one.
    if page.meta("og:type") != "article":
        yield from _titled(page)
        for description, weight in ((page.meta("og:description"), OPEN_GRAPH), (page.meta("description"), META)):
            yield from claims_of({Field.DESCRIPTION: _description(description)}, weight)


def locale_country(page: Page) -> str:
    """The country that the page's language is written for, as a code; "" where it says none or a template's."""
    for locale in (page.lang, page.meta("og:locale")):
        found = _LOCALE.fullmatch(locale)
        if found and not locale.lower().startswith("en"):
            return found[1].upper()
    return ""


def title(page: Page) -> str:
    """The title of a page, "" where it has none."""
    return plain(page.markup.title, 200) or page.meta("og:title")


def folded(text: str) -> str:
    """A text without case and accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def letters(text: str) -> str:
    """Only the letters and digits of a text, without case and accents: as a domain would spell it."""
    return _NOT_LETTERS.sub("", folded(text))


def _titled(page: Page) -> Iterator[Claim]:
    """The part of the title that the domain spells, else its shortest part that may be a name."""
    label = letters(page.domain.split(".")[0])
    parts = [name for part in _BETWEEN.split(title(page)) if (name := _name(part))]
    spelt = [part for part in parts if _is_spelt(letters(part), label)]
    if spelt:
        yield Claim(Field.NAME, min(spelt, key=len), META)
    elif short := [part for part in parts if len(part.split()) <= MOST_WORDS_OF_NAME]:
        yield Claim(Field.NAME, short[-1] if len(parts) > 1 else short[0], GUESS)


def _is_spelt(name: str, label: str) -> bool:
    return min(len(name), len(label)) > 2 and (name in label or label in name)


def _name(text: str) -> str:
    is_name = 1 < len(text) <= LONGEST_NAME and not is_name_of_person(text)
    return text if is_name and not _NO_NAME.fullmatch(folded(text)) else ""


def _description(text: str) -> str:
    return text if len(text) >= SHORTEST_DESCRIPTION else ""
