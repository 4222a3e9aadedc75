"""Conflicts put there on purpose, so that a merge has something to settle and a benchmark knows who is right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from enrichment.sandbox.world.company import Facts, Planted, Seat

# The two that pass one register on say the same.
RECEITA: Sequence[str] = ("receitaws", "opencnpj")
REGISTRIES: Sequence[str] = (*RECEITA, "opencorporates")
# What they sell was gathered some time ago.
DATABASES: Sequence[str] = ("clearbit", "people_data_labs")


@dataclass(frozen=True, slots=True)
class Material:
    """What a conflict is made of besides the truth: a former name, a former address, numbers of others."""

    old_name: str
    old_seat: Seat
    branch_number: str
    other_number: str
    other_legal_name: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The views of single providers, and the records of what was planted."""

    views: Mapping[str, Facts]
    planted: tuple[Planted, ...]
    partner_number: str = ""


NO_CONFLICT = Conflict({}, ())
Plant = Callable[[Facts, Material], Conflict]


def _same(kind: str, field: str, truth: str, views: Mapping[str, tuple[Facts, str]]) -> Conflict:
    told = {provider: text for provider, (_, text) in views.items()}
    return Conflict({name: facts for name, (facts, _) in views.items()}, (Planted(kind, field, truth, told),))


def boast(facts: Facts, _: Material) -> Conflict:
    """The site counts the years before it was a company."""
    earlier = replace(facts, founded_year=facts.founded_year - 4)
    return _same("boast", "founded_year", str(facts.founded_year), {"website": (earlier, str(earlier.founded_year))})


def renamed(facts: Facts, material: Material) -> Conflict:
    """The registries and the databases still hold the former name."""
    suffix = facts.legal_name.removeprefix(facts.name).strip()
    former = replace(facts, name=material.old_name, legal_name=f"{material.old_name} {suffix}")
    views = dict.fromkeys([*REGISTRIES, *DATABASES, "rdap"], (former, former.legal_name))
    return _same("renamed", "legal_name", facts.legal_name, views)


def moved(facts: Facts, material: Material) -> Conflict:
    """The company has moved and told only its customers: registries and databases hold the former address."""
    former = replace(facts, seat=material.old_seat)
    views = dict.fromkeys([*REGISTRIES, *DATABASES], (former, former.seat.formatted))
    return _same("moved", "address", facts.seat.formatted, views)


def closed(facts: Facts, _: Material) -> Conflict:
    """Closed since long: OpenCorporates has not noticed, and the site is still up."""
    alive = replace(facts, status="active")
    conflict = _same("closed", "status", "closed", {"opencorporates": (alive, "active")})
    gone = replace(facts, status="closed")
    return replace(conflict, views={**conflict.views, **dict.fromkeys(RECEITA, gone)})


def invented_quote(facts: Facts, _: Material) -> Conflict:
    """The language model backs its answer with a sentence that is nowhere on the site."""
    return _same("invented_quote", "description", "a quote of the site", {"groq": (facts, "a quote of nobody")})


def branch(facts: Facts, material: Material) -> Conflict:
    """The domain belongs to a branch; the head office is the company."""
    owner = replace(facts, number=material.branch_number)
    return _same("branch", "registration_number", facts.number, {"rdap": (owner, owner.number)})


def agency(facts: Facts, material: Material) -> Conflict:
    """The web agency registered the domain in its own name."""
    owner = replace(facts, number=material.other_number, legal_name=material.other_legal_name)
    return _same("agency", "registration_number", facts.number, {"rdap": (owner, owner.number)})


def payment(facts: Facts, material: Material) -> Conflict:
    """The footer also names the number of a payment partner."""
    conflict = _same("payment", "registration_number", facts.number, {"website": (facts, material.other_number)})
    return replace(conflict, partner_number=material.other_number)


ANYWHERE: tuple[Plant, ...] = (boast, renamed, moved, closed, invented_quote)
BRAZILIAN: tuple[Plant, ...] = (branch, agency, payment, *ANYWHERE)


def plant_for(index: int, *, is_brazilian: bool) -> Plant | None:
    """Which conflict the company at this place carries; the first two companies carry none."""
    if index < 2:
        return None
    if is_brazilian:
        return BRAZILIAN[index // 4 % len(BRAZILIAN)] if index % 6 == 0 or index % 12 == 4 else None
    return ANYWHERE[index // 6 % len(ANYWHERE)] if index % 6 == 3 else None
