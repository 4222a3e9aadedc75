"""Clearbit: the record of a domain, for the three fifths of the world's companies that it knows.

Shape: company.clearbit.com/v2 in its version of 2019-12-19. There is no Retry-After: limits are told in
x-ratelimit-reset, in seconds since the epoch by the Date beside it, which here stands still like the world.
"""

import base64
from collections.abc import Mapping
from datetime import datetime

from enrichment.sandbox.bill import CLEARBIT_CALL
from enrichment.sandbox.wire import Reply, Request, gateway_error, json_reply
from enrichment.sandbox.world import Company, World
from enrichment.sandbox.world.draw import Draw

KEY = "sandbox-clearbit"
PATH = "/v2/companies/"
_FIND = f"{PATH}find"
_NOON = datetime.fromisoformat("2026-11-02T12:00:00+00:00")
_ERRORS: Mapping[int, tuple[str, str]] = {
    401: ("invalid_api_key", "the key is not known"),
    402: ("over_quota", "the quota is used up"),
    404: ("unknown_route", "there is no such path"),
    422: ("params_invalid", "A domain is needed."),
    429: ("rate_limit", "Too many requests"),
}
_BANDS = ((10, "1-10"), (50, "11-50"), (250, "51-250"), (1_000, "251-1K"), (5_000, "1K-5K"))
# The years in which records were last looked at; the service has lived from what it had since.
_INDEXED = ("2021-03-08", "2022-11-30", "2023-12-19", "2025-06-02")


class Clearbit:
    """Answers by domain; a record that is found, queued or unknown is a call, a refusal is none."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A record, a place in the queue, or what is wrong with the question."""
        if not (given := request.headers.get("authorization", "")):
            message = "a key is needed"
            return _error(401, "auth_required", message)
        if given not in _ACCEPTED:
            return self.failed(401)
        if request.path.rstrip("/") != _FIND or request.method != "GET":
            return self.failed(404)
        if not (domain := request.query.get("domain", "").strip()):
            return self.failed(422)
        company = self._world.company(domain)
        if company is None or not company.is_known_to("clearbit"):
            return _reply(404, {"error": {"type": "unknown_record"}}, CLEARBIT_CALL)
        if company.index % 13 == 9:
            # It has heard of it, and looks it up now.
            return _reply(202, {"error": {"type": "queued"}}, CLEARBIT_CALL)
        # The group's record stands in the place of some subsidiaries'.
        owner = self._world.at(company.index - 1) if company.index % 17 == 12 else company
        return _reply(200, _record(owner), CLEARBIT_CALL)

    def throttled(self, retry_after: int | None) -> Reply:
        """Over 600 in a minute."""
        reset = {} if retry_after is None else {"x-ratelimit-reset": str(int(_NOON.timestamp()) + retry_after)}
        return json_reply(429, _words(429), {**_HEADERS, "x-ratelimit-remaining": "0", **reset})

    def failed(self, status: int) -> Reply:
        """Its own words for a refused key, an empty account or a wrong question, a load balancer's for the rest."""
        return _error(status, *_ERRORS[status]) if status in _ERRORS else gateway_error(status)


# The key as the user of HTTP's own login, without a password, or as a token.
_ACCEPTED = (f"Bearer {KEY}", f"Basic {base64.b64encode(f'{KEY}:'.encode()).decode()}")
_HEADERS = {"Date": f"{_NOON:%a, %d %b %Y %H:%M:%S} GMT", "x-api-version": "2019-12-19", "x-ratelimit-limit": "600"}


def _words(status: int) -> Mapping[str, object]:
    kind, message = _ERRORS[status]
    return {"error": {"type": kind, "message": message}}


def _error(status: int, kind: str, message: str) -> Reply:
    return _reply(status, {"error": {"type": kind, "message": message}}, 0)


def _reply(status: int, data: object, cost_usd_micros: int) -> Reply:
    left = {"x-ratelimit-remaining": "599", "x-ratelimit-reset": str(int(_NOON.timestamp()) + 60)}
    reply = json_reply(status, data, {**_HEADERS, **left})
    return Reply(status, reply.body, reply.content_type, reply.headers, cost_usd_micros)


def _record(company: Company) -> Mapping[str, object]:
    facts, draw = company.told_by("clearbit"), Draw("clearbit", company.domain)
    # It was last counted some time ago, and companies grow.
    employees = max(1, round(facts.employees * draw.pick("employees", (0.6, 0.8, 1.0, 1.0))))
    return {
        "id": str(draw.hex("id", 32)),
        "name": facts.name,
        # Of every fourth it knows the brand alone.
        "legalName": facts.legal_name if draw.share("legal name") < 0.75 else None,
        "domain": company.domain,
        "domainAliases": [f"{company.handle}-group.example"],
        "site": {"phoneNumbers": [facts.phone], "emailAddresses": [facts.email]},
        "category": _category(company),
        "tags": [company.industry.label, "B2B"],
        "description": f"{facts.name} offers {company.trade.what} to {company.trade.whom}."[:255],
        # Some call the year of their first website that of their founding.
        "foundedYear": facts.founded_year + draw.pick("founded", (0, 0, 0, 0, 3)),
        "location": facts.seat.formatted,
        "timeZone": None,
        "utcOffset": None,
        "geo": _geo(company),
        "logo": f"https://logo.clearbit.com/{company.domain}",
        **_accounts(company),
        "emailProvider": False,
        "type": "private",
        "ticker": None,
        "identifiers": {"usEIN": None, "usCIK": None},
        "phone": facts.phone,
        "metrics": _metrics(employees),
        "indexedAt": f"{draw.pick('indexed', _INDEXED)}T04:21:11.456Z",
        "tech": [_slug(name) for name in (company.site.platform, *company.site.services) if name],
        "techCategories": ["web_servers"],
        "parent": {"domain": None},
        "ultimateParent": {"domain": None},
    }


def _slug(name: str) -> str:
    return name.lower().replace(" ", "_")


def _category(company: Company) -> Mapping[str, object]:
    naics, label = company.industry.naics
    return {
        "sector": None,
        "industryGroup": None,
        "industry": company.industry.label,
        "subIndustry": label,
        "gicsCode": None,
        "sicCode": None,
        "sic4Codes": [],
        "naicsCode": naics[:2],
        "naics6Codes": [naics],
        "naics6Codes2022": [naics],
    }


def _geo(company: Company) -> Mapping[str, object]:
    seat = company.told_by("clearbit").seat
    return {
        "streetNumber": seat.number,
        "streetName": seat.street_name,
        "subPremise": None,
        "streetAddress": seat.street,
        "city": seat.city.name,
        "postalCode": seat.postal_code,
        "state": seat.city.region,
        "stateCode": seat.city.region_code,
        "country": company.country.name,
        "countryCode": company.country.code,
        "lat": seat.latitude,
        "lng": seat.longitude,
    }


def _accounts(company: Company) -> Mapping[str, object]:
    networks = company.site.networks
    unread = dict.fromkeys(("id", "bio", "followers", "following", "location", "site", "avatar"))
    return {
        "facebook": {"handle": company.handle if "facebook" in networks else None, "likes": None},
        "linkedin": {"handle": f"company/{company.handle}" if "linkedin" in networks else None},
        "twitter": {"handle": company.handle if "x" in networks else None, **unread},
        "crunchbase": {"handle": None},
    }


def _metrics(employees: int) -> Mapping[str, object]:
    unknown = ("alexaUsRank", "alexaGlobalRank", "marketCap", "raised", "annualRevenue", "fiscalYearEnd")
    return {
        **dict.fromkeys(unknown),
        "trafficRank": "low",
        "employees": employees,
        "employeesRange": next(name for most, name in _BANDS if employees <= most),
        "estimatedAnnualRevenue": None,
    }
