"""From results to the domains of companies: each once, and nobody's profile, shop, news or office among them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.website import registrable_domain
from enrichment.harvest.plan import table
from enrichment.harvest.results import NO_ADDRESS, Found, exclusions

RECORDED = Path(__file__).parents[4] / "shared" / "payloads" / "apify" / "dataset-item-google-search-2026.json"


def found(*urls: object) -> Found:
    taken = Found()
    taken.take([{"organicResults": [{"url": url} for url in urls]}], exclusions())
    return taken


def test_a_company_that_is_found_on_many_pages_counts_once_in_the_order_of_discovery() -> None:
    urls = ("https://www.larch.com.br/", "http://pine.com.br", "https://loja.larch.com.br/vidros?utm_source=x")
    assert list(found(*urls).domains) == ["larch.com.br", "pine.com.br"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://br.linkedin.com/company/larch", "social_network"),
        ("https://lista.mercadolivre.com.br/vidros", "marketplace"),
        ("https://www.amazon.com.mx/larch", "marketplace"),
        ("https://g1.globo.com/economia", "news"),
        ("https://www.reclameaqui.com.br/empresa/larch/", "company_list"),
        ("https://br.indeed.com/cmp/larch", "job_board"),
        ("https://www.prefeitura.sp.gov.br/", "government"),
        ("https://www.gov.br/receitafederal", "government"),
        ("https://www.tjsp.jus.br/", "government"),
        ("https://pt.wikipedia.org/wiki/Vidro", "reference"),
        ("https://www.google.com.br/maps", "platform"),
        ("https://192.0.2.7/", NO_ADDRESS),
        ("", NO_ADDRESS),
        (None, NO_ADDRESS),
    ],
)
def test_what_is_no_company_of_its_own_is_left_out_for_a_reason(url: object, reason: str) -> None:
    taken = found(url)
    assert not taken.domains
    assert dict(taken.left_out) == {reason: 1}


def test_a_company_whose_name_only_begins_like_another_stays() -> None:
    urls = (
        "https://amazonia-vidros.com.br",
        "https://governanca.com.br",
        "https://xing-vidros.com",
        "https://edu.com.br",
    )
    assert len(found(*urls).domains) == 4


def test_the_list_of_exclusions_names_each_once_and_says_why() -> None:
    rows = table("exclusions")
    entries = [entry for row in rows.values() for entry in row["domains"]]
    assert len(set(entries)) == len(entries)
    assert all(row["why"] for row in rows.values())
    for entry in entries:
        if "." in entry.strip(".") and not entry.startswith("."):
            assert registrable_domain(entry) == entry


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=8), st.just("https://larch.com.br")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["organicResults", "url", "title"]), inner, max_size=3),
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4))
def test_any_junk_among_the_pages_is_passed_over(pages: list[object]) -> None:
    taken = Found()
    taken.take(pages, exclusions())
    assert set(taken.domains) <= {"larch.com.br"} or all("." in domain for domain in taken.domains)


def test_a_page_as_it_was_recorded_is_read() -> None:
    if not RECORDED.exists():
        pytest.skip("../shared is not here: no recorded page")
    taken = Found()
    taken.take(json.loads(RECORDED.read_text("utf-8")), exclusions())
    assert not taken.domains
    assert dict(taken.left_out) == {"reference": 1, "platform": 1}
