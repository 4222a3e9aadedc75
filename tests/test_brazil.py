"""Brazilian companies over real sockets: which number is theirs, and who answers where ReceitaWS does not."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from enrichment.sandbox import Company, SandboxSettings, World, sandbox
from imensiah.enrichment.v1.company_pb2 import CompanyField
from imensiah.enrichment.v1.enrichment_service_pb2 import Disposition
from test_service import completed, enrich, outcomes, service

FOUND = Disposition.DISPOSITION_FOUND
WORLD = World(SandboxSettings().seed)
# ReceitaWS answers three in any minute.
WINDOW = 3
SEARCHED = 1_000


def is_readable(company: Company) -> bool:
    return company.site.state == "up" and company.site.robots in ("allow", "missing") and company.site.shows_number


def brazilian(*kinds: str) -> Iterator[Company]:
    """Companies with these plants and a readable site, known to registro.br and to both doors to the register."""
    doors = ("rdap", "receitaws", "opencnpj")
    for company in map(WORLD.at, range(SEARCHED)):
        is_known = company.domain.endswith(".br") and all(map(company.is_known_to, doors))
        if is_known and is_readable(company) and [planted.kind for planted in company.planted] == list(kinds):
            yield company


def has_letters(company: Company) -> bool:
    return not company.facts.number.isdecimal()


CASES = {
    "a branch's number at the domain registry": list(islice(brazilian("branch"), 2)),
    "a payment partner's in the footer": list(islice(brazilian("payment"), 2)),
    "letters in the number": list(islice(filter(has_letters, brazilian()), 2)),
    "nothing of it": list(islice(brazilian(), 2)),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_number_shown_is_the_companys_own_and_its_head_offices(tmp_path: Path, case: str) -> None:
    assert CASES[case]
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        for company in CASES[case]:
            done = completed(await enrich(client, company.domain))
            assert done.company.registration_number == company.facts.number
            assert done.company.share_capital.amount_minor == company.facts.capital


async def test_where_the_domain_is_its_agencys_the_register_is_asked_again_for_the_sites_own_number(
    tmp_path: Path,
) -> None:
    company = next(brazilian("agency"))
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        events = await enrich(client, company.domain)
        done = completed(events)
        targets = [each.target for name in ("receitaws", "opencnpj") for each in box.journal(name)]
    assert done.company.registration_number == company.facts.number
    assert outcomes(events)["opencnpj"].disposition == FOUND
    assert [company.facts.number in target for target in targets] == [False, True]
    told = [each for each in done.evidence if each.source == "receitaws"]
    assert not any(each.selected for each in told)


async def test_when_receitaws_asks_for_a_pause_opencnpj_answers_in_the_same_enrichment(tmp_path: Path) -> None:
    companies = list(islice(brazilian(), WINDOW + 2))
    async with sandbox(SandboxSettings(latency_scale=0)) as box, service(tmp_path, box) as client:
        box.set_rate_limits(is_on=True)
        runs = [await enrich(client, company.domain) for company in companies]
        statuses = [each.status for each in box.journal("receitaws")]
        billed = box.cost_usd_micros()
    # Whether the server still asks or spares the fourth call, the provider never answers more than three.
    assert statuses[:WINDOW] == [200] * WINDOW
    assert set(statuses[WINDOW:]) <= {429}
    for place, (company, events) in enumerate(zip(companies, runs, strict=True)):
        told, done = outcomes(events), completed(events)
        register = "receitaws" if place < WINDOW else "opencnpj"
        assert told[register].disposition == FOUND
        assert done.company.registration_number == company.facts.number
        assert done.company.share_capital.amount_minor == company.facts.capital
        kept = {each.source for each in done.evidence if each.field == CompanyField.COMPANY_FIELD_SHARE_CAPITAL}
        assert kept == {register}
        if place >= WINDOW:
            assert told["receitaws"].disposition != FOUND
            assert told["receitaws"].explanation or told["receitaws"].error.message
    assert sum(completed(events).cost_usd_micros for events in runs) == billed
