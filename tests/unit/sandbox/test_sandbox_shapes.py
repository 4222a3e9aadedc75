"""The shapes of the real providers: every key they send is there, and none that they never send."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from enrichment.sandbox import World
from enrichment.sandbox.providers import clearbit, google_places, groq, mapbox, opencorporates, people_data_labs
from enrichment.sandbox.providers.clearbit import Clearbit
from enrichment.sandbox.providers.google_places import GooglePlaces
from enrichment.sandbox.providers.groq import Groq
from enrichment.sandbox.providers.mapbox import Mapbox
from enrichment.sandbox.providers.opencnpj import OpenCnpj
from enrichment.sandbox.providers.opencorporates import OpenCorporates
from enrichment.sandbox.providers.people_data_labs import PeopleDataLabs
from enrichment.sandbox.providers.rdap import Rdap
from enrichment.sandbox.providers.receitaws import ReceitaWS
from enrichment.sandbox.providers.wikidata import Wikidata
from enrichment.sandbox.wire import Reply, Request

PAYLOADS = Path(__file__).parents[3] / ".." / "shared" / "payloads"
pytestmark = pytest.mark.skipif(not PAYLOADS.exists(), reason="../shared is not here: nothing to compare with")

WORLD = World(1670)
BRAZILIAN, AMERICAN = (company for domain in WORLD.showcase if (company := WORLD.company(domain)))


def recorded(name: str) -> Any:
    return json.loads((PAYLOADS / name).read_text("utf-8"))


def sent(reply: Reply) -> Any:
    return json.loads(reply.body)


def kinds(data: Mapping[str, object]) -> Mapping[str, str]:
    """The type of every value by its key, texts of any kind alike."""
    return {key: type(value).__name__ for key, value in data.items()}


def unworded(data: Any) -> Any:
    """Names, codes and shape as they are, sentences left out: ours are our own."""
    if isinstance(data, dict):
        return {key: unworded(value) for key, value in cast("dict[str, Any]", data).items()}
    return "..." if isinstance(data, str) and " " in data else data


def test_receitaws_sends_the_record_as_recorded() -> None:
    real = recorded("receitaws/ok-2025-simples-simei-49272096000136.json")
    ours = sent(ReceitaWS(WORLD).answer(Request(f"/v1/cnpj/{BRAZILIAN.facts.number}")))
    assert kinds(ours) == kinds(real)
    assert kinds(ours["simples"]) == kinds(real["simples"])
    assert {"nome", "qual"} == set(ours["qsa"][0]) <= set(real["qsa"][0])


@pytest.mark.parametrize(("number", "name"), [("1", "cnpj-invalido"), ("00000000000191", "cnpj-rejeitado")])
def test_receitaws_refuses_in_the_recorded_form(number: str, name: str) -> None:
    reply = ReceitaWS(WORLD).answer(Request(f"/v1/cnpj/{number}"))
    assert unworded(sent(reply)) == unworded(recorded(f"receitaws/error-200-{name}.json"))


def test_opencnpj_sends_what_its_example_has_and_refuses_in_its_form() -> None:
    real = recorded("opencnpj/ok-docs-example-alfanumerico.json")
    provider = OpenCnpj(WORLD)
    ours = sent(provider.answer(Request(f"/{BRAZILIAN.facts.number}")))
    assert kinds(ours).items() >= kinds(real).items()
    refusals = [(400, provider.answer(Request("/1"))), (404, provider.answer(Request("/00000000000191")))]
    for status, reply in [*refusals, (502, provider.failed(502))]:
        assert reply.status == status
        assert unworded(sent(reply)) == unworded(recorded(f"opencnpj/error-{status}.json"))


def test_opencorporates_sends_companies_in_their_wrapper() -> None:
    real = recorded("opencorporates/companies-search-200-v0.4.1-2015.json")["results"]
    query = {"q": AMERICAN.facts.name, "api_token": opencorporates.KEY}
    ours = sent(OpenCorporates(WORLD).answer(Request("/v0.4/companies/search", query=query)))["results"]
    assert set(ours) >= set(real)
    assert set(ours["companies"][0]) == {"company"}
    assert set(ours["companies"][0]["company"]) >= set(real["companies"][0]["company"])


def test_opencorporates_finds_nothing_and_refuses_a_token_as_reported() -> None:
    provider = OpenCorporates(WORLD)
    nothing = provider.answer(Request("/v0.4/companies/search", query={"q": "x", "api_token": opencorporates.KEY}))
    assert sent(nothing) == recorded("opencorporates/companies-search-200-empty.RECONSTRUCTED.json")
    refusal = provider.answer(Request("/v0.4/companies/search", query={"q": "x"}))
    assert sent(refusal) == recorded("opencorporates/error-401-invalid-token.RECONSTRUCTED.json")


def clearbit_answer(domain: str, key: str = clearbit.KEY, path: str = f"{clearbit.PATH}find") -> Reply:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return Clearbit(WORLD).answer(Request(path, query={"domain": domain}, headers=headers))


def test_clearbit_sends_a_record_as_recorded() -> None:
    real = recorded("clearbit/company-record-2024-sumeru.json")
    ours = sent(clearbit_answer(AMERICAN.domain))
    assert set(ours) == set(real)
    for part in ("site", "category", "geo", "facebook", "linkedin", "twitter", "crunchbase", "identifiers", "metrics"):
        assert set(ours[part]) == set(real[part]), part


def test_clearbit_refuses_as_recorded() -> None:
    queued = next(one for one in WORLD.companies if one.is_known_to("clearbit") and one.index % 13 == 9)
    pairs = [
        (clearbit_answer(queued.domain), "company-find-202-queued"),
        (clearbit_answer("x.example"), "company-find-404-unknown-record"),
        (clearbit_answer("x.example", ""), "error-401-auth-required-2026-08"),
        (clearbit_answer("x.example", "y"), "error-401-invalid-api-key-2026-08"),
        (clearbit_answer("x.example", path=f"{clearbit.PATH}x"), "error-404-unknown-route-2026-08"),
        (Clearbit(WORLD).failed(402), "error-402-over-quota"),
    ]
    for reply, name in pairs:
        assert unworded(sent(reply)) == unworded(recorded(f"clearbit/{name}.json")), name


def test_people_data_labs_sends_what_its_example_has_and_its_headers() -> None:
    real = recorded("peopledatalabs/company-record-docs-excerpt-2026.TRUNCATED.json")
    headers = {"x-api-key": people_data_labs.KEY}
    request = Request(f"{people_data_labs.PATH}enrich", query={"website": AMERICAN.domain}, headers=headers)
    reply = PeopleDataLabs(WORLD).answer(request)
    assert set(real) <= set(sent(reply))
    assert set(real["location"]) == set(sent(reply)["location"])
    assert set(recorded("peopledatalabs/response-headers-docs-example.json")) <= set(reply.headers)
    nothing = PeopleDataLabs(WORLD).answer(Request(request.path, query={"website": "x.example"}, headers=headers))
    assert unworded(sent(nothing)) == unworded(recorded("peopledatalabs/error-404-not-found.json"))


def test_mapbox_geocodes_as_documented() -> None:
    real = recorded("mapbox/geocoding-v6-forward-200-address.json")
    query = {"q": AMERICAN.facts.seat.formatted, "access_token": mapbox.KEY}
    ours = sent(Mapbox(WORLD).answer(Request("/search/geocode/v6/forward", query=query)))
    assert set(ours) == set(real)
    (feature,), example = ours["features"], real["features"][0]
    assert set(feature) == set(example)
    # What is optional in the documentation: the preferred name, a bounding box.
    assert set(example["properties"]) - set(feature["properties"]) == {"name_preferred", "bbox"}
    assert set(feature["properties"]["match_code"]) == set(example["properties"]["match_code"])
    assert set(example["properties"]["context"]) - set(feature["properties"]["context"]) == {"neighborhood"}


def test_mapbox_searches_places_as_documented() -> None:
    real = recorded("mapbox/searchbox-forward-200-poi-starbucks.json")
    query = {"q": AMERICAN.facts.name, "access_token": mapbox.KEY}
    ours = sent(Mapbox(WORLD).answer(Request("/search/searchbox/v1/forward", query=query)))
    properties, example = ours["features"][0]["properties"], real["features"][0]["properties"]
    assert set(example) - set(properties) == {"brand", "brand_id", "distance"}
    assert set(properties) <= set(example)
    assert set(properties["metadata"]) <= set(example["metadata"])


def test_mapbox_refuses_a_token_as_documented() -> None:
    reply = Mapbox(WORLD).answer(Request("/search/geocode/v6/forward", query={"q": "x"}))
    assert unworded(sent(reply)) == unworded(recorded("mapbox/geocoding-v6-error-invalid-token.json"))


def places(mask: str) -> Any:
    headers = {"x-goog-api-key": google_places.KEY, "x-goog-fieldmask": mask}
    body = json.dumps({"textQuery": AMERICAN.facts.name}).encode()
    return sent(GooglePlaces(WORLD).answer(Request(google_places.PATH, "POST", headers=headers, body=body)))


def test_google_sends_places_as_recorded() -> None:
    real = recorded("google-places/new-placedetails-200-googleplex-2025-11.json")
    (ours,) = places("*")["places"]
    assert set(ours) <= set(real)
    assert kinds(ours) == kinds({key: real[key] for key in ours})
    for part in ("location", "regularOpeningHours", "postalAddress", "displayName"):
        assert set(ours[part]) == set(real[part]) - {"nextOpenTime", "nextCloseTime"}, part
    assert ours["regularOpeningHours"]["periods"][0].keys() == real["regularOpeningHours"]["periods"][0].keys()
    day, example = (one["regularOpeningHours"]["weekdayDescriptions"][0] for one in (ours, real))
    assert re.sub(r"\d+", "0", day) == re.sub(r"\d+", "0", example)


def test_google_fails_as_recorded() -> None:
    google = GooglePlaces(WORLD)
    no_mask = google.answer(Request(google_places.PATH, "POST", headers={"x-goog-api-key": google_places.KEY}))
    pairs = [
        (no_mask, "google-places/new-error-400-missing-fieldmask.json"),
        (google.throttled(None), "google-places/new-error-429-per-minute.json"),
        (google.failed(429), "google-places/new-error-429-per-day.json"),
    ]
    for reply, name in pairs:
        real, ours = recorded(name)["error"], sent(reply)["error"]
        assert (set(ours), ours["code"], ours["status"]) == (set(real), real["code"], real["status"]), name
        assert ours["message"][:20] == real["message"][:20], name
        assert [span in ours["message"] for span in ("per day", "per minute")] == [
            span in real["message"] for span in ("per day", "per minute")
        ], name


def test_wikidata_sends_bindings_as_recorded() -> None:
    real = recorded("wikidata/sparql-200-results-shape.json")
    query = f"SELECT * {{ <https://{AMERICAN.domain}> rdfs:label P1448 }}"
    headers = {"user-agent": "test/1 (https://client.example)"}
    ours = sent(Wikidata(WORLD).answer(Request("/sparql", query={"query": query}, headers=headers)))
    assert (set(ours), set(ours["head"]), set(ours["results"])) == (set(real), set(real["head"]), set(real["results"]))
    (row, *_), (example, *_) = ours["results"]["bindings"], real["results"]["bindings"]
    assert row["item"].keys() == example["item"].keys()
    assert row["item"]["value"].rsplit("/", 1)[0] == example["item"]["value"].rsplit("/", 1)[0]
    assert row["value"].keys() == example["itemLabel"].keys()


def test_registro_br_sends_a_domain_as_recorded() -> None:
    real = recorded("rdap/br-globo.com.br-200.json")
    ours = sent(Rdap(WORLD).answer(Request(f"/domain/{BRAZILIAN.domain}")))
    assert set(real) <= set(ours)
    (registrant,) = [entity for entity in ours["entities"] if "registrant" in entity["roles"]]
    example = next(entity for entity in real["entities"] if "registrant" in entity["roles"])
    assert set(registrant) == set(example)
    assert [row[0] for row in example["vcardArray"][1]] == ["version", "kind", "fn", "adr"]
    assert {row[0] for row in registrant["vcardArray"][1]} >= {"version", "kind", "fn", "adr"}


def test_a_thin_registry_sends_a_domain_as_recorded() -> None:
    real = recorded("rdap/com-google.com-registry-200.json")
    ours = sent(Rdap(WORLD).answer(Request(f"/com/v1/domain/{AMERICAN.domain}")))
    assert set(real) <= set(ours)
    registrar = ours["entities"][0]
    assert registrar["publicIds"][0]["type"] == real["entities"][0]["publicIds"][0]["type"]
    assert {event["eventAction"] for event in real["events"]} == {event["eventAction"] for event in ours["events"]}


def test_rdap_does_not_find_with_the_recorded_object() -> None:
    real, ours = recorded("rdap/org-404-not-found.json"), sent(Rdap(WORLD).answer(Request("/domain/x.org")))
    assert ours.items() >= {key: real[key] for key in ("errorCode", "title", "description", "lang")}.items()


def completion(model: str) -> Reply:
    schema = {"type": "object", "properties": {"industry": {"type": "string"}}, "required": ["industry"]}
    wanted = {"name": "x", "strict": True, "schema": {**schema, "additionalProperties": False}}
    data = {
        "model": model,
        "messages": [{"role": "user", "content": AMERICAN.domain}],
        "response_format": {"type": "json_schema", "json_schema": wanted},
    }
    headers = {"authorization": f"Bearer {groq.KEY}"}
    return Groq(WORLD).answer(
        Request("/openai/v1/chat/completions", "POST", headers=headers, body=json.dumps(data).encode())
    )


def test_groq_completes_as_recorded() -> None:
    real = recorded("groq/ok-native-json_schema-gpt-oss-120b.json")["response"]["body"]
    ours = sent(completion("openai/gpt-oss-120b"))
    assert set(ours) == set(real)
    assert set(ours["choices"][0]) == set(real["choices"][0])
    assert set(ours["choices"][0]["message"]) == set(real["choices"][0]["message"])
    assert set(real["usage"]) <= set(ours["usage"])


def test_groq_fails_as_recorded() -> None:
    missing = sent(completion("llama-3.3-70b-versatile"))
    assert missing == recorded("groq/error-404-decommissioned-llama.json")
    pairs = [
        (completion("llama-3.1-8b-instant"), "groq/error-400-model_decommissioned.json"),
        (Groq(WORLD).failed(400), "groq/error-400-json_validate_failed.json"),
        (Groq(WORLD).failed(413), "groq/error-413-request-too-large.json"),
        (Groq(WORLD).throttled(5), "groq/error-429-tpm.json"),
    ]
    for reply, name in pairs:
        real, ours = recorded(name)["error"], sent(reply)["error"]
        assert set(ours) == set(real), name
        assert (ours["type"], ours["code"]) == (real["type"], real["code"]), name
