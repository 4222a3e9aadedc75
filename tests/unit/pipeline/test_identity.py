"""A number found on a page may be somebody else's: what a register says of it counts only where it is tied."""

import pytest

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Field
from enrichment.domain.fact import Answer, Fact
from enrichment.domain.subject import Hints
from enrichment.pipeline.identity import fallen, is_name_of_domain, is_same_name, without_others_mailboxes
from fakes import NOON, entry, fact

DOMAIN = "vidrariaaurora.com.br"
ENTRIES = {
    "website": entry("website", lineage="site"),
    "registry": entry("registry", names_owner=True),
    "receitaws": entry("receitaws", Layer.REGISTRY, is_asked_by_number=True),
    "opencnpj": entry("opencnpj", Layer.REGISTRY, is_asked_by_number=True),
    "opencorporates": entry("opencorporates", Layer.REGISTRY),
}
NUMBER = fact(Field.REGISTRATION_NUMBER, "11222333000181")
PARTNER = (
    fact(Field.LEGAL_NAME, "Meios de Pagamento Sul Ltda", "receitaws"),
    fact(Field.REGISTRATION_NUMBER, "11222333000181", "receitaws"),
    fact(Field.PHONE, "+551133334444", "receitaws"),
)
SITE = fact(Field.NAME, "Aurora")


def fallen_of(*facts: Fact, hints: Hints | None = None, domain: str = DOMAIN) -> frozenset[Fact]:
    return fallen(domain, hints or Hints(), facts, ENTRIES)


def test_a_strangers_facts_fall_and_the_number_on_the_page_with_them() -> None:
    assert fallen_of(SITE, NUMBER, *PARTNER) == {NUMBER, *PARTNER}


@pytest.mark.parametrize(
    "tie",
    [
        fact(Field.LEGAL_NAME, "MEIOS DE PAGAMENTO SUL"),
        fact(Field.REGISTRATION_NUMBER, "11222333000262", "registry"),
        fact(Field.EMAIL, f"contato@{DOMAIN}", "receitaws"),
        fact(Field.NAME, "Vidraria Aurora", "receitaws"),
    ],
    ids=["a name", "the domain registry's number", "mail on the domain", "the domain's own words"],
)
def test_one_tie_is_enough(tie: Fact) -> None:
    assert not fallen_of(SITE, NUMBER, *PARTNER, tie)


AGENCY = (
    fact(Field.LEGAL_NAME, "Meios de Pagamento Sul", "registry"),
    fact(Field.REGISTRATION_NUMBER, "11222333000181", "registry"),
)


def test_the_domain_registrys_word_alone_is_no_tie_where_the_site_shows_another_number() -> None:
    shown = fact(Field.REGISTRATION_NUMBER, "11444777000161")
    assert fallen_of(SITE, shown, *AGENCY, *PARTNER) == {*AGENCY, *PARTNER}
    assert not fallen_of(SITE, *AGENCY, *PARTNER)
    assert not fallen_of(SITE, shown, NUMBER, *AGENCY, *PARTNER)
    assert not fallen_of(SITE, shown, *AGENCY, *PARTNER, fact(Field.LEGAL_NAME, "Pagamento Sul S.A."))


def answer_of(*facts: Fact) -> Answer:
    return Answer("receitaws", is_found=True, facts=facts, documents=(), observed_at=NOON, expires_at=NOON)


def test_a_mailbox_elsewhere_is_left_out_of_what_is_asked_by_number_and_of_nothing_else() -> None:
    own = (
        fact(Field.EMAIL, f"contato@{DOMAIN}", "receitaws"),
        fact(Field.EMAIL, f"nfe@fiscal.{DOMAIN}", "receitaws"),
        fact(Field.LEGAL_NAME, "contabil@contadores.com.br", "receitaws"),
    )
    others = (
        fact(Field.EMAIL, "contabil@contadores.com.br", "receitaws"),
        fact(Field.EMAIL, f"contato@outra-{DOMAIN}", "receitaws"),
    )
    said = answer_of(*own, *others)
    assert without_others_mailboxes(said, DOMAIN, ENTRIES["receitaws"]) == answer_of(*own)
    assert without_others_mailboxes(said, DOMAIN, ENTRIES["website"]) == said


def test_what_the_caller_knows_is_a_tie() -> None:
    assert not fallen_of(SITE, *PARTNER, hints=Hints(registration_number="11.222.333/0001-81"))
    assert not fallen_of(*PARTNER, hints=Hints(company_name="Meios de Pagamento Sul"))
    assert fallen_of(*PARTNER, hints=Hints(company_name="Aurora"))


def test_without_a_name_to_compare_with_nothing_is_doubted() -> None:
    assert not fallen_of(NUMBER, *PARTNER)
    assert not fallen_of(SITE, NUMBER)


def test_sources_that_check_for_themselves_are_not_doubted() -> None:
    assert not fallen_of(SITE, fact(Field.LEGAL_NAME, "Boreal Ltda", "opencorporates"), fact(Field.NAME, "X", "gone"))


HOLDER = (
    fact(Field.REGISTRATION_NUMBER, "99888777000166", "registry"),
    fact(Field.LEGAL_NAME, "Agência Boreal Ltda", "registry"),
)


def entry_of(source: str, number: str, legal_name: str) -> tuple[Fact, ...]:
    return (
        fact(Field.REGISTRATION_NUMBER, number, source),
        fact(Field.LEGAL_NAME, legal_name, source),
    )


def test_an_agency_that_holds_the_domain_falls_where_the_site_shows_another_number() -> None:
    asked_by_holder = entry_of("receitaws", "99888777000166", "AGENCIA BOREAL LTDA")
    assert fallen_of(SITE, NUMBER, *HOLDER, *asked_by_holder) == {*HOLDER, *asked_by_holder}
    asked_by_site = entry_of("opencnpj", "11222333000181", "VIDRARIA AURORA LTDA")
    everything = (SITE, NUMBER, *HOLDER, *asked_by_holder, *asked_by_site)
    assert fallen_of(*everything) == {*HOLDER, *asked_by_holder}


def test_the_holder_of_the_domain_is_believed_where_the_number_on_the_site_is_a_strangers() -> None:
    holder = entry_of("registry", "99888777000166", "Comercial Sul Ltda")
    of_holder = entry_of("receitaws", "99888777000166", "COMERCIAL SUL LTDA")
    of_footer = entry_of("opencnpj", "11222333000181", "AGENCIA BOREAL LTDA")
    assert fallen_of(SITE, NUMBER, *holder, *of_holder, *of_footer) == {NUMBER, *of_footer}


def test_a_holder_whose_number_the_site_shows_among_others_is_believed() -> None:
    holder = entry_of("registry", "99888777000166", "Comercial Sul Ltda")
    of_holder = entry_of("receitaws", "99888777000166", "COMERCIAL SUL LTDA")
    assert not fallen_of(SITE, NUMBER, fact(Field.REGISTRATION_NUMBER, "99888777000247"), *holder, *of_holder)


def test_a_holder_without_a_number_contradicts_nobody() -> None:
    holder = fact(Field.LEGAL_NAME, "Meios de Pagamento Sul", "registry")
    assert not fallen_of(SITE, NUMBER, *PARTNER, holder)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Aurora Vidros Ltda", "AURORA VIDROS", True),
        ("Vidraria Aurora", "Vidraria Aurora do Norte S.A.", True),
        ("Sol", "Sol e Mar Turismo", False),
        ("Aurora", "Boreal", False),
    ],
)
def test_names_are_the_same_where_one_is_all_in_the_other(one: str, other: str, same: bool) -> None:
    assert is_same_name(one, other) is same
    assert is_same_name(other, one) is same


@pytest.mark.parametrize(
    ("name", "domain", "same"),
    [
        ("Vidraria Aurora Ltda", DOMAIN, True),
        ("Vidraria Aurora Comércio e Indústria", DOMAIN, True),
        ("Aurora Vidraria", DOMAIN, False),
        ("Sol Ltda", "sol.com.br", False),
        ("Vidraria Aurora", "vidraria-aurora.com.br", True),
    ],
)
def test_a_domain_is_a_name_written_together(name: str, domain: str, same: bool) -> None:
    assert is_name_of_domain(name, domain) is same
