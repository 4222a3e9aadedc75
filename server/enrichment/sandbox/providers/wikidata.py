"""Wikidata's query service: what its volunteers know of every fourth company, as statements about an item.

It runs no SPARQL. It takes the addresses and the properties that a query names, and answers with the statements of the
items that have one of those addresses as their website: one row each, with `item`, `property`, `value` and `more`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from enrichment.sandbox.wire import Reply, Request, gateway_error, html_reply, json_reply, pause, text_reply
from enrichment.sandbox.world import Company, World
from enrichment.sandbox.world.draw import Draw

_ENTITY, _DIRECT = "http://www.wikidata.org/entity/", "http://www.wikidata.org/prop/direct/"
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
_HEADERS = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*", "Vary": "Accept"}
_SITE = re.compile(r"<https?://(?:www\.)?([a-z0-9.-]+)/?>")
_NAMED = re.compile(r"\b(?:P[0-9]+|rdfs:label)\b")
# Clients that say nothing of who runs them are shut out.
_CONTACT = re.compile(r"https?://|@")
_ACCOUNTS = {"linkedin": "P4264", "instagram": "P2003", "x": "P2002", "facebook": "P2013"}


class _Statement(NamedTuple):
    """A property's value: its language or its datatype, and what qualifies it, with a datatype of its own."""

    name: str
    value: str
    language: str = ""
    datatype: str = ""
    more: tuple[str, str] = ("", "")


class Wikidata:
    """Answers queries; all of them are free."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """The statements asked for about the items with one of the websites asked for."""
        if not _CONTACT.search(request.headers.get("user-agent", "")):
            return self.failed(403)
        query = request.query.get("query", "")
        if request.path != "/sparql" or not query.lstrip().upper().startswith(("SELECT", "PREFIX")):
            return self.failed(400)
        named = set(_NAMED.findall(query))
        sites = dict.fromkeys(_SITE.findall(query))
        rows = [
            _row(item, statement)
            for company in filter(None, map(self._world.company, sites))
            if company.is_known_to("wikidata")
            for item, statement in _statements(company)
            if statement.name in named
        ]
        data = {"head": {"vars": ["item", "property", "value", "more"]}, "results": {"bindings": rows}}
        reply = json_reply(200, data, _HEADERS)
        return Reply(200, reply.body, "application/sparql-results+json;charset=utf-8", reply.headers)

    def throttled(self, retry_after: int | None) -> Reply:
        """Over a minute's seconds of query time: a page of the server's, not of the service's."""
        title = "Error 429 Too Many Requests" + (f" - Please retry in {retry_after} seconds." if retry_after else "")
        page = f"<html><head><title>{title}</title></head><body><h2>HTTP ERROR 429</h2></body></html>"
        return html_reply(429, page, pause(retry_after))

    def failed(self, status: int) -> Reply:
        """A wrong query, a client that was shut out, a query that took too long; else the gateway."""
        words = {
            400: "java.util.concurrent.ExecutionException: org.openrdf.query.MalformedQueryException",
            403: "You have been banned, please respect throttling and retry-after headers.",
            500: "java.util.concurrent.TimeoutException",
        }
        return text_reply(status, words[status]) if status in words else gateway_error(status)


def _row(item: str, statement: _Statement) -> Mapping[str, object]:
    value: dict[str, str] = {"type": "literal", "value": statement.value}
    if statement.language:
        value["xml:lang"] = statement.language
    if statement.datatype:
        value["datatype"] = statement.datatype
    about = _LABEL if statement.name == "rdfs:label" else f"{_DIRECT}{statement.name}"
    row: dict[str, object] = {
        "item": {"type": "uri", "value": f"{_ENTITY}{item}"},
        "property": {"type": "uri", "value": about},
        "value": value,
    }
    qualifier, datatype = statement.more
    return {**row, "more": {"datatype": datatype, "type": "literal", "value": qualifier}} if qualifier else row


def _statements(company: Company) -> Iterator[tuple[str, _Statement]]:
    """Item and statement; every fifth company's shop is an item of its own with the same website."""
    draw = Draw("wikidata", company.domain)
    item = f"Q9{draw.fill('item', '########')}"
    for statement in (*_names(company), *_figures(company, draw), *_contacts(company)):
        yield item, statement
    if company.index % 5 == 4:
        yield f"{item}0", _Statement("rdfs:label", f"{company.facts.name} (online)", "en")
        yield f"{item}0", _Statement("P17", company.country.code)


def _names(company: Company) -> Iterator[_Statement]:
    facts, language = company.told_by("wikidata"), company.language.key
    yield _Statement("rdfs:label", facts.name, "en")
    if language != "en":
        yield _Statement("rdfs:label", facts.name, language)
    yield _Statement("P1448", facts.legal_name, language)
    yield _Statement("P17", company.country.code)
    yield _Statement("P452", company.industry.label.lower(), "en")


def _figures(company: Company, draw: Draw) -> Iterator[_Statement]:
    facts = company.told_by("wikidata")
    # Half of all beginnings are known to the day, the others to the year.
    day, precision = (
        (facts.incorporated_on.isoformat(), "11") if draw.share("day") < 0.5 else (f"{facts.founded_year}-01-01", "9")
    )
    yield _Statement("P571", f"{day}T00:00:00Z", datatype=f"{_XSD}dateTime", more=(precision, f"{_XSD}integer"))
    for year, count in ((2019, max(1, facts.employees // 2)), (2025, facts.employees)):
        when = (f"{year}-01-01T00:00:00Z", f"{_XSD}dateTime")
        yield _Statement("P1128", str(count), datatype=f"{_XSD}decimal", more=when)
    if facts.status == "closed":
        yield _Statement("P576", "2024-01-01T00:00:00Z", datatype=f"{_XSD}dateTime")


def _contacts(company: Company) -> Iterator[_Statement]:
    facts = company.told_by("wikidata")
    yield _Statement("P1329", facts.phone)
    yield _Statement("P159", f"Point({facts.seat.longitude} {facts.seat.latitude})", datatype=_WKT)
    for network, name in _ACCOUNTS.items():
        if network in company.site.networks:
            yield _Statement(name, company.handle)
