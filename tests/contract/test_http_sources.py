"""What every HTTP source promises: each way of answering ends in a reading or in one of the five errors."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import fields, replace

import httpx
import pytest

from contract.http_sources import KEY, MODELS, SOURCES, USUAL_STATUSES, HttpCase
from contract.well_typed import check_well_typed
from contract.wire_server import Asked, Said, Then, answer, serving
from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.errors import Fault, QuotaExhausted, Rejected, SourceError, Throttled, Unauthorized, Unreadable
from enrichment.domain.fact import Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import build
from enrichment.sources.http import LONGEST_BODY_BYTES

KINDS = {Fault, Throttled, QuotaExhausted, Unauthorized, Rejected, Unreadable}
every_source = pytest.mark.parametrize("case", SOURCES, ids=str)


async def asked(case: HttpCase, said: Said) -> tuple[Reading | SourceError, Asked]:
    """What a source makes of an answer, and the one request that it sent for it."""
    async with serving(said) as server:
        entry = case.entry(server.base_url)
        # As long as this machine may take to answer, no longer than a test should wait for silence.
        ended = await outcome(case, replace(entry, timeout_ms=100) if said.then is Then.HANG else entry)
    [request] = server.asked
    return ended, request


async def outcome(case: HttpCase, entry: Entry) -> Reading | SourceError:
    source = build(entry)
    try:
        return await source.ask(case.subject)
    except SourceError as error:
        return error
    finally:
        await source.close()


async def failure(case: HttpCase, said: Said) -> SourceError:
    ended, _ = await asked(case, said)
    assert isinstance(ended, SourceError), f"{ended} is no failure"
    assert type(ended) in KINDS
    assert KEY not in str(ended)
    return ended


def found(case: HttpCase) -> bytes:
    return json.dumps(case.body).encode()


@every_source
async def test_a_known_company_is_read_whole(case: HttpCase) -> None:
    reading, request = await asked(case, answer(200, found(case), case.content_type))
    assert isinstance(reading, Reading)
    assert reading.is_found
    assert {claim.field for claim in reading.claims} == case.fields
    check_well_typed(reading)
    assert KEY not in request.path


@every_source
async def test_it_brings_only_what_the_catalogue_says(case: HttpCase) -> None:
    assert case.fields <= set(case.entry().brings)


@every_source
async def test_a_question_is_one_and_the_same_for_the_same_subject(case: HttpCase) -> None:
    source = build(case.entry())
    question = source.question(case.subject)
    assert question
    assert question == source.question(case.subject)
    assert KEY.encode() not in question
    assert source.price(case.subject) >= 0
    await source.close()


@every_source
async def test_who_asks_the_same_question_is_told_the_same(case: HttpCase) -> None:
    """What is held is found by its question: nothing else of a subject may decide what is read."""
    source, response = build(case.entry()), httpx.Response(200, json=case.body)
    response.headers["content-type"] = case.content_type
    for other in others(case.subject):
        if source.question(other) == source.question(case.subject):
            assert replace(case, subject=other).read(response) == case.read(response)
    await source.close()


def others(subject: Subject) -> Iterator[Subject]:
    """The subject as another caller hints at it, and as it would be with another value of each thing known."""
    for hint in fields(Hints):
        for told in ("US", "Larch", "99.430.777/0001-53"):
            yield replace(subject, hints=replace(subject.hints, **{hint.name: told}))
    for known in (Field.NAME, Field.LEGAL_NAME, Field.COUNTRY_CODE, Field.REGISTRATION_NUMBER, Field.JURISDICTION):
        for told in ("Larch Glass LLP", "GB", "us_de", "1"):
            yield replace(subject, known={**subject.known, known: told})


@every_source
async def test_an_unknown_company_is_not_found(case: HttpCase) -> None:
    status, body = case.not_found
    ended, _ = await asked(case, answer(status, json.dumps(body).encode(), case.content_type))
    if case.source in MODELS:
        assert type(ended) is Rejected
    else:
        assert ended == Reading(is_found=False)


@every_source
@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_told_from_a_wish_for_a_pause(case: HttpCase, status: int) -> None:
    error = await failure(case, answer(status, b'{"message": "no"}'))
    assert type(error) is case.statuses.get(status, USUAL_STATUSES[status])
    assert not error.is_cost_unknown


@every_source
async def test_too_many_requests_is_a_pause_as_long_as_asked_for(case: HttpCase) -> None:
    error = await failure(case, answer(429, b"slow down", "text/plain", Retry_After="17"))
    assert isinstance(error, Throttled)
    assert error.retry_after == 17.0


@every_source
async def test_too_many_requests_without_a_time_is_the_documented_pause_if_any(case: HttpCase) -> None:
    error = await failure(case, answer(429, b"slow down", "text/plain"))
    assert isinstance(error, Throttled)
    assert error.retry_after == case.pause_seconds


@every_source
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
async def test_a_broken_provider_is_a_fault_that_costs_nothing(case: HttpCase, status: int) -> None:
    error = await failure(case, answer(status, b"<html>broken</html>", "text/html"))
    assert type(error) is Fault
    assert not error.is_cost_unknown


@every_source
async def test_a_used_up_quota_is_no_fault(case: HttpCase) -> None:
    assert type(await failure(case, answer(402, b"{}"))) is QuotaExhausted


@every_source
@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_wrong_request_is_rejected(case: HttpCase, status: int) -> None:
    assert type(await failure(case, answer(status, b"wrong", "text/plain"))) is Rejected


@every_source
async def test_a_page_where_a_missing_one_was_asked_for_is_no_not_found(case: HttpCase) -> None:
    error = await failure(case, answer(404, b"<html>no such page</html>", "text/html"))
    assert type(error) is (Throttled if case.html is Throttled else Rejected)


@every_source
@pytest.mark.parametrize("status", [202, 204, 302])
async def test_a_status_that_nobody_promised_is_unreadable(case: HttpCase, status: int) -> None:
    error = await failure(case, answer(status, b"", Location="http://127.0.0.1:9/"))
    assert type(error) is case.statuses.get(status, Unreadable)


HALF = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000


@every_source
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b"{}x", b"\xff\xfe", b'{"a": NaN}', DEEP, b"[" * 10_000],
    ids=["empty", "cut", "list", "null", "text", "more", "no UTF-8", "NaN", "deep", "brackets"],
)
async def test_junk_is_unreadable_and_may_have_been_billed(case: HttpCase, body: bytes) -> None:
    error = await failure(case, answer(200, body, case.content_type))
    assert type(error) is Unreadable
    assert error.is_cost_unknown


@every_source
@pytest.mark.parametrize("then", [Then.HANG, Then.RESET, Then.CLOSE], ids=["silence", "reset", "end"])
@pytest.mark.parametrize("half", [b"", HALF], ids=["before", "within"])
async def test_an_answer_that_does_not_come_whole_is_a_fault_and_may_have_been_billed(
    case: HttpCase, half: bytes, then: Then
) -> None:
    error = await failure(case, Said(half, then))
    assert type(error) is Fault
    assert error.is_cost_unknown


@every_source
async def test_nobody_who_listens_is_a_fault_that_costs_nothing(case: HttpCase) -> None:
    async with serving(answer(200)) as server:
        closed = server.base_url
    ended = await outcome(case, case.entry(closed))
    assert type(ended) is Fault
    assert not ended.is_cost_unknown


@every_source
async def test_an_answer_that_is_cut_anywhere_is_unreadable(case: HttpCase) -> None:
    body = found(case).rstrip()
    for length in range(0, len(body), 97):
        with pytest.raises(Unreadable):
            case.read(httpx.Response(200, content=body[:length], headers={"content-type": case.content_type}))


@every_source
async def test_a_huge_answer_is_unreadable(case: HttpCase) -> None:
    body = b'{"a": "' + b"x" * LONGEST_BODY_BYTES + b'"}'
    assert type(await failure(case, answer(200, body, case.content_type))) is Unreadable
    packed = answer(200, gzip.compress(body), case.content_type, Content_Encoding="gzip")
    assert type(await failure(case, packed)) is Unreadable


@every_source
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", ""])
async def test_another_content_type_is_unreadable(case: HttpCase, content_type: str) -> None:
    assert type(await failure(case, answer(200, found(case), content_type))) is Unreadable


@every_source
async def test_a_page_in_the_place_of_an_answer(case: HttpCase) -> None:
    assert type(await failure(case, answer(200, b"<html>hello</html>", "text/html; charset=utf-8"))) is case.html


@every_source
async def test_another_company_is_never_taken_for_the_one_asked_about(case: HttpCase) -> None:
    if isinstance(case.stranger, str):
        pytest.skip(case.stranger)
    body = json.dumps(case.stranger(case.body)).encode()
    ended, _ = await asked(case, answer(200, body, case.content_type))
    if case.stranger_error:
        assert type(ended) is case.stranger_error
    else:
        assert ended == case.stranger_reading


def bare(case: HttpCase) -> object:
    """The least that each provider promises."""
    least: dict[str, object] = {
        "receitaws": {"status": "OK", "cnpj": "11222333000181"},
        "opencnpj": {"cnpj": "11222333000181"},
        "gleif": {
            "data": [{"attributes": {"entity": {"legalName": {"name": "Larch Glass Ltd"}, "jurisdiction": "GB"}}}]
        },
        "opencorporates": {
            "results": {"companies": [{"company": {"name": "Larch Glass Ltd", "jurisdiction_code": "gb"}}]}
        },
        "clearbit": {"domain": "larchglass.co.uk"},
        "people_data_labs": {"website": "larchglass.co.uk"},
        "mapbox_address": {"features": [{"properties": {}}]},
        "mapbox_place": {"features": [{}]},
        "rdap": {"objectClassName": "domain"},
        "google_places": {"places": [{"websiteUri": "https://larchglass.co.uk"}]},
        "wikidata": {"results": {"bindings": [{}]}},
        "groq": {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]},
        "anthropic": {"content": [{"type": "text", "text": "{}"}], "stop_reason": "end_turn"},
    }
    return least[case.fixture]


@every_source
async def test_every_optional_part_may_be_missing_at_once(case: HttpCase) -> None:
    reading, _ = await asked(case, answer(200, json.dumps(bare(case)).encode(), case.content_type))
    assert isinstance(reading, Reading)
    check_well_typed(reading)


@every_source
def test_nothing_of_a_person_becomes_a_claim(case: HttpCase) -> None:
    content = json.dumps(case.body).encode()
    reading = case.read(httpx.Response(200, content=content, headers={"content-type": case.content_type}))
    shown = repr(reading).upper()
    assert "NINGUEM" not in shown
    assert "OCULTO" not in shown
