"""People Data Labs: the record of a website, for the eight elevenths of the world's companies that it knows.

Shape: api.peopledatalabs.com/v5. Texts are in lower case; limits are told in x-ratelimit-reset as an instant, by the
Date beside it, which here stands still like the world.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from enrichment.sandbox.bill import PEOPLE_DATA_LABS_MATCH
from enrichment.sandbox.wire import Reply, Request, gateway_error, json_reply
from enrichment.sandbox.world import Company, World
from enrichment.sandbox.world.draw import Draw

KEY = "sandbox-people-data-labs"
PATH = "/v5/company/"
_ENRICH = f"{PATH}enrich"
_NOON = datetime.fromisoformat("2026-11-02T12:00:00+00:00")
_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_request_error", "a parameter is missing or wrong"),
    401: ("authentication_error", "the key is missing or wrong"),
    402: ("payment_required", "the quota of matches is used up"),
    404: ("not_found", "nothing matches"),
    405: ("invalid_request_error", "this method is not offered here"),
    429: ("rate_limit_error", "too many requests"),
    500: ("api_error", "the server failed"),
}
_BANDS = ((10, "1-10"), (50, "11-50"), (200, "51-200"), (500, "201-500"), (1_000, "501-1000"))


class PeopleDataLabs:
    """Answers by website; only a match is billed."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A record, or what is wrong with the question."""
        if KEY not in (request.headers.get("x-api-key"), request.query.get("api_key")):
            return self.failed(401)
        if request.path.rstrip("/") != _ENRICH:
            return json_reply(404, {"message": "no Route matched with those values"})
        if request.method != "GET":
            return self.failed(405)
        website, least = request.query.get("website", "").strip(), request.query.get("min_likelihood", "2")
        if not website or not least.isascii() or not least.isdigit() or not 1 <= int(least[:3]) <= 10:
            return self.failed(400)
        domain = website.removeprefix("https://").removeprefix("http://").split("/")[0]
        company = self._world.company(domain)
        if company is None or not company.is_known_to("people_data_labs"):
            return self.failed(404)
        # Some websites were taken over, and lead to the record of another company; it may be less sure of these.
        owner, likelihood = company, 9
        if company.index % 19 == 10:
            owner, likelihood = self._world.at(company.index - 1), 6
        if company.index % 23 == 4:
            likelihood = 4
        if likelihood < int(least):
            return self.failed(404)
        return _reply(200, {"status": 200, "likelihood": likelihood, **_record(owner)}, PEOPLE_DATA_LABS_MATCH)

    def throttled(self, retry_after: int | None) -> Reply:
        """Over the limit of the minute."""
        reset = None if retry_after is None else _NOON + timedelta(seconds=retry_after)
        return json_reply(429, _words(429), _headers(0, "0", reset))

    def failed(self, status: int) -> Reply:
        """Its own words for what it knows, a load balancer's for the rest."""
        return _reply(status, _words(status), 0) if status in _ERRORS else gateway_error(status)


def _words(status: int) -> Mapping[str, object]:
    kind, message = _ERRORS[status]
    return {"status": status, "error": {"type": kind, "message": message}}


def _reply(status: int, data: object, cost_usd_micros: int) -> Reply:
    headers = _headers(999, "1" if cost_usd_micros else "0", _NOON + timedelta(seconds=60))
    reply = json_reply(status, data, headers)
    return Reply(status, reply.body, reply.content_type, reply.headers, cost_usd_micros)


def _headers(left: int, spent: str, reset: datetime | None) -> Mapping[str, str]:
    headers = {
        "Date": f"{_NOON:%a, %d %b %Y %H:%M:%S} GMT",
        "x-ratelimit-limit": json.dumps({"minute": 1_000, "day": None, "month": None}),
        "x-ratelimit-remaining": json.dumps({"minute": left, "day": None, "month": None}),
        "x-call-credits-spent": spent,
        "x-call-credits-type": "company_enrich",
        "x-lifetime-used": "1",
        "x-totallimit-remaining": "999",
        "x-totallimit-purchased-remaining": "999",
        "x-totallimit-overages-remaining": "0",
    }
    return {**headers, "x-ratelimit-reset": f"{reset:%Y-%m-%dT%H:%M:%SZ}"} if reset else headers


def _record(company: Company) -> Mapping[str, object]:
    facts, draw = company.told_by("people_data_labs"), Draw("people_data_labs", company.domain)
    networks, code = company.site.networks, company.industry.naics[0]
    return {
        "id": draw.hex("id", 28),
        "name": facts.name.lower(),
        "display_name": facts.name,
        "size": next(name for most, name in _BANDS if facts.employees <= most),
        # Counted from profiles of people, of whom not all have one: mostly too few.
        "employee_count": max(1, facts.employees * draw.pick("employees", (1, 2, 3, 6)) // 6),
        "linkedin_follower_count": draw.between("followers", 10, 9_000),
        # Some call the year of their first website that of their founding.
        "founded": facts.founded_year + draw.pick("founded", (0, 0, 0, 5)),
        "inferred_revenue": None,
        "industry": company.industry.label.lower(),
        "industry_v2": company.industry.label.lower(),
        "naics": [{"naics_code": code, "sector": None, "sub_sector": None}],
        "sic": None,
        "location": _location(company),
        "website": company.domain,
        "linkedin_url": f"linkedin.com/company/{company.handle}" if "linkedin" in networks else None,
        "facebook_url": f"facebook.com/{company.handle}" if "facebook" in networks else None,
        "twitter_url": f"twitter.com/{company.handle}" if "x" in networks else None,
        "summary": f"{facts.name} offers {company.trade.what} to {company.trade.whom}.",
        "headline": None,
        "type": "private",
        "ticker": None,
    }


def _location(company: Company) -> Mapping[str, object]:
    seat, country = company.told_by("people_data_labs").seat, company.country.name.lower()
    city, region = seat.city.name.lower(), seat.city.region.lower()
    return {
        "name": f"{city}, {region}, {country}",
        "locality": city,
        "region": region,
        "metro": None,
        "country": country,
        "continent": None,
        "street_address": seat.street.lower(),
        "address_line_2": None,
        "postal_code": seat.postal_code.lower(),
        "geo": f"{seat.city.latitude:.2f},{seat.city.longitude:.2f}",
    }
