"""What points from a domain to a company is believed as far as its names say so."""

from dataclasses import replace

import pytest

from enrichment.domain.company import Field
from enrichment.domain.directory import (
    MAILBOX,
    MAILBOX_AGAINST_NAME,
    MAILBOX_AND_NAME,
    MOST_SHARING,
    Listing,
    Tie,
    believed,
    id_of_domain,
    id_of_name,
    id_of_number,
    is_of_accountant,
)
from fakes import NOON

DOMAIN = "vidrariaaurora.com.br"


def listed(name: str, company_id: int = 1, tie: Tie = Tie.MAILBOX, confidence: float = 1.0) -> Listing:
    values = {Field.LEGAL_NAME: name} if name else {}
    return Listing(company_id, "receita", NOON, NOON + 1, values, tie, confidence)


def test_what_names_the_site_itself_is_believed_as_it_is() -> None:
    site = listed("Vidraria Aurora Ltda", tie=Tie.WEBSITE, confidence=0.95)
    assert believed(DOMAIN, [site]) == [site]


@pytest.mark.parametrize(
    ("domain", "listings", "confidence"),
    [
        (DOMAIN, [listed("Vidraria Aurora Ltda")], MAILBOX_AND_NAME),
        ("aurora.com.br", [listed("Comercial Beta Ltda")], MAILBOX),
        ("beta.com.br", [listed("Aurora SA", tie=Tie.WEBSITE), listed("Comercial Gama Ltda", 2)], MAILBOX_AGAINST_NAME),
        ("beta.com.br", [listed("Aurora SA", tie=Tie.WEBSITE), listed("Aurora Ltda", 2)], MAILBOX_AND_NAME),
    ],
    ids=["the domain is its name", "no name to compare", "another's name", "the site's name"],
)
def test_a_mailbox_there_is_believed_by_its_names(domain: str, listings: list[Listing], confidence: float) -> None:
    mailbox = listings[-1]
    assert believed(domain, listings) == [*listings[:-1], replace(mailbox, confidence=confidence)]


def test_of_several_companies_with_mailboxes_there_the_one_with_the_name_is_meant() -> None:
    own, other = listed("Vidraria Aurora Ltda", 1), listed("Aurora Transportes Ltda", 2)
    assert believed(DOMAIN, [other, own]) == [replace(own, confidence=MAILBOX_AND_NAME)]
    assert believed("grupobeta.com.br", [other, own]) == []


def test_a_domain_of_very_many_or_of_an_accountant_is_nobodys() -> None:
    many = [listed("Vidraria Aurora Ltda", number) for number in range(MOST_SHARING + 1)]
    assert believed(DOMAIN, many) == []
    assert believed("silvacontabil.com.br", [listed("Comercial Beta Ltda")]) == []
    assert is_of_accountant("silvacontabil.com.br")
    assert not is_of_accountant(DOMAIN)


def test_ids_follow_the_order_of_cnpjs_and_tell_everything_else_apart() -> None:
    assert id_of_number("11222333", "BR") < id_of_number("11222334", "BR")
    others = {
        id_of_number("11222333", "GB"),
        id_of_number("112223", "BR"),
        id_of_domain("11222333"),
        id_of_name("11222333", "BR"),
        id_of_name("11222333", "GB"),
    }
    assert len(others) == 5
    assert max(others) < 0
