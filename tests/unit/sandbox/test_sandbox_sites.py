"""The websites: each template as it is meant, each bad habit as real sites have it."""

import gzip
import json
import re
from collections.abc import Callable

import pytest
from selectolax.lexbor import LexborHTMLParser

from enrichment.sandbox import Company, World
from enrichment.sandbox.sites.prose import prose
from enrichment.sandbox.sites.site import Sites
from enrichment.sandbox.wire import Reply, Request
from enrichment.sandbox.world.numbers import dotted
from enrichment.sandbox.world.web import TEMPLATES

WORLD = World(1670)
SITES = Sites(WORLD)
# What is shaped like a CPF, the number of a natural person: 123.456.789-01, or its digits alone.
CPF = re.compile(r"\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)|(?<![\d.+/])\d{11}(?!\d)")


def get(company: Company, path: str = "/", host: str = "", **headers: str) -> Reply:
    """The answer after the redirects that the site wants."""
    request = Request(
        path, host=host or f"www.{company.domain}", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    reply = SITES.answer(request)
    return get(company, reply.headers["Location"]) if reply.status == 302 else reply


def text(reply: Reply, company: Company) -> str:
    return reply.body.decode(company.site.charset)


def first(template: str, fits: Callable[[Company], bool] = lambda _: True) -> tuple[Company, str]:
    """A company whose site is built with this template and can be read, and its home page."""
    for index in range(400):
        company = WORLD.at(index)
        if company.site.template == template and company.site.state == "up" and fits(company):
            return company, text(get(company), company)
    raise AssertionError(template)


def blocks(html: str) -> list[str]:
    return [node.text() for node in LexborHTMLParser(html).css('script[type="application/ld+json"]')]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_says_what_the_company_does(template: str) -> None:
    company, html = first(template)
    words = prose(company)
    shown = LexborHTMLParser(html).body
    assert shown is not None
    for sentence in (words.offer, words.clients, words.model):
        assert sentence in shown.text()


def test_json_ld_holds_the_organisation_with_all_its_facts() -> None:
    company, html = first("json_ld", lambda one: one.country.code == "BR")
    (node,) = map(json.loads, blocks(html))
    facts = company.told_by("website")
    assert (node["@type"], node["name"], node["legalName"]) == ("Organization", facts.name, facts.legal_name)
    assert node["taxID"] == dotted(facts.number)
    assert node["address"]["postalCode"] == facts.seat.postal_code
    assert node["email"] == facts.email


def test_a_graph_holds_the_organisation_among_others() -> None:
    company, html = first("graph")
    (node,) = map(json.loads, blocks(html))
    own = [one for one in node["@graph"] if "Organization" in one["@type"]]
    assert [one["name"] for one in own] == [company.told_by("website").name]


def test_microdata_names_address_and_telephone() -> None:
    company, html = first("microdata")
    tree = LexborHTMLParser(html)
    values = {node.attributes["itemprop"]: node.text() for node in tree.css("span[itemprop]")}
    assert values["streetAddress"] == company.told_by("website").seat.street
    assert not blocks(html)


def test_open_graph_is_all_there_is() -> None:
    company, html = first("open_graph")
    named = LexborHTMLParser(html).css_first('meta[property="og:site_name"]')
    assert named is not None
    assert named.attributes["content"] == company.told_by("website").name
    assert not blocks(html)


def test_a_plain_page_has_title_and_description() -> None:
    company, html = first("plain")
    tree = LexborHTMLParser(html)
    title = tree.css_first("title")
    assert title is not None
    assert title.text() == company.told_by("website").name
    assert tree.css_first('meta[name="description"]') is not None
    assert tree.css_first("[property]") is None


def test_only_the_footer_names_the_number() -> None:
    company, html = first("footer_only", lambda one: one.country.code == "BR")
    footer = LexborHTMLParser(html).css_first("footer")
    assert footer is not None
    written = footer.text()
    found = re.search(r"CNPJ[^0-9]*([0-9A-Z./-]{16,18})", written)
    assert found is not None
    assert re.sub(r"[./-]", "", found[1]).rstrip(".") == company.told_by("website").number


def test_broken_json_ld_is_json_for_those_who_forgive() -> None:
    company, html = first("broken_json_ld")
    (block,) = blocks(html)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(block)
    inside = block.strip().removeprefix("<!--").removesuffix("-->")
    with pytest.raises(ValueError, match="control character"):
        json.loads(inside)
    assert json.loads(inside, strict=False)["name"] == company.told_by("website").name


def test_a_logo_without_a_host_and_a_list_within_a_list() -> None:
    _, html = first("relative_logo")
    (node,) = map(json.loads, blocks(html))
    assert node["logo"] == "/assets/logo.svg"
    assert node["contactPoint"][0][0]["@type"] == "ContactPoint"


def test_two_organisations_tell_half_each() -> None:
    _, html = first("two_organizations")
    one, other = map(json.loads, blocks(html))
    assert "logo" in one
    assert "logo" not in other
    assert "address" in other


def test_what_a_script_writes_is_not_in_the_page() -> None:
    company, html = first("script_injected")
    assert not blocks(html)
    assert company.told_by("website").email in html


def test_a_bare_page_has_no_metadata_at_all() -> None:
    _, html = first("bare")
    assert LexborHTMLParser(html).css("title, meta, script") == []


@pytest.mark.parametrize("company", WORLD.companies, ids=lambda company: company.domain)
def test_no_page_of_any_site_holds_what_is_shaped_like_a_cpf(company: Company) -> None:
    pages = company.language.pages
    for path in ("/", pages["about"], pages["contact"], "/robots.txt"):
        assert not CPF.search(get(company, path).body.decode(company.site.charset))


def test_a_site_behind_www_sends_everybody_there() -> None:
    for company in (one for one in WORLD.companies if one.site.redirect == "www" and one.site.state == "up"):
        reply = get(company, "/robots.txt", host=company.domain)
        assert reply.status in (301, 308)
        assert reply.headers["Location"] == f"https://www.{company.domain}/robots.txt"


def test_a_site_with_languages_sends_the_visitor_to_one() -> None:
    company = next(one for one in WORLD.companies if one.site.redirect == "path" and one.site.state == "up")
    reply = SITES.answer(Request("/", host=company.domain))
    assert (reply.status, reply.headers["Location"]) == (302, f"/{company.language.key}/")
    assert SITES.answer(Request(reply.headers["Location"], host=company.domain)).status == 200


@pytest.mark.parametrize(("state", "status"), [("down", 503), ("broken", 500)])
def test_a_site_that_is_not_well_answers_every_path_alike(state: str, status: int) -> None:
    company = next(one for one in WORLD.companies if one.site.state == state)
    assert {get(company, path).status for path in ("/", "/robots.txt", "/x")} == {status}


@pytest.mark.parametrize(
    ("robots", "status", "line"),
    [
        ("allow", 200, "Disallow: /admin/\n"),
        ("disallow", 200, "Disallow: /\n"),
        ("missing", 404, ""),
        ("broken", 503, ""),
    ],
)
def test_robots_txt_allows_forbids_is_missing_or_fails(robots: str, status: int, line: str) -> None:
    company = next(one for one in WORLD.companies if one.site.robots == robots and one.site.state == "up")
    reply = get(company, "/robots.txt", accept_encoding="identity")
    assert reply.status == status
    assert line in reply.body.decode()


def test_a_latin_site_says_so_in_the_header_or_in_the_page() -> None:
    latin = [one for one in WORLD.companies if one.site.charset == "iso-8859-1" and one.site.state == "up"]
    kinds = {get(one).content_type for one in latin}
    assert kinds == {"text/html", "text/html; charset=iso-8859-1"}
    for company in latin:
        assert prose(company).offer in LexborHTMLParser(text(get(company), company)).text()


def test_a_compressed_site_compresses_for_those_who_understand_it() -> None:
    company = next(one for one in WORLD.companies if one.site.is_gzipped and one.site.state == "up")
    plain, packed = get(company), get(company, accept_encoding="gzip, deflate")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed == get(company, accept_encoding="gzip, deflate")


def test_some_sites_have_pages_about_them_and_how_to_reach_them() -> None:
    company = next(one for one in WORLD.companies if one.country.code == "DE" and one.site.state == "up")
    assert str(company.told_by("website").founded_year) in get(company, "/ueber-uns").body.decode()
    imprint = get(company, "/impressum").body.decode()
    assert company.told_by("website").email in imprint
    assert "USt-IdNr. DE" in imprint
    assert get(company, "/no-such-page").status == 404
    assert get(company, "/assets/logo.svg").content_type == "image/svg+xml"


def test_a_platform_leaves_its_traces() -> None:
    company = next(one for one in WORLD.companies if one.site.platform == "WordPress" and one.site.template == "graph")
    reply = get(company)
    assert reply.headers["X-Powered-By"].startswith("PHP/")
    assert "WordPress" in text(reply, company)


def test_a_host_that_is_nobodys_is_a_page_not_found() -> None:
    assert SITES.answer(Request("/", host="nobody-at-all.com.br:8080")).status == 404
