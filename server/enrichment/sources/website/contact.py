"""How a page says that its company can be reached: telephone and e-mail, never a person's."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import phonenumbers

from enrichment.domain.company import Field
from enrichment.domain.fact import Claim
from enrichment.sources.contact import own_mailbox, phone
from enrichment.sources.payload import claims as claims_of
from enrichment.sources.website.page import Page

LINKED, WRITTEN, CHAT, COUNTRY = 0.85, 0.7, 0.6, 0.4
MOST_LINKS = 40

# Who answers whatever is asked comes before who answers for one thing.
_GENERAL = ("contact", "contato", "contacto", "kontakt", "info", "hello", "hola", "office", "mail", "atendimento")
_LABELLED = re.compile(
    r"\b(?:tel|telefone?|teléfono|téléphone|fone|fon|phone|call us|ligue|sac|whats ?app|atendimento|central)\b"
    r"[^\w+(]{0,6}([+(\d][\d\s().\-/]{6,22}\d)",
    re.IGNORECASE,
)
_BRAZILIAN = re.compile(r"\(0?\d{2}\)\s?9?\d{4}[-.\s]?\d{4}\b|\b0800[-.\s]?\d{3}[-.\s]?\d{4}\b")
_MAILBOX = re.compile(r"(?<![a-z0-9._+-])[a-z0-9][a-z0-9._+-]{0,63}@[a-z0-9-]+(?:\.[a-z0-9-]+){1,5}", re.IGNORECASE)


def claims(page: Page, country: str) -> Iterator[Claim]:
    """Telephone with its country, and e-mail; numbers are read as they are dialled in `country`."""
    links = [anchor.url for anchor in page.anchors]
    dialled = (unquote(url[4:].split(";")[0].split("?")[0]) for url in links if url.lower().startswith("tel:"))
    written = [found[1] for found in _LABELLED.finditer(page.text)]
    if country == "BR":
        written.extend(found[0] for found in _BRAZILIAN.finditer(page.text))
    for numbers, weight in ((dialled, LINKED), (written, WRITTEN), (_chats(links), CHAT)):
        number = _most_frequent(numbers, country)
        yield from claims_of({Field.PHONE: number}, weight)
        yield from claims_of({Field.COUNTRY_CODE: _country(number)}, COUNTRY)
    mailed = (unquote(url[7:].split("?")[0]) for url in links if url.lower().startswith("mailto:"))
    for mailboxes, weight in ((mailed, LINKED), (_MAILBOX.findall(page.text)[:MOST_LINKS], WRITTEN)):
        yield from claims_of({Field.EMAIL: _most_general(mailboxes, page.domain)}, weight)


def _most_frequent(numbers: Iterable[str], country: str) -> str:
    found = Counter(number for text in list(numbers)[:MOST_LINKS] if (number := phone(text, country)))
    return found.most_common(1)[0][0] if found else ""


def _country(number: str) -> str:
    """The country of an E.164 number; "" for those of no country, or of none alone."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number)) if number else None
    return region if region and region.isalpha() else ""


def _most_general(mailboxes: Iterable[str], domain: str) -> str:
    found = [mailbox for text in list(mailboxes)[:MOST_LINKS] if (mailbox := own_mailbox(text, domain))]
    general = (mailbox for role in _GENERAL for mailbox in found if mailbox.startswith(f"{role}@"))
    return next(general, found[0] if found else "")


def _chats(links: Iterable[str]) -> Iterator[str]:
    """The numbers behind links to WhatsApp, which are always written with the country's code."""
    for parts in (urlsplit(url) for url in links if "wa.me/" in url or "whatsapp.com/" in url):
        if parts.hostname == "wa.me":
            yield f"+{parts.path.strip('/+')}"
        elif parts.hostname == "api.whatsapp.com":
            yield f"+{parse_qs(parts.query).get('phone', [''])[0].strip(' +')}"
