"""Every rule of the contract, and the sentence that says what would be right."""

import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.purse import Purse
from enrichment.rpc import codec
from enrichment.rpc.status import Refused
from enrichment.rpc.validation import MOST_VIOLATIONS, checked_domain
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from imensiah.enrichment.v1.company_pb2 import CompanyField

UUID = "0b6ce1f2-57a3-4f7e-9c39-2f6a1d8e4b10"


def request(**changes: object) -> pb.EnrichRequest:
    values = {"website_url": "https://www.vidraria.com.br/contato", **changes}
    return pb.EnrichRequest(**values)  # type: ignore[arg-type]


def hints(**given: str) -> pb.EnrichRequest:
    return request(hints=pb.CompanyHints(**given))


def violations(message: pb.EnrichRequest) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refusal:
        checked_domain(message)
    details = BadRequest()
    assert refusal.value.status.details[1].Unpack(details)
    return [(violation.field, violation.description) for violation in details.field_violations]


GOOD = [
    request(),
    request(website_url="vidraria.com.br", request_id=UUID),
    request(max_cost_usd_micros=0),
    request(max_cost_usd_micros=1_000_000_000),
    request(max_age=Duration()),
    request(wanted_fields=[number for number in CompanyField.values() if number]),
    request(layers=[number for number in pb.Layer.values() if number]),
    hints(country_code="bR", company_name="A" * 200, city="B" * 100, registration_number="1" * 40),
]


@pytest.mark.parametrize("message", GOOD)
def test_a_request_within_the_rules_is_about_its_registrable_domain(message: pb.EnrichRequest) -> None:
    assert checked_domain(message) == "vidraria.com.br"


COST_RANGE = "is out of range; send 0 to 1,000,000,000 millionths of a US dollar, or nothing for the default"
LAYER_99 = "99 is none of the values that this version of the contract has"
NOTHING = "0 names nothing; leave it out: an empty list means the default"
BAD = {
    "website: none": (
        request(website_url=""),
        ("website_url", "is empty; send the company's domain, such as 'nubank.com.br'"),
    ),
    "website: too long": (
        request(website_url="a" * 2_049),
        ("website_url", "is 2049 characters long; send at most 2048"),
    ),
    "website: not a domain": (
        request(website_url="localhost"),
        ("website_url", "'localhost' is this computer's own name; send the company's domain, such as 'nubank.com.br'"),
    ),
    "country: three letters": (
        hints(country_code="BRA"),
        (
            "hints.country_code",
            "'BRA' is not two letters; send the country's ISO 3166-1 alpha-2 code, such as 'BR'",
        ),
    ),
    "country: a line": (
        hints(country_code="Br\n"),
        (
            "hints.country_code",
            r"'Br\n' is not two letters; send the country's ISO 3166-1 alpha-2 code, such as 'BR'",
        ),
    ),
    "country: a story": (
        hints(country_code="B" * 1_000),
        (
            "hints.country_code",
            f"'{'B' * 40}...' is not two letters; send the country's ISO 3166-1 alpha-2 code, such as 'BR'",
        ),
    ),
    "name: too long": (
        hints(company_name="A" * 201),
        ("hints.company_name", "is 201 characters long; send at most 200"),
    ),
    "city: too long": (hints(city="B" * 101), ("hints.city", "is 101 characters long; send at most 100")),
    "number: too long": (
        hints(registration_number="1" * 41),
        ("hints.registration_number", "is 41 characters long; send at most 40"),
    ),
    "fields: unknown": (request(wanted_fields=[1, 2, 99]), ("wanted_fields[2]", LAYER_99)),
    "fields: unspecified": (request(wanted_fields=[0]), ("wanted_fields[0]", NOTHING)),
    "fields: twice": (
        request(wanted_fields=[1, 2, 1]),
        ("wanted_fields", "holds a value more than once; send each once"),
    ),
    "layers: unknown": (request(layers=[99]), ("layers[0]", LAYER_99)),
    "layers: unspecified": (request(layers=[1, 0]), ("layers[1]", NOTHING)),
    "layers: twice": (request(layers=[1, 1]), ("layers", "holds a value more than once; send each once")),
    "cost: negative": (request(max_cost_usd_micros=-1), ("max_cost_usd_micros", f"-1 {COST_RANGE}")),
    "cost: too much": (
        request(max_cost_usd_micros=1_000_000_001),
        ("max_cost_usd_micros", f"1000000001 {COST_RANGE}"),
    ),
    "age: negative": (
        request(max_age=Duration(seconds=-1)),
        ("max_age", "is negative; send a duration of 0 s or more, or nothing"),
    ),
    "id: not a UUID": (
        request(request_id="order 7"),
        (
            "request_id",
            "'order 7' is not a UUID; send one, such as '9b2f6f0e-6a0c-4c59-8a39-0d6b7c1f4e52', or nothing",
        ),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_broken_rule_is_named_with_what_would_be_right(case: str) -> None:
    message, violation = BAD[case]
    assert violations(message) == [violation]


def test_a_list_that_is_too_long_is_told_so_and_not_item_by_item() -> None:
    told = violations(request(wanted_fields=[1] * 65))
    assert told == [
        ("wanted_fields", "holds more than 64 values; send each once, or none for the default"),
        ("wanted_fields", "holds a value more than once; send each once"),
    ]
    assert ("layers", "holds more than 8 values; send each once, or none for the default") in violations(
        request(layers=[1] * 9)
    )


def test_all_broken_rules_are_told_at_once_the_website_first() -> None:
    message = request(website_url="localhost", layers=[99], request_id="x")
    assert [field for field, _ in violations(message)] == ["website_url", "layers[0]", "request_id"]


def test_a_request_full_of_faults_gets_a_short_answer() -> None:
    with pytest.raises(Refused) as refusal:
        checked_domain(request(wanted_fields=range(100, 50_000)))
    # Trailers may hold 8 kB, and carry the details in base64.
    assert refusal.value.status.ByteSize() < 4_000


NUMBERS = st.integers(-(2**31), 2**31 - 1)
ANY_REQUEST = st.builds(
    pb.EnrichRequest,
    website_url=st.sampled_from(["vidraria.com.br", "", "a" * 3_000, "localhost"]) | st.text(),
    hints=st.builds(pb.CompanyHints, company_name=st.text(), country_code=st.text(max_size=3), city=st.text()),
    wanted_fields=st.lists(st.integers(-1, 30), max_size=70),
    layers=st.lists(st.integers(-1, 5), max_size=10),
    max_cost_usd_micros=st.none() | st.integers(-(2**63), 2**63 - 1),
    max_age=st.none() | st.builds(Duration, seconds=st.integers(-(2**63), 2**63 - 1), nanos=NUMBERS),
    request_id=st.sampled_from(["", UUID]) | st.text(),
    include_source_outcomes=st.booleans(),
)


@given(ANY_REQUEST)
def test_any_request_is_understood_or_refused_with_reasons(message: pb.EnrichRequest) -> None:
    refused = refusal_of(message)
    if refused is None:
        understood = codec.request(message, "vidraria.com.br", 50_000, Purse())
        assert understood.wanted
        assert understood.layers
        assert understood.max_cost_usd_micros >= 0
        assert understood.max_age_seconds is None or understood.max_age_seconds >= 0
    else:
        details = BadRequest()
        assert refused.status.details[1].Unpack(details)
        assert 0 < len(details.field_violations) <= MOST_VIOLATIONS
        assert all(violation.field and violation.description for violation in details.field_violations)
        assert refused.status.ByteSize() < 5_000


def refusal_of(message: pb.EnrichRequest) -> Refused | None:
    try:
        checked_domain(message)
    except Refused as refusal:
        return refusal
    return None
