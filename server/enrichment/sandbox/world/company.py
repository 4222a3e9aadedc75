"""A company of the world: the truth about it, and how each provider tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from enrichment.sandbox.world.lore import City, Country, Industry, Language, Trade


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a company sits; `street` includes the number."""

    street: str
    street_name: str
    number: str
    district: str
    city: City
    postal_code: str
    formatted: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What providers may tell differently.

    `status`: "active" or "closed"; `phone` in E.164; `capital` in minor units of the currency.
    """

    name: str
    legal_name: str
    legal_form: str
    founded_year: int
    incorporated_on: date
    status: str
    number: str
    seat: Seat
    phone: str
    email: str
    employees: int
    capital: int


@dataclass(frozen=True, slots=True)
class Planted:
    """A conflict put there on purpose: which field, what is true, and what which provider says instead."""

    kind: str
    field: str
    truth: str
    told: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """How the company's website is built and how well it behaves.

    `state`: "up", "down" (503 for every page) or "broken" (500). `redirect`: "", "www" or "path".
    `robots`: "allow", "disallow", "missing" or "broken".
    """

    template: str
    state: str = "up"
    redirect: str = ""
    robots: str = "allow"
    charset: str = "utf-8"
    is_gzipped: bool = False
    has_pages: bool = True
    shows_number: bool = True
    platform: str = ""
    services: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    mail: str = ""
    partner_number: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """One company; `facts` is the truth, `views` what single providers tell instead.

    `unknown_to` names the providers that have never heard of it. `jurisdiction` as OpenCorporates writes it.
    """

    index: int
    domain: str
    country: Country
    language: Language
    industry: Industry
    jurisdiction: str
    registered_on: date
    facts: Facts
    site: Site
    views: Mapping[str, Facts] = field(default_factory=dict[str, Facts])
    unknown_to: frozenset[str] = frozenset()
    planted: tuple[Planted, ...] = ()

    def told_by(self, provider: str) -> Facts:
        """What a provider says of it."""
        return self.views.get(provider, self.facts)

    def is_known_to(self, provider: str) -> bool:
        """Whether a provider has an entry for it."""
        return provider not in self.unknown_to

    @property
    def trade(self) -> Trade:
        """What it offers and whom it serves, in its own language."""
        return self.industry.trades[self.language.key]

    @property
    def tag(self) -> str:
        """The language of its site, as HTML names it."""
        # Two countries write Portuguese, and each says which.
        return f"pt-{self.country.code}" if self.language.key == "pt" else self.language.key

    @property
    def handle(self) -> str:
        """Its name on social networks."""
        return self.domain.split(".", 1)[0].replace("-", "")
