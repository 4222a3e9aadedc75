"""Other organisations in a text about a company, told by a legal form or by a domain; bare names: `bare_names`."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

from enrichment.domain.company import Field
from enrichment.domain.errors import InvalidRequest
from enrichment.domain.names import normalised_name
from enrichment.domain.subject import Subject
from enrichment.domain.website import registrable_domain

# Where every company has a page, an app or a map: naming them tells of nobody else.
_PLATFORMS = frozenset(
    {
        "apple.com",
        "facebook.com",
        "github.com",
        "google.com",
        "instagram.com",
        "linkedin.com",
        "pinterest.com",
        "tiktok.com",
        "twitter.com",
        "wa.me",
        "whatsapp.com",
        "x.com",
        "xing.com",
        "youtube.com",
    }
)
# A shorter part of a domain may be part of any word.
SHORTEST_LABEL = 5

_WORD = re.compile(r"[^\W_]+")
_MARK = re.compile("[\u0300-\u036f]")
_CAPITAL = "A-ZÀ-ÖØ-ÞŁŚŠŽČА-ЯЁΑ-Ω0-9"
# A limited edition is no company, and neither is limited liability.
_LIMITED = r"Limited(?! (?i:time|edition|offer|stock|quantit|series|availab|warrant|liabilit|access))"
# In the spelling that they have behind a name: "KG" behind a figure is a weight, "se" and "as" are words.
_FORMS = (
    rf"Ltd|LTD|{_LIMITED}|Inc|INC|Incorporated|LLC|LLP|PLC|plc|Corp|Corporation|GmbH|gGmbH|AG|KG|KGaA|UG|e\. ?V|Ltda|"
    r"LTDA|Limitada|S\. ?A|S/A|SA|EIRELI|Eireli|S\. ?L|SARL|SAS|S\. ?r\. ?l|Srl|S\. ?p\. ?A|SpA|B\. ?V|BV|N\. ?V|Oyj?|"
    r"AB|A/S|ApS|ASA|Pty|Pte|Kft|Sp\. ?z|s\. ?r\. ?o|d\. ?o\. ?o|Lda"
)
_ORGANISATION = re.compile(
    rf"(?<![\w.&'’-])(?![0-9]+[ ,])[{_CAPITAL}][\w.&'’-]+,?\s+(?:& Co\.? |Co\.,? )?(?:{_FORMS})(?!\w)"
    rf"|\b(?:ООО|ОАО|ЗАО|ПАО|АО)\s+[«\"„“]?[{_CAPITAL}]"
    r"|株式会社|有限会社|合同会社|有限公司|有限责任公司|주식회사"
)
_HOST = re.compile(r"(?<![\w.@-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,24}(?![\w-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Names:
    """What a company is called: its names as they are compared, and its domain."""

    spelt: frozenset[str]
    domain: str

    def are_in(self, text: str) -> bool:
        """Whether the text names the company by a whole name, or by the domain's own word."""
        words = _words(text)
        if any(f" {name} " in f" {' '.join(words)} " for name in self.spelt):
            return True
        label = _words(self.domain.split(".")[0])
        return "".join(label) in ("".join(words) if len("".join(label)) >= SHORTEST_LABEL else words)


def names_of(subject: Subject) -> Names:
    """The names by which a company is known, and its domain.

    Not as a caller calls it: what is believed is kept and served to others, who may call it otherwise.
    """
    known = (subject.text(Field.NAME), subject.text(Field.LEGAL_NAME))
    spelt = {" ".join(_words(form)) for name in known for form in (name, normalised_name(name))}
    return Names(frozenset(spelt - {""}), subject.domain)


def names_stranger(text: str, names: Names) -> bool:
    """Whether a text names another organisation and not the company itself."""
    if not _ORGANISATION.search(text) and not _domains(text) - _PLATFORMS - {names.domain}:
        return False
    return not names.are_in(text)


def leads_elsewhere(text: str, names: Names) -> bool:
    """Whether a text holds a domain that is not the company's."""
    return bool(_domains(text) - {names.domain})


def _domains(text: str) -> frozenset[str]:
    domains: set[str] = set()
    for found in _HOST.findall(text):
        # "works.We": a full stop without a space behind it.
        if found.rsplit(".", 1)[1].islower():
            with suppress(InvalidRequest):
                domains.add(registrable_domain(found))
    return frozenset(domains)


def _words(text: str) -> list[str]:
    return _WORD.findall(_MARK.sub("", unicodedata.normalize("NFKD", text.casefold())))
