"""What is held of a company, merged."""

from dataclasses import replace

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Field
from enrichment.domain.fact import Answer, Fact
from enrichment.pipeline.profile import profile_of
from fakes import NOON, entry, fact

SITE = entry("website")
REGISTER = entry("register", Layer.REGISTRY, is_asked_by_number=True)
ENTRIES = {"website": SITE, "register": REGISTER}


def answer(*facts: Fact, source: str = "website", at: float = NOON, is_found: bool = True) -> Answer:
    return Answer(source, is_found, facts, (), at, at + 86_400, is_from_cache=True)


NAME = answer(fact(Field.NAME, "Vidraria Aurora"))


def test_what_is_held_of_each_source_is_merged_with_its_evidence() -> None:
    of_register = answer(fact(Field.LEGAL_NAME, "Vidraria Aurora Ltda", "register"), source="register")
    profile = profile_of("vidraria.com.br", [NAME, of_register], ENTRIES, NOON)
    assert profile is not None
    assert profile.company.domain == "vidraria.com.br"
    assert set(profile.company.values) == {Field.NAME, Field.LEGAL_NAME}
    assert {item.fact.source for item in profile.evidence} == {"website", "register"}


def test_nothing_is_held_where_nobody_knows_anything() -> None:
    assert profile_of("vidraria.com.br", [], ENTRIES, NOON) is None
    assert profile_of("vidraria.com.br", [answer(is_found=False)], ENTRIES, NOON) is None


def test_what_is_past_its_lifetime_is_left_out() -> None:
    assert profile_of("vidraria.com.br", [NAME], ENTRIES, NOON + 86_400) is None


def test_a_source_that_is_off_or_gone_says_nothing() -> None:
    assert profile_of("vidraria.com.br", [NAME], {"website": replace(SITE, is_enabled=False)}, NOON) is None
    assert profile_of("vidraria.com.br", [NAME], {}, NOON) is None


def test_the_newest_answer_of_a_source_counts() -> None:
    newer = answer(fact(Field.NAME, "Vidraria Boreal"), at=NOON + 10)
    profile = profile_of("vidraria.com.br", [newer, NAME], ENTRIES, NOON + 20)
    assert profile is not None
    assert profile.company.values[Field.NAME] == "Vidraria Boreal"


def test_what_a_register_says_of_another_company_is_not_believed() -> None:
    other = answer(fact(Field.LEGAL_NAME, "Padaria Central Ltda", "register"), source="register")
    profile = profile_of("vidraria.com.br", [NAME, other], ENTRIES, NOON)
    assert profile is not None
    assert Field.LEGAL_NAME not in profile.company.values
    assert [item.is_selected for item in profile.evidence if item.fact.source == "register"] == [False]
