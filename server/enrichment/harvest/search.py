"""From a plan to domains: money is held, one run is paid for, waited for and read, and nothing of it done twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from enrichment.domain.harvest import Harvest, Harvests, SearchFailed, SearchProvider, SearchRun, Stage
from enrichment.domain.money import dollars
from enrichment.domain.ports import Clock, Ledger, LedgerUnavailable
from enrichment.domain.purse import Account, Hold, Purse
from enrichment.harvest.results import Found, exclusions

# Between two looks at a run: at first soon, then seldom.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 30.0
# So long after it began a run is aborted, should Apify not have ended it by then.
LONGEST_RUN_SECONDS = 9_000.0
# The money stays held for a harvest that is killed and goes on days later.
HELD_SECONDS = 30 * 86_400.0
SOURCE = "apify"


@dataclass(frozen=True, slots=True)
class Search:
    """Everything that a search takes; `say` tells a person how it stands."""

    provider: SearchProvider
    harvests: Harvests
    ledger: Ledger
    month_limit_usd_micros: int
    clock: Clock
    say: Callable[[str], None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def domains(self, harvest: Harvest, *, is_new: bool) -> Harvest:
        """The harvest with its domains found and kept, the search settled at what it cost.

        One that is not new is as it was saved last. Raises SearchFailed, LedgerUnavailable and DirectoryUnavailable.
        """
        if harvest.stage is Stage.STARTING:
            harvest = await self._started(harvest, is_new=is_new)
        run = await self._ended(harvest)
        found = await self._found(harvest)
        if not run.is_whole and not found.domains:
            await self._fail(harvest, run.cost_usd_micros)
            raise SearchFailed(f"the search ended as {run.status} and found nothing; it cost {_cost(run)}")
        new = (await self.harvests.unknown(found.domains))[: harvest.limit]
        self.ledger.settle(harvest.id, run.cost_usd_micros)
        harvest = replace(harvest, stage=Stage.FILLING, cost_usd_micros=run.cost_usd_micros, found=len(new))
        await self.harvests.fill(harvest, new)
        self._tell(run, found, len(new))
        return harvest

    async def _started(self, harvest: Harvest, *, is_new: bool) -> Harvest:
        """The harvest with its one run: one that may have begun before a kill is looked for first."""
        if is_new:
            await self.harvests.save(harvest)
        run = None if is_new else await self.provider.begun(harvest)
        run = run or await self._paid(harvest)
        harvest = replace(harvest, stage=Stage.SEARCHING, run_id=run.id, dataset_id=run.dataset_id)
        await self.harvests.save(harvest)
        return harvest

    async def _paid(self, harvest: Harvest) -> SearchRun:
        """A run that is begun, its money held and marked as sent before the request leaves."""
        try:
            await self._hold(harvest)
            return await self.provider.start(harvest)
        except LedgerUnavailable:
            # Nothing has left. A further attempt is a harvest of its own, with money of its own.
            await self.harvests.save(replace(harvest, stage=Stage.FAILED))
            raise
        except SearchFailed as failure:
            if failure.may_have_begun:
                doubt = "Whether the search has begun is not known: run the same again, and it is looked for"
                raise SearchFailed(f"{failure}. {doubt}", may_have_begun=True) from None
            await self._fail(harvest, 0)
            raise

    async def _hold(self, harvest: Harvest) -> None:
        account = Account(f"harvest:{harvest.month}", self.month_limit_usd_micros)
        until = harvest.started_at + HELD_SECONDS
        hold = Hold(harvest.id, SOURCE, harvest.run_limit_usd_micros, Purse(accounts=(account,)), harvest.id, until)
        if await self.ledger.hold_sent(hold):
            limit, most = dollars(self.month_limit_usd_micros), dollars(harvest.run_limit_usd_micros)
            raise SearchFailed(
                f"the {limit} that harvests may cost in {harvest.month} have no room for one of up to {most}: "
                "wait for the next month, or set IMENSIAH_HARVEST__MAX_COST_USD_MICROS"
            )

    async def _ended(self, harvest: Harvest) -> SearchRun:
        """The run when it has ended, by itself or because it costs or lasts too much."""
        wait, is_aborted = FIRST_WAIT_SECONDS, False
        while not (run := await self._looked(harvest)).is_over:
            self.say(f"searching: {run.status.lower()}, {_cost(run)} so far")
            is_late = self.clock() > harvest.started_at + LONGEST_RUN_SECONDS
            if (is_late or run.cost_usd_micros > harvest.run_limit_usd_micros) and not is_aborted:
                await self.provider.abort(harvest.run_id)
                is_aborted = True
            await self.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
        return run

    async def _looked(self, harvest: Harvest) -> SearchRun:
        if run := await self.provider.look(harvest.run_id):
            return run
        # What it cost nobody tells any more.
        self.ledger.settle(harvest.id, harvest.run_limit_usd_micros, is_estimated=True)
        await self.harvests.save(replace(harvest, stage=Stage.FAILED, cost_usd_micros=harvest.run_limit_usd_micros))
        raise SearchFailed(f"the search {harvest.run_id} is no longer known where it ran: its data was deleted there")

    async def _found(self, harvest: Harvest) -> Found:
        found = Found()
        async for pages in self.provider.pages(harvest.dataset_id):
            found.take(pages, exclusions())
        return found

    async def _fail(self, harvest: Harvest, cost_usd_micros: int) -> None:
        self.ledger.settle(harvest.id, cost_usd_micros)
        await self.harvests.save(replace(harvest, stage=Stage.FAILED, cost_usd_micros=cost_usd_micros))

    def _tell(self, run: SearchRun, found: Found, new: int) -> None:
        if not run.is_whole:
            self.say(f"the search ended as {run.status}: what it found until then is used")
        left_out = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in found.left_out.most_common())
        self.say(f"{len(found.domains)} domains found for {_cost(run)}, {new} of them new; left out: {left_out or 0}")


def _cost(run: SearchRun) -> str:
    return dollars(run.cost_usd_micros)
