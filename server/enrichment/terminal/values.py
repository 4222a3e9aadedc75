"""The values of a company as lines of text. Pure."""

from collections.abc import Callable, Mapping, Sequence

from enrichment.terminal.text import clean, shortened
from imensiah.enrichment.v1.company_pb2 import Company, CompanyField, CompanyStatus

# A value is shown up to here; --json has all of it.
LONGEST = 120
MOST_LINES = 4
# ISO 4217: the currencies whose minor unit is not a hundredth.
MINOR_DIGITS = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def field_name(field: CompanyField.ValueType) -> str:
    """ "legal name"; a field that is newer than this program by its number."""
    known = CompanyField.DESCRIPTOR.values_by_number.get(field)
    return known.name.removeprefix("COMPANY_FIELD_").lower().replace("_", " ") if known else f"field {int(field)}"


def value_text(company: Company, field: CompanyField.ValueType) -> str:
    """The value of one field, "" where it is not known."""
    name = field_name(field).replace(" ", "_")
    if name in _SHAPES:
        return _SHAPES[name](company)
    return shortened(clean(str(getattr(company, name, ""))), LONGEST)


def _lines(items: Sequence[str]) -> str:
    shown = [shortened(clean(item), LONGEST) for item in items[:MOST_LINES]]
    return "\n".join([*shown, f"and {len(items) - MOST_LINES} more"] if len(items) > MOST_LINES else shown)


def _founded_year(company: Company) -> str:
    return str(company.founded_year) if company.HasField("founded_year") else ""


def _incorporation_date(company: Company) -> str:
    date = company.incorporation_date
    parts = [f"{date.year:04d}"] * bool(date.year) + [f"{part:02d}" for part in (date.month, date.day) if part]
    return "-".join(parts)


def _status(company: Company) -> str:
    known = CompanyStatus.DESCRIPTOR.values_by_number.get(company.status)
    return known.name.removeprefix("COMPANY_STATUS_").lower() if known and company.status else ""


def _address(company: Company) -> str:
    place = company.address
    parts = (place.street, place.district, place.city, place.region, place.postal_code, place.country_code)
    return shortened(clean(place.formatted or ", ".join(part for part in parts if part)), LONGEST)


def _coordinates(company: Company) -> str:
    if not company.HasField("coordinates"):
        return ""
    return f"{company.coordinates.latitude:.5f}, {company.coordinates.longitude:.5f}"


def _social_profiles(company: Company) -> str:
    return _lines([_without_scheme(profile.url) for profile in company.social_profiles])


def _without_scheme(url: str) -> str:
    return url.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def _employee_count(company: Company) -> str:
    count = company.employee_count
    if not company.HasField("employee_count"):
        return ""
    if not count.HasField("max"):
        return f"{count.min:,} and more"
    return f"{count.min:,}" if count.min == count.max else f"{count.min:,} to {count.max:,}"


def _rating(company: Company) -> str:
    if not company.HasField("rating"):
        return ""
    return f"{company.rating.stars:.1f} of 5 ({company.rating.review_count:,} reviews)"


def _share_capital(company: Company) -> str:
    capital = company.share_capital
    if not company.HasField("share_capital"):
        return ""
    digits = MINOR_DIGITS.get(capital.currency_code, 2)
    whole, minor = divmod(abs(capital.amount_minor), 10**digits)
    sign = "-" if capital.amount_minor < 0 else ""
    return f"{sign}{whole:,}" + (f".{minor:0{digits}d}" if minor else "") + f" {clean(capital.currency_code)}"


def _identifiers(company: Company) -> str:
    return _lines([f"{each.scheme.upper()} {each.value}" for each in company.identifiers])


def _industry_codes(company: Company) -> str:
    return _lines([f"{each.system.upper()} {each.code} {each.label}" for each in company.industry_codes])


# Every field that is not a plain text.
_SHAPES: Mapping[str, Callable[[Company], str]] = {
    "founded_year": _founded_year,
    "incorporation_date": _incorporation_date,
    "status": _status,
    "address": _address,
    "coordinates": _coordinates,
    "social_profiles": _social_profiles,
    "technologies": lambda company: shortened(clean(", ".join(company.technologies)), LONGEST),
    "employee_count": _employee_count,
    "opening_hours": lambda company: _lines(list(company.opening_hours)),
    "rating": _rating,
    "share_capital": _share_capital,
    "identifiers": _identifiers,
    "industry_codes": _industry_codes,
}
