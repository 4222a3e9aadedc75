"""A company goes into the contract whole, whatever is known of it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from google.type.date_pb2 import Date  # pyright: ignore[reportMissingTypeStubs]
from google.type.latlng_pb2 import LatLng  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.company import (
    LIST_FIELDS,
    VALUE_TYPES,
    Address,
    Company,
    CompanyStatus,
    Coordinates,
    EmployeeCount,
    Field,
    Identifier,
    IndustryCode,
    Rating,
    ShareCapital,
    SocialProfile,
    Value,
)
from enrichment.domain.event import Evidence
from enrichment.domain.fact import Fact
from enrichment.rpc.company_codec import company, evidence
from imensiah.enrichment.v1 import company_pb2 as pb

TEXT = st.text(min_size=1, max_size=20)
LINE = st.text(max_size=20)
INT32 = st.integers(-(2**31), 2**31 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1)
FLOAT = st.floats(allow_nan=False, allow_infinity=False)

ITEMS: Mapping[type, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: INT32,
    date: st.dates(),
    CompanyStatus: st.sampled_from(CompanyStatus),
    Address: st.builds(Address, LINE, LINE, LINE, LINE, LINE, LINE, LINE),
    Coordinates: st.builds(Coordinates, FLOAT, FLOAT),
    EmployeeCount: st.builds(EmployeeCount, INT32, st.none() | INT32),
    Rating: st.builds(Rating, FLOAT, INT32),
    ShareCapital: st.builds(ShareCapital, INT64, LINE),
    SocialProfile: st.builds(SocialProfile, LINE, LINE),
    Identifier: st.builds(Identifier, LINE, LINE),
    IndustryCode: st.builds(IndustryCode, LINE, LINE, LINE),
}


def values_of(name: Field) -> st.SearchStrategy[Value]:
    item = ITEMS[VALUE_TYPES.get(name, str)]
    return st.lists(item, min_size=1, max_size=3).map(tuple) if name in LIST_FIELDS else item


COMPANIES = st.fixed_dictionaries({}, optional={name: values_of(name) for name in Field}).map(
    lambda values: Company("vidraria.com.br", values)
)

BACK: Mapping[type, Callable[[Any], Value | SocialProfile | Identifier | IndustryCode]] = {
    Date: lambda m: date(m.year, m.month, m.day),
    LatLng: lambda m: Coordinates(m.latitude, m.longitude),
    pb.Address: lambda m: Address(m.formatted, m.street, m.district, m.city, m.region, m.postal_code, m.country_code),
    pb.EmployeeCount: lambda m: EmployeeCount(m.min, m.max if m.HasField("max") else None),
    pb.Rating: lambda m: Rating(m.stars, m.review_count),
    pb.ShareCapital: lambda m: ShareCapital(m.amount_minor, m.currency_code),
    pb.SocialProfile: lambda m: SocialProfile(m.network, m.url),
    pb.Identifier: lambda m: Identifier(m.scheme, m.value),
    pb.IndustryCode: lambda m: IndustryCode(m.system, m.code, m.label),
}


def back(message: pb.Company) -> Company:
    """What a caller would read from the message."""
    values: dict[Field, Any] = {}
    for part, content in message.ListFields():
        if part.name == "status":
            values[Field.STATUS] = CompanyStatus(pb.CompanyStatus.Name(content).removeprefix("COMPANY_STATUS_").lower())
        elif part.name != "domain":
            name = Field(part.name)
            values[name] = tuple(map(item_back, content)) if name in LIST_FIELDS else item_back(content)
    return Company(message.domain, values)


def item_back(content: Any) -> Any:
    return next((read(content) for kind, read in BACK.items() if isinstance(content, kind)), content)


@given(COMPANIES)
def test_every_value_of_a_company_is_read_as_it_was(known: Company) -> None:
    message = pb.Company.FromString(company(known).SerializeToString())
    assert back(message) == known


@pytest.mark.parametrize("name", Field)
def test_evidence_carries_a_company_with_only_its_field(name: Field) -> None:
    value = values_of(name).filter(lambda value: value not in (0, ""))

    @given(value)
    def check(value: Value) -> None:
        fact = Fact(name, value, "website", 0.75, 1_800_000_000.25, 1_800_086_400.0, "by Aurora", is_transient=True)
        message = evidence(Evidence(fact, is_selected=True))
        assert pb.CompanyField.Name(message.field) == f"COMPANY_FIELD_{name.name}"
        assert back(message.value) == Company("", {name: value})
        assert (message.source, message.confidence, message.attribution) == ("website", 0.75, "by Aurora")
        assert (message.selected, message.transient) == (True, True)
        assert message.observed_time.ToMilliseconds() == 1_800_000_000_250
        assert message.expire_time.ToSeconds() == 1_800_086_400

    check()


JUNK: Mapping[Field, Value] = {
    Field.DESCRIPTION: "half a pair \ud83d",
    Field.FOUNDED_YEAR: 2**31,
    Field.EMPLOYEE_COUNT: EmployeeCount(10**12),
    Field.SHARE_CAPITAL: ShareCapital(10**30, "BRL"),
    Field.TECHNOLOGIES: ("nginx", "\udfff"),
    Field.SOCIAL_PROFILES: (SocialProfile("x", "https://x.com/\ud800"),),
}


@pytest.mark.parametrize("name", JUNK)
def test_a_value_that_the_contract_cannot_carry_is_left_out_alone_and_told_to_the_operator(
    name: Field, caplog: pytest.LogCaptureFixture
) -> None:
    known = Company("vidraria.com.br", {Field.NAME: "Aurora", name: JUNK[name], Field.PHONE: "+551130000000"})
    message = company(known)
    assert back(message) == Company("vidraria.com.br", {Field.NAME: "Aurora", Field.PHONE: "+551130000000"})
    assert name.value in caplog.text


def test_the_contract_and_the_domain_know_the_same_fields() -> None:
    names = [part.name for part in pb.Company.DESCRIPTOR.fields]
    assert names == ["domain", *(name.value for name in Field)]
