"""What a language model is shown of a company: what FOUNDATION knows of it, without what is nobody's business.

Cut out: e-mail addresses, telephone numbers and everything else of eight digits or more, CPFs, characters that cannot
be seen. Left out as a whole: pages and values with signs that they are written for machines (`orders`). What is shown
stands between lines with a mark that follows from all of it, so that no page can hold the mark it will stand under.
"""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from enrichment.domain.company import Field, Value
from enrichment.domain.fact import Document
from enrichment.domain.names import without_personal_numbers
from enrichment.domain.subject import Subject
from enrichment.sources.orders import is_for_machines
from enrichment.sources.payload import one_line

LONGEST_EVIDENCE, LONGEST_FACT, LONGEST_TITLE = 8_000, 400, 100
MOST_PAGES = 6
CUT = "***"

# What helps to understand a company; contacts, numbers and places do not, and would make equal evidence differ.
FACTS_SHOWN = frozenset(
    {
        Field.NAME,
        Field.LEGAL_NAME,
        Field.INDUSTRY,
        Field.FOUNDED_YEAR,
        Field.COUNTRY_CODE,
        Field.TECHNOLOGIES,
    }
)

_MAILBOX = re.compile(
    r"[^\s@]{0,64}\s?(?:@|[\[({]\s?(?:at|arroba)\s?[\])}])\s?[^\s@]{0,255}",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\+?\(?\d(?:[\s().\-/\u2010-\u2015·]{0,3}\d){7,}")
_ROUND_OR_YEARS = re.compile(r"\d{1,3}(?:[.,]\d{3})*[.,]000|(?:19|20)\d\d\s?[-/\u2010-\u2015]\s?(?:19|20)\d\d")
# What models know as the signs of their own language.
_BRACKETS = str.maketrans("<>", "‹›")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Facts by name, and pages as title and text: values only, each once, sorted, and bounded in all.

    What a site says of itself in its head is a page without a title.
    """

    facts: tuple[tuple[str, str], ...] = ()
    pages: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.facts or self.pages)

    @property
    def digest(self) -> str:
        """32 hexadecimal digits that change with anything that is shown."""
        # JSON, for two texts joined by a line break could also be one.
        written = json.dumps([self.facts, self.pages]).encode()
        return hashlib.blake2b(written, digest_size=16).hexdigest()

    @property
    def shown(self) -> str:
        """The evidence between its marks."""
        mark = self.digest[:16]
        lines = [f"<evidence {mark}>", *(f"{name}: {value}" for name, value in self.facts)]
        for title, text in self.pages:
            lines += [f"<page {mark}>", *filter(None, (title, text))]
        return "\n".join([*lines, f"</evidence {mark}>"])

    @property
    def passages(self) -> tuple[str, ...]:
        """What may be quoted: the pages, and not the company's name or its products, which are always there."""
        return tuple(part for page in self.pages for part in page if part)


def evidence(subject: Subject) -> Evidence:
    """What a model is shown of a company; empty where there is nothing to show."""
    known = ((name.value, _told(value)) for name, value in subject.known.items() if name in FACTS_SHOWN)
    described = Document("", "", subject.text(Field.DESCRIPTION))
    return _evidence(tuple(sorted(known)), (described, *subject.documents))


def without_people(text: str) -> str:
    """A text with `***` in the place of e-mail addresses, CPFs, and numbers as long as a telephone's."""
    text = without_personal_numbers(_MAILBOX.sub(f" {CUT} ", text))
    return " ".join(_LONG_NUMBER.sub(_cut_number, text).split())


def _cut_number(number: re.Match[str]) -> str:
    return number[0] if _ROUND_OR_YEARS.fullmatch(number[0]) else f" {CUT} "


# Each of the two models asks for its question, its price and its prompt, and looks its quotes up.
@lru_cache(maxsize=64)
def _evidence(known: tuple[tuple[str, str], ...], documents: tuple[Document, ...]) -> Evidence:
    facts = tuple((name, value) for name, told in known if (value := _clean(told, LONGEST_FACT)))
    pages = {(_clean(page.title, LONGEST_TITLE), _clean(page.text, LONGEST_EVIDENCE)) for page in documents}
    readable = sorted((text, title) for title, text in pages if text)[:MOST_PAGES]
    left = LONGEST_EVIDENCE - sum(len(name) + len(value) for name, value in facts)
    shown: list[tuple[str, str]] = []
    for at, (text, title) in enumerate(readable):
        # An even share of what is left, so that one long page does not crowd out the others.
        share = left // (len(readable) - at)
        shown.append((title, text[: max(0, share - len(title))].rstrip()))
        left -= len(title) + len(shown[-1][1])
    return Evidence(facts, tuple(shown))


def _told(value: Value) -> str:
    return ", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


def _clean(text: str, longest: int) -> str:
    # In one form, or the same letters in another alphabet's clothes would pass what looks for them.
    line = one_line(unicodedata.normalize("NFKC", text[: 4 * longest]), longest)
    if is_for_machines(line):
        return ""
    return without_people(line).translate(_BRACKETS)[:longest]
