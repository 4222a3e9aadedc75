"""From the pages of a site to one reading: the best claim of each field, and the pages' text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import cast

from enrichment.domain.company import LIST_FIELDS, Field, Identifier, SocialProfile, Value
from enrichment.domain.fact import Claim, Document, Reading
from enrichment.domain.subject import Subject
from enrichment.sources import personal_numbers
from enrichment.sources.contact import without_peoples_mailboxes
from enrichment.sources.payload import claims as claims_of
from enrichment.sources.website import (
    contact,
    head,
    imprint,
    linked_data,
    logo,
    organization,
    registers,
    seat,
    social,
    technologies,
)
from enrichment.sources.website.page import Page, host, is_of, visible
from enrichment.sources.website.properties import country_of

WEIGHT_ELSEWHERE = 0.8
LONGEST_DOCUMENT = 6_000
MOST_ITEMS = 60
MOST_NAVIGATIONS = 20


def read(pages: Sequence[Page], domain: str) -> Reading:
    """What the pages of a site say of the company of this domain; the first is its home page.

    A site that leads to another domain may have been renamed or sold: everything it says weighs less.
    """
    trust = 1.0 if is_of(host(pages[0].url), domain) else WEIGHT_ELSEWHERE
    found = (claim for at, page in enumerate(pages) for claim in _claims(page, is_home=at == 0))
    claims = [told for claim in found for told in _without_people(claim, domain)]
    documents = tuple(document for page in pages if (document := _document(page)).text)
    return Reading(
        tuple(replace(claim, weight=round(claim.weight * trust, 4)) for claim in best_claims(claims)), documents
    )


def best_claims(claims: Iterable[Claim]) -> Iterator[Claim]:
    """One claim for each field: the one of most weight, the first among equals; of lists all items, each once.

    Of registration numbers there is one for each company: which of them is the site's own, others may know.
    """
    by_field: dict[Field, list[Claim]] = {}
    for claim in claims:
        by_field.setdefault(claim.field, []).append(claim)
    for field, found in by_field.items():
        if field is Field.REGISTRATION_NUMBER:
            yield from registers.by_company(found)
            continue
        ranked = sorted(found, key=lambda claim: -claim.weight)
        yield replace(ranked[0], value=_united(ranked)) if field in LIST_FIELDS else ranked[0]


def _united(claims: Iterable[Claim]) -> Value:
    items: dict[str, object] = {}
    for item in (item for claim in claims for item in cast("tuple[object, ...]", claim.value)):
        items.setdefault(_key(item), item)
    return cast("Value", tuple(items.values())[:MOST_ITEMS])


def _key(item: object) -> str:
    match item:
        case SocialProfile(network=network):
            return network
        case Identifier(scheme=scheme):
            return scheme
        case _:
            return str(item).casefold()


def _claims(page: Page, *, is_home: bool) -> Iterator[Claim]:
    things = linked_data.things(page.markup)
    owners = list(organization.owners(things, page))
    named = next((code for owner in owners if (code := country_of(owner.properties))), "")
    country = named or Subject(page.domain).country_code or head.locale_country(page)
    for owner in owners:
        yield from organization.claims(owner, page, country)
    yield from social.claims(page, organization.declared_profiles(things, owners))
    yield from registers.claims(page.text)
    yield from imprint.claims(page)
    yield from contact.claims(page, country)
    yield from technologies.claims(page)
    yield from seat.claims(page)
    # Another page's head and images are about that page.
    if is_home:
        yield from organization.site_claims(things)
        yield from head.claims(page)
        yield from logo.claims(page)


def _without_people(claim: Claim, domain: str) -> Sequence[Claim]:
    """The claim without people's mailboxes in it; nothing of one that holds a person's number."""
    value = claim.value
    if claim.field is Field.DESCRIPTION:
        value = without_peoples_mailboxes(str(value), domain)
    return claims_of({claim.field: value}, claim.weight)


def _document(page: Page) -> Document:
    """A page's text for those that read further: without navigation, people's numbers and people's mailboxes."""
    text = page.text
    for navigation in page.markup.tree.css("nav")[:MOST_NAVIGATIONS]:
        text = text.replace(visible(navigation), "\n")
    folded = personal_numbers.taken_out_of(without_peoples_mailboxes(text[: 3 * LONGEST_DOCUMENT], page.domain))
    whole = folded if len(folded) <= LONGEST_DOCUMENT else folded[:LONGEST_DOCUMENT].rsplit(" ", 1)[0]
    title, url = personal_numbers.taken_out_of(head.title(page)), "" if personal_numbers.is_in(page.url) else page.url
    return Document(url=url, title=title, text=whole)
