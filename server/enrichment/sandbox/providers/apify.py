"""Apify: runs of the actor for Google's results, paid by the page, with companies of the world among other results.

Shape: Apify's API v2, and the items that google-search-scraper writes in 2026. A run gets on each time it is looked at:
half of its pages are there at the first look, and all at the second.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from enrichment.sandbox.bill import APIFY_PAGE
from enrichment.sandbox.providers.search_results import page_of_results
from enrichment.sandbox.wire import Reply, Request, gateway_error, json_reply, pause
from enrichment.sandbox.world import World
from enrichment.sandbox.world.draw import Draw

KEY = "sandbox-apify"
# The documentation says "acts", today's client "actors".
PATHS = ("/v2/acts/", "/v2/actors/", "/v2/actor-runs/", "/v2/datasets/", "/v2/key-value-stores/")
ACTOR = "apify~google-search-scraper"
# A run that may cost less is refused.
_LEAST = Decimal("0.50")
_MOST_PAGES = 100_000
_ROUTE = re.compile(r"/v2/(acts|actors|actor-runs|datasets|key-value-stores)/([^/]+)(?:/([a-z]+)(?:/INPUT)?)?")
_WHEN = "2026-11-02T08:00:00.000Z"
_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("invalid-input", "Input is not valid"),
    401: ("user-or-token-not-found", "User was not found or authentication token is not valid"),
    402: ("not-enough-usage-to-run-paid-actor", "By launching this job you will exceed your remaining usage"),
    403: ("insufficient-permissions", "Insufficient permissions for the requested operation"),
    404: ("record-not-found", "The requested record was not found"),
    408: ("run-timeout-exceeded", "Actor run exceeded the timeout for this API endpoint"),
    409: ("conflict", "The request conflicts with another one"),
    429: ("rate-limit-exceeded", "You have exceeded the rate limit of requests per second"),
}


@dataclass(slots=True)
class _Run:
    """One run: what it was told, how many pages it will write, how many it has written."""

    id: str
    given: Mapping[str, Any]
    terms: tuple[str, ...]
    pages_per_query: int
    pages: int
    limit_usd: float
    status: str = "READY"
    written: int = 0

    def get_on(self) -> int:
        """One step further; answers with what that costs."""
        if self.status not in ("READY", "RUNNING"):
            return 0
        before, self.written = self.written, self.pages if self.status == "RUNNING" else self.pages // 2
        self.status = "SUCCEEDED" if self.status == "RUNNING" else "RUNNING"
        return (self.written - before) * APIFY_PAGE


class Apify:
    """Keeps the runs that were started, for as long as the sandbox runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runs: dict[str, _Run] = {}

    def answer(self, request: Request) -> Reply:
        """A run begun, looked at or aborted; its input; its items."""
        if KEY not in (request.headers.get("authorization", "").removeprefix("Bearer "), request.query.get("token")):
            return self.failed(401)
        route = _ROUTE.fullmatch(request.path)
        what = (request.method, route[1], route[3] or "") if route else ("", "", "")
        name = route[2] if route else ""
        if what[1] in ("acts", "actors"):
            return self._of_actor(request, what, name)
        run = self._runs.get(name.removeprefix("dataset-").removeprefix("store-"))
        if run is None:
            return self.failed(404)
        match what:
            case "GET", "actor-runs", "":
                return self._looked_at(run)
            case "POST", "actor-runs", "abort":
                run.status = run.status if run.status == "SUCCEEDED" else "ABORTED"
                return json_reply(200, {"data": _shown(run)})
            case "GET", "datasets", "items":
                return self._items(run, request.query)
            case "GET", "key-value-stores", "records":
                return json_reply(200, run.given)
            case _:
                return self.failed(404)

    def throttled(self, retry_after: int | None) -> Reply:
        """More than some requests a second."""
        reply = self.failed(429)
        return json_reply(429, json.loads(reply.body), pause(retry_after))

    def failed(self, status: int) -> Reply:
        """Its own envelope for what it refuses, a load balancer's page for the rest."""
        return _error(status, *_ERRORS[status]) if status in _ERRORS else gateway_error(status)

    def _of_actor(self, request: Request, what: tuple[str, str, str], actor: str) -> Reply:
        match what:
            case "POST", _, "runs" if actor == ACTOR:
                return self._begun(request)
            case "GET", _, "runs" if actor == ACTOR:
                items = [_listed(run) for run in reversed(self._runs.values())]
                page = {"total": len(items), "offset": 0, "limit": 1000, "desc": True, "count": len(items)}
                return json_reply(200, {"data": {**page, "items": items}})
            case _:
                return self.failed(404)

    def _begun(self, request: Request) -> Reply:
        try:
            given = cast("dict[str, Any]", json.loads(request.body))
            terms = tuple(line.strip() for line in str(given["queries"]).splitlines() if line.strip())
            pages_per_query = max(1, int(given.get("maxPagesPerQuery", 1)))
            limit = Decimal(request.query.get("maxTotalChargeUsd", "1000"))
            pages = min(len(terms) * pages_per_query, int(limit * 1_000_000) // APIFY_PAGE, _MOST_PAGES)
        except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation, OverflowError, RecursionError):
            return self.failed(400)
        if not terms:
            return _error(400, "invalid-input", "Input is not valid: Field input.queries is required")
        if limit < _LEAST:
            words = "Maximum cost per run is less than the allowed minimum of $0.50"
            return _error(400, "max-total-charge-usd-below-minimum", words)
        identity = Draw(self._world.seed, "run").hex(str(len(self._runs)), 17)
        run = _Run(identity, given, terms, pages_per_query, pages, float(limit))
        self._runs[identity] = run
        return json_reply(201, {"data": _shown(run)})

    def _looked_at(self, run: _Run) -> Reply:
        cost = run.get_on()
        reply = json_reply(200, {"data": _shown(run)})
        return Reply(reply.status, reply.body, reply.content_type, cost_usd_micros=cost)

    def _items(self, run: _Run, query: Mapping[str, str]) -> Reply:
        try:
            offset, limit = max(0, int(query.get("offset", "0"))), max(0, int(query.get("limit", "1000")))
        except ValueError:
            return self.failed(400)
        numbers = range(run.written)[offset : offset + limit]
        fields = [name for name in query.get("fields", "").split(",") if name]
        items = [_picked(self._item(run, number), fields) for number in numbers]
        figures = {"Total": run.written, "Offset": offset, "Count": len(items), "Limit": limit, "Desc": "false"}
        headers = {f"X-Apify-Pagination-{name}": str(value) for name, value in figures.items()}
        return json_reply(200, items, headers)

    def _item(self, run: _Run, number: int) -> Mapping[str, Any]:
        query, page = divmod(number, run.pages_per_query)
        return page_of_results(self._world, run.terms[query], page + 1, str(run.given.get("countryCode", "")).upper())


def _error(status: int, kind: str, message: str) -> Reply:
    return json_reply(status, {"error": {"type": kind, "message": message}})


def _picked(item: Mapping[str, Any], fields: Iterable[str]) -> Mapping[str, Any]:
    return {name: item[name] for name in fields if name in item} or item


def _listed(run: _Run) -> dict[str, Any]:
    is_over = run.status not in ("READY", "RUNNING")
    return {
        "id": run.id,
        "actId": "sandboxActor00001",
        "userId": "sandboxUser000001",
        "startedAt": _WHEN,
        "finishedAt": _WHEN if is_over else None,
        "status": run.status,
        "meta": {"origin": "API"},
        "buildId": "sandboxBuild00001",
        "usageTotalUsd": run.written * APIFY_PAGE / 1_000_000,
        "defaultKeyValueStoreId": f"store-{run.id}",
        "defaultDatasetId": f"dataset-{run.id}",
        "defaultRequestQueueId": f"queue-{run.id}",
    }


def _shown(run: _Run) -> dict[str, Any]:
    options = {"build": "latest", "timeoutSecs": 7200, "memoryMbytes": 1024, "diskMbytes": 2048}
    return {
        **_listed(run),
        "statusMessage": f"Scraped {run.written} of {run.pages} pages",
        "stats": {"restartCount": 0, "resurrectCount": 0, "computeUnits": 0},
        "options": {**options, "maxTotalChargeUsd": run.limit_usd},
        "chargedEventCounts": {"search-page-scraped": run.written},
        "generalAccess": "RESTRICTED",
    }
