"""The invented world as a judge: every source asks the sandbox, and the world knows who is right.

What the real lists cannot show is shown here: several voices on one field, sources that copy from each other, conflicts
put there on purpose. How often a provider errs is invented with the rest, so this says nothing about the catalogue's
priors, only about what is made of them.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from random import Random

from enrichment.domain.answer import answer
from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import (
    Address,
    CompanyStatus,
    Coordinates,
    EmployeeCount,
    Field,
    ShareCapital,
    Value,
)
from enrichment.domain.errors import Skipped, SourceError
from enrichment.domain.fact import Fact
from enrichment.domain.ports import Call, Party, Source
from enrichment.domain.subject import Hints, Subject
from enrichment.pipeline.identity import fallen
from enrichment.pipeline.merge import merge
from enrichment.sandbox import Company, SandboxSettings, World, sandbox
from enrichment.settings import load
from enrichment.sources import build

from .trial import Case, Trial

# Few, so that no page of a site comes too late to count on a busy machine.
AT_ONCE = 4
SOME_TIME = 1_800_000_000.0
Sources = Sequence[tuple[Entry, Source]]
Heard = Sequence[tuple[Company, list[Fact]]]


def _address(company: Company) -> Address:
    seat = company.facts.seat
    return Address(
        street=seat.street, city=seat.city.name, postal_code=seat.postal_code, country_code=company.country.code
    )


# The question, its field, what is true, and the design's rule where it decides otherwise: for every field that has one
# right answer.
_QUESTIONS: Sequence[tuple[str, Field, Callable[[Company], Value], str]] = (
    ("name", Field.NAME, lambda company: company.facts.name, ""),
    # Registers hold the former name of a company that has renamed itself, and the field means what they hold.
    ("legal name: of today", Field.LEGAL_NAME, lambda company: company.facts.legal_name, "registers win"),
    ("legal name: registered", Field.LEGAL_NAME, lambda company: company.told_by("opencorporates").legal_name, ""),
    ("founded year", Field.FOUNDED_YEAR, lambda company: company.facts.founded_year, ""),
    ("incorporation date", Field.INCORPORATION_DATE, lambda company: company.facts.incorporated_on, ""),
    ("status", Field.STATUS, lambda company: CompanyStatus(company.facts.status), ""),
    ("jurisdiction", Field.JURISDICTION, lambda company: company.jurisdiction, ""),
    ("registration number", Field.REGISTRATION_NUMBER, lambda company: company.facts.number, ""),
    # Without the number that only its own register knows it by.
    ("legal form", Field.LEGAL_FORM, lambda company: company.facts.legal_form.split(" - ")[-1], ""),
    ("country", Field.COUNTRY_CODE, lambda company: company.country.code, ""),
    ("address", Field.ADDRESS, _address, ""),
    (
        "coordinates",
        Field.COORDINATES,
        lambda company: Coordinates(company.facts.seat.latitude, company.facts.seat.longitude),
        "",
    ),
    ("phone", Field.PHONE, lambda company: company.facts.phone, ""),
    ("email", Field.EMAIL, lambda company: company.facts.email, ""),
    (
        "employees",
        Field.EMPLOYEE_COUNT,
        lambda company: EmployeeCount(company.facts.employees, company.facts.employees),
        "",
    ),
    (
        "share capital",
        Field.SHARE_CAPITAL,
        lambda company: ShareCapital(company.facts.capital, company.country.currency),
        "",
    ),
)


async def trials(companies: int, seed: int) -> list[Trial]:
    """One trial for each field: what the sources say of so many companies of the world."""
    async with AsyncExitStack() as stack:
        box = await stack.enter_async_context(sandbox(SandboxSettings(latency_scale=0)))
        box.set_rate_limits(is_on=False)
        # Only those that the sandbox speaks for: nobody else is called.
        spoken_for = {name.split("__")[1].lower() for name in box.environment if not name.endswith("__API_KEY")}
        entries = {entry.name: entry for entry in load(box.environment).sources if entry.name in spoken_for}
        sources = [(entry, build(entry)) for entry in entries.values()]
        for _, source in sources:
            stack.push_async_callback(source.close)
        sample = sorted(Random(seed).sample(range(box.world.size), companies))
        heard = await _all_heard(box.world, sample, sources)
    return [
        trial
        for name, field, truth, rule in _QUESTIONS
        if (trial := Trial(name, field, "world", entries, tuple(_cases(heard, field, truth)), rule)).cases
    ]


def _cases(heard: Heard, field: Field, truth: Callable[[Company], Value]) -> Iterator[Case]:
    for company, facts in heard:
        if of_field := tuple(fact for fact in facts if fact.field is field):
            yield Case(company.domain, of_field, truth(company))


async def _all_heard(world: World, sample: Sequence[int], sources: Sources) -> Heard:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> tuple[Company, list[Fact]]:
        async with gate:
            company = world.at(index)
            return company, await _heard(company.domain, sources)

    return await asyncio.gather(*map(one, sample))


async def _heard(domain: str, sources: Sources) -> list[Fact]:
    """What all sources say, each asked with what those before it have told; without what is another company's."""
    entries = {entry.name: entry for entry, _ in sources}
    facts: list[Fact] = []
    subject = Subject(domain)
    first_hand = subject
    for entry, source in sources:
        told = first_hand if entry.layer is Layer.INFERENCE else subject
        if (question := source.question(told)) is None:
            continue
        try:
            reading = await source.ask(told)
        except (Skipped, SourceError):
            continue
        call = Call(entry, told, question, 0, Party([]))
        facts += answer(call, reading, SOME_TIME).facts
        known = merge(domain, _believed(domain, facts, entries), entries).company.values
        subject = replace(subject, known=known, documents=(*subject.documents, *reading.documents))
        if entry.layer is Layer.FOUNDATION:
            first_hand = subject
    return _believed(domain, facts, entries)


def _believed(domain: str, facts: Sequence[Fact], entries: Mapping[str, Entry]) -> list[Fact]:
    strange = fallen(domain, Hints(), facts, entries)
    return [fact for fact in facts if fact not in strange]
