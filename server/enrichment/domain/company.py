"""The nouns of an answer: what can be known of a company, one type per field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Field(StrEnum):
    """One thing that can be known of a company; the value is its name in the contract."""

    NAME = "name"
    LEGAL_NAME = "legal_name"
    DESCRIPTION = "description"
    INDUSTRY = "industry"
    FOUNDED_YEAR = "founded_year"
    INCORPORATION_DATE = "incorporation_date"
    STATUS = "status"
    JURISDICTION = "jurisdiction"
    REGISTRATION_NUMBER = "registration_number"
    LEGAL_FORM = "legal_form"
    COUNTRY_CODE = "country_code"
    ADDRESS = "address"
    COORDINATES = "coordinates"
    PHONE = "phone"
    EMAIL = "email"
    SOCIAL_PROFILES = "social_profiles"
    LOGO_URL = "logo_url"
    TECHNOLOGIES = "technologies"
    EMPLOYEE_COUNT = "employee_count"
    OPENING_HOURS = "opening_hours"
    RATING = "rating"
    SHARE_CAPITAL = "share_capital"
    BUSINESS_MODEL = "business_model"
    TARGET_MARKET = "target_market"
    IDENTIFIERS = "identifiers"
    INDUSTRY_CODES = "industry_codes"


class CompanyStatus(StrEnum):
    """Whether it still exists in law."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country_code` is ISO 3166-1 alpha-2, upper case."""

    formatted: str = ""
    street: str = ""
    district: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country_code: str = ""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """WGS 84, degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class SocialProfile:
    """A profile on a social network: "linkedin", "instagram", "x", "facebook", "youtube", "github", ..."""

    network: str
    url: str


@dataclass(frozen=True, slots=True)
class EmployeeCount:
    """A head count (`min` equals `max`) or a band; `max` is None for an open one."""

    min: int
    max: int | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """What customers think: 0 to 5 stars."""

    stars: float
    review_count: int = 0


@dataclass(frozen=True, slots=True)
class ShareCapital:
    """Registered capital, in the minor units of an ISO 4217 currency."""

    amount_minor: int
    currency_code: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number in another register: scheme "lei", "ein", "cik", "vat", ..."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class IndustryCode:
    """An activity in an official classification: system "cnae", "naics", "sic", "isic", "nace" or "gics"."""

    system: str
    code: str
    label: str = ""


Value = (
    str
    | int
    | date
    | CompanyStatus
    | Address
    | Coordinates
    | EmployeeCount
    | Rating
    | ShareCapital
    | tuple[str, ...]
    | tuple[SocialProfile, ...]
    | tuple[Identifier, ...]
    | tuple[IndustryCode, ...]
)

# Every field that is not a plain text; for a list, the type of its items.
VALUE_TYPES: Mapping[Field, type] = {
    Field.FOUNDED_YEAR: int,
    Field.INCORPORATION_DATE: date,
    Field.STATUS: CompanyStatus,
    Field.ADDRESS: Address,
    Field.COORDINATES: Coordinates,
    Field.EMPLOYEE_COUNT: EmployeeCount,
    Field.RATING: Rating,
    Field.SHARE_CAPITAL: ShareCapital,
    Field.SOCIAL_PROFILES: SocialProfile,
    Field.TECHNOLOGIES: str,
    Field.OPENING_HOURS: str,
    Field.IDENTIFIERS: Identifier,
    Field.INDUSTRY_CODES: IndustryCode,
}

LIST_FIELDS = frozenset(
    {Field.SOCIAL_PROFILES, Field.TECHNOLOGIES, Field.OPENING_HOURS, Field.IDENTIFIERS, Field.INDUSTRY_CODES}
)

# Only paid sources bring these and nobody may keep them: a caller asks for them by name.
ON_REQUEST_FIELDS = frozenset({Field.OPENING_HOURS, Field.RATING})
DEFAULT_FIELDS = frozenset(Field) - ON_REQUEST_FIELDS


def is_value_of(field_name: Field, value: object) -> bool:
    """Whether `value` has the type that `field_name` promises and is not empty."""
    wanted = VALUE_TYPES.get(field_name, str)
    if field_name in LIST_FIELDS:
        return isinstance(value, tuple) and bool(value) and all(type(item) is wanted for item in value)  # type: ignore[misc]
    return type(value) is wanted and value != ""


@dataclass(frozen=True, slots=True)
class Company:
    """A company as far as it is known: one value per field; a field that is not known is absent."""

    domain: str
    values: Mapping[Field, Value] = field(default_factory=dict[Field, Value])
