"""Google's results by Apify's actor, through its official client.

The client tries again by itself what it asks and costs nothing; to start a run it tries once, because a second run is
paid as well. It sends no telemetry; its User-Agent tells its own version and that of Python.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import impit
from apify_client import ApifyClientAsync
from apify_client.errors import ApifyApiError, ApifyClientError

from enrichment.domain.harvest import Harvest, SearchFailed, SearchRun
from enrichment.domain.money import dollars

ACTOR = "apify/google-search-scraper"
# READY, RUNNING, TIMING-OUT and ABORTING go on.
OVER = frozenset({"SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED"})
# Some thousand pages take minutes; a run without an end would cost without one.
RUN_TIMEOUT = timedelta(hours=2)
READ_RETRIES = 3
ITEMS_AT_ONCE = 500
# A clock of ours that is ahead of theirs.
CLOCKS_DIFFER = timedelta(minutes=5)
_TROUBLE = (ApifyClientError, impit.HTTPError, ValueError, KeyError, TimeoutError)
_REFUSALS = {
    "not-enough-usage-to-run-paid-actor": (
        "the account has too little left to spend this month: raise its limit at Apify, or harvest less"
    ),
    "actor-memory-limit-exceeded": "other runs of the account take up its memory: run this again when they have ended",
    "concurrent-runs-limit-exceeded": "the account has as many runs as it may: run this again when one has ended",
    "run-timeout-exceeded": "the run took longer than the call may: run this again, and it is looked for",
}
_STATUSES = {
    401: "it does not know this token: set IMENSIAH_HARVEST__API_KEY to one from console.apify.com, Settings, API",
    403: "this token may not do that: it needs the right to run actors and to read their results",
    404: "it does not know that: an actor that is gone, or a run that is no longer kept",
    429: "it is asked too often by this account: run this again in a minute",
}


class Apify:
    """Runs and reads the actor. `base_url` without a path."""

    def __init__(self, token: str, base_url: str) -> None:
        self._payer = ApifyClientAsync(token, api_url=base_url, max_retries=0)
        self._reader = ApifyClientAsync(token, api_url=base_url, max_retries=READ_RETRIES)

    async def start(self, harvest: Harvest) -> SearchRun:
        """Begins a run that Apify itself ends at the limit of money."""
        limit = Decimal(harvest.run_limit_usd_micros) / 1_000_000
        try:
            run = await self._payer.actor(ACTOR).start(
                run_input=run_input(harvest), max_total_charge_usd=limit, run_timeout=RUN_TIMEOUT
            )
        except _TROUBLE as error:
            what = f"Apify was asked to run {ACTOR} for at most {dollars(harvest.run_limit_usd_micros)}"
            raise _failed(error, what) from None
        return _read(run)

    async def begun(self, harvest: Harvest) -> SearchRun | None:
        """The run that was begun with the harvest's input since the harvest began."""
        since, asked = datetime.fromtimestamp(harvest.started_at, UTC) - CLOCKS_DIFFER, run_input(harvest)["queries"]
        try:
            runs = await self._reader.actor(ACTOR).runs().list(started_after=since, desc=True, limit=100)
            for run in runs.items:
                if await self._queries_of(run.default_key_value_store_id) == asked:
                    return await self.look(run.id)
        except _TROUBLE as error:
            raise _failed(error, "Apify was asked whether the run has begun") from None
        return None

    async def _queries_of(self, store_id: str) -> object:
        store: Any = self._reader.key_value_store(store_id)  # what it reads has no type
        record = await store.get_record("INPUT")
        given = record["value"] if record else None
        return cast("dict[str, object]", given).get("queries") if isinstance(given, dict) else None

    async def look(self, run_id: str) -> SearchRun | None:
        """How the run stands; None where it was deleted."""
        try:
            run = await self._reader.run(run_id).get()
        except _TROUBLE as error:
            raise _failed(error, f"Apify was asked how run {run_id} stands") from None
        return _read(run) if run else None

    async def abort(self, run_id: str) -> None:
        """Ends the run."""
        try:
            await self._reader.run(run_id).abort()
        except _TROUBLE as error:
            raise _failed(error, f"Apify was asked to abort run {run_id}") from None

    async def pages(self, dataset_id: str) -> AsyncIterator[Sequence[object]]:
        """The pages of results, without what is not read of them."""
        offset, dataset = 0, self._reader.dataset(dataset_id)
        while True:
            try:
                page = await dataset.list_items(offset=offset, limit=ITEMS_AT_ONCE, fields=["organicResults"])
            except _TROUBLE as error:
                raise _failed(error, f"Apify was asked for results from number {offset + 1}") from None
            if not page.items:
                return
            yield page.items
            offset += len(page.items)


def run_input(harvest: Harvest) -> dict[str, Any]:
    """What the actor is told; all that it charges for beside the pages is off."""
    return {
        "queries": "\n".join(harvest.queries),
        "maxPagesPerQuery": harvest.pages_per_query,
        "countryCode": harvest.country_code.lower(),
        "aiMode": "aiModeOff",
        "perplexitySearch": {"enablePerplexity": False},
        "maximumLeadsEnrichmentRecords": 0,
        "focusOnPaidAds": False,
        "mobileResults": False,
        "saveHtml": False,
        "saveHtmlToKeyValueStore": False,
        "includeIcons": False,
    }


def _read(run: Any) -> SearchRun:
    """What counts of a run; a cost that is not told yet is none so far."""
    cost = Decimal(str(run.usage_total_usd or 0)) * 1_000_000
    return SearchRun(
        id=run.id,
        dataset_id=run.default_dataset_id,
        status=run.status,
        cost_usd_micros=int(cost.to_integral_value()),
        is_over=run.status in OVER,
        is_whole=run.status == "SUCCEEDED",
    )


def _failed(error: Exception, what: str) -> SearchFailed:
    if not isinstance(error, ApifyApiError):
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        return SearchFailed(f"{what}, and no answer that can be read came: {reason}", may_have_begun=True)
    status, said = error.status_code, (error.message or "").strip().partition("\n")[0][:200]
    is_refusal = 400 <= status < 500 and status != 408
    why = _REFUSALS.get(error.type or "") or _STATUSES.get(status) or f"it says {said!r}"
    return SearchFailed(f"{what}, and answers with {status}: {why}", may_have_begun=not is_refusal)
