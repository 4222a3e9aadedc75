"""OpenCorporates v0.4: company search by name, with neighbours that are not the company asked about.

Shape: api.opencorporates.com 0.4.8; the error envelope and the empty page are as clients report them.
"""

from collections.abc import Mapping

from enrichment.sandbox.bill import OPENCORPORATES_CALL
from enrichment.sandbox.wire import Reply, Request, gateway_error, html_reply, json_reply, pause
from enrichment.sandbox.world import Company, Facts, World
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.names import plain

KEY = "sandbox-opencorporates"
_BLOCKED = (
    "<p>Requests from this address to OpenCorporates come at a higher than expected rate. "
    '<a href="https://knowledge.opencorporates.com/">Contact us</a> about access at scale.</p>'
)


class OpenCorporates:
    """Answers a search for the companies of the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A page of companies; found or not, it is a call."""
        if request.query.get("api_token") != KEY:
            return _error(401, "Invalid Api Token")
        if request.path.rstrip("/") != "/v0.4/companies/search":
            return _error(404, "Not found")
        if not (name := request.query.get("q", "").strip()):
            return _error(400, "A query is needed: q")
        try:
            page, per_page = (int(request.query.get(key, text)) for key, text in (("page", "1"), ("per_page", "30")))
        except ValueError:
            return _error(400, "page and per_page are numbers")
        rows = self._rows(name, request.query)
        return _page(rows, max(1, page), min(100, max(1, per_page)))

    def throttled(self, retry_after: int | None) -> Reply:
        """Too many requests are forbidden, in a page and not in JSON."""
        return html_reply(403, _BLOCKED, pause(retry_after))

    def failed(self, status: int) -> Reply:
        """Its own words for a refused key or request, a load balancer's for the rest."""
        words = {400: "Bad request", 401: "Invalid Api Token", 403: "Usage limit exceeded", 404: "Not found"}
        return _error(status, words[status]) if status in words else gateway_error(status)

    def _rows(self, name: str, query: Mapping[str, str]) -> list[Mapping[str, object]]:
        wanted, country = query.get("jurisdiction_code", "").lower(), query.get("country_code", "").lower()
        rows: list[Mapping[str, object]] = []
        for company in self._world.named(name):
            # By the name the register holds, which a renamed company no longer bears.
            if company.is_known_to("opencorporates") and plain(company.told_by("opencorporates").name) in plain(name):
                own, other = _record(company), _namesake(company)
                rows += [other, own] if company.index % 3 == 2 else [own, other]
        return [
            row
            for row in rows
            if wanted in ("", row["jurisdiction_code"])
            and country in ("", str(row["jurisdiction_code"])[:2])
            and (query.get("inactive") != "false" or not row["inactive"])
        ]


def _error(status: int, message: str) -> Reply:
    return json_reply(status, {"error": {"message": message}})


def _page(rows: list[Mapping[str, object]], page: int, per_page: int) -> Reply:
    shown = rows[(page - 1) * per_page : page * per_page]
    results = {
        "companies": [{"company": row} for row in shown],
        "page": page,
        "per_page": per_page,
        "total_pages": -(-len(rows) // per_page),
        "total_count": len(rows),
    }
    reply = json_reply(200, {"api_version": "0.4.8", "results": results})
    return Reply(reply.status, reply.body, reply.content_type, cost_usd_micros=OPENCORPORATES_CALL)


def _record(company: Company) -> Mapping[str, object]:
    facts = company.told_by("opencorporates")
    is_active = facts.status == "active"
    return {
        **_identity(facts.legal_name, facts.number, company.jurisdiction),
        "incorporation_date": f"{facts.incorporated_on:%Y-%m-%d}",
        "dissolution_date": None if is_active else "2024-06-28",
        "company_type": facts.legal_form.split(" - ")[-1],
        "inactive": not is_active,
        "current_status": Draw("status", company.domain).pick("words", _STATUSES) if is_active else "Dissolved",
        "previous_names": [],
        "registered_address": _address(company, facts),
        "registered_address_in_full": facts.seat.formatted.replace(", ", "\n"),
        "industry_codes": [{"industry_code": _activity(company)}],
    }


# Free text, and often nothing at all.
_STATUSES = ("Active", "Active/Compliance", "In Existence", None)


def _namesake(company: Company) -> Mapping[str, object]:
    """A company of nearly the same name, somewhere else and long gone."""
    draw = Draw("namesake", company.domain)
    jurisdiction = draw.pick("jurisdiction", ("us_nv", "nz", "ie", "au", "sg"))
    return {
        **_identity(f"{company.facts.name} Holdings Limited", draw.fill("number", "99#####"), jurisdiction),
        "incorporation_date": f"{draw.between('year', 1985, 2005)}-03-14",
        "dissolution_date": "2012-09-30",
        "company_type": "Private Limited Company",
        "inactive": True,
        "current_status": "Struck off",
        "previous_names": [],
        "registered_address": None,
        "registered_address_in_full": None,
        "industry_codes": [],
    }


def _identity(name: str, number: str, jurisdiction: str) -> Mapping[str, object]:
    when = "2026-10-12T08:32:00+00:00"
    registry = f"https://registry.sandbox.invalid/{jurisdiction}/{number}"
    return {
        "name": name.upper() if jurisdiction in ("br", "gb") else name,
        "company_number": number,
        "native_company_number": None,
        "jurisdiction_code": jurisdiction,
        "registry_url": registry,
        "branch": None,
        "branch_status": None,
        "created_at": "2015-05-31T03:38:17+00:00",
        "updated_at": when,
        "retrieved_at": when,
        "opencorporates_url": f"https://opencorporates.com/companies/{jurisdiction}/{number.replace(' ', '_')}",
        "source": {"publisher": f"Company register ({jurisdiction})", "url": registry, "retrieved_at": when},
    }


def _address(company: Company, facts: Facts) -> Mapping[str, object]:
    return {
        "street_address": facts.seat.street,
        "locality": facts.seat.city.name,
        "region": facts.seat.city.region,
        "postal_code": facts.seat.postal_code,
        "country": company.country.name,
    }


def _activity(company: Company) -> Mapping[str, str]:
    if company.country.code in ("US", "CA", "MX"):
        scheme, name, (code, label) = "us_naics_2022", "North American Industry Classification", company.industry.naics
    elif company.country.code == "BR":
        scheme, name, (code, label) = "br_cnae_2.3", "Classificação Nacional de Atividades", company.industry.cnae
    else:
        scheme, name, (code, label) = "eu_nace_2", "European Community NACE Rev 2", company.industry.nace
    return {
        "code": code,
        "description": label,
        "code_scheme_id": scheme,
        "code_scheme_name": name,
    }
