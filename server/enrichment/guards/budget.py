"""Money: held before the queues, marked before the request leaves, settled when its end is known."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Skipped, SkipReason, SourceError
from enrichment.domain.fact import Answer
from enrichment.domain.money import cost_of_failure, dollars
from enrichment.domain.ports import Ask, Call, Clock, Ledger, LedgerUnavailable, Stake
from enrichment.domain.purse import Account, Hold, Purse

# Accounts of which a caller may be told; what the service spends with a provider is the operator's business.
CALLERS_OWN = ("caller:", "batch:")
# How long after its source's own time limit a hold that nobody ended counts as left behind by a crash: longer than any
# wait before the call, so that none is swept that may still be sent.
LEFT_BEHIND_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Budget:
    """The guards about money, over one ledger; `new_id` names each hold.

    Without a ledger nothing is held: then only each enrichment's own limit stands.
    """

    ledger: Ledger | None
    clock: Clock
    new_id: Callable[[], str]

    def held(self, ask: Ask) -> Ask:
        """A guard: a call that costs something goes on only with its price held, which is settled when it has ended."""

        async def ask_with_money(call: Call) -> Answer:
            if not (self.ledger and call.price_usd_micros):
                return await ask(call)
            await self._hold(call, self.ledger)
            return await self._settled(call, self.ledger, ask)

        return ask_with_money

    def marked(self, ask: Ask) -> Ask:
        """A guard, the point of no return: who pays is still there or replaced, and the ledger knows what may leave."""

        async def ask_for_good(call: Call) -> Answer:
            party = call.party
            while self.ledger and party.hold and party.payer not in party.stakes:
                left = party.hold
                await self._hold(call, self.ledger)
                self.ledger.release(left.id)
            payer = party.payer or party.stakes[0]
            # Before the wait: from here on it is the payer's, wherever he goes.
            party.is_sent = payer.is_liable = True
            if self.ledger and party.hold:
                try:
                    await _mark(party.hold, self.ledger)
                except LedgerUnavailable as error:
                    payer.is_liable = False
                    raise _unavailable(error) from None
                except asyncio.CancelledError:
                    # Stopped before anything left: the ledger has taken the mark back.
                    party.is_sent = payer.is_liable = False
                    raise
            return await ask(call)

        return ask_for_good

    async def _settled(self, call: Call, ledger: Ledger, ask: Ask) -> Answer:
        """What the call answers; the hold that stands when it ends is settled by what is known of its cost."""
        cost, is_estimated = call.price_usd_micros, True
        try:
            answer = await ask(call)
            cost, is_estimated = answer.cost_usd_micros, False
            return answer
        except Skipped:
            cost, is_estimated = 0, False
            raise
        except SourceError as error:
            cost = cost_of_failure(error, call.price_usd_micros)
            is_estimated = error.is_cost_unknown
            raise
        finally:
            party = call.party
            assert party.hold is not None
            if party.is_sent:
                ledger.settle(party.hold.id, cost, is_estimated=is_estimated)
            else:
                ledger.release(party.hold.id)
            party.hold = party.payer = None

    async def _hold(self, call: Call, ledger: Ledger) -> None:
        """Holds the money of the first who waits and whose limits allow it; raises Skipped where none do."""
        refused: Account | None = None
        tried: set[Stake] = set()
        while untried := [stake for stake in call.party.stakes if stake.may_pay and stake not in tried]:
            stake = untried[0]
            tried.add(stake)
            hold = self._hold_of(call, stake)
            refused = await _granted(hold, ledger) if hold.purse.accounts else None
            if refused is None and stake in call.party.stakes:
                call.party.payer, call.party.hold = stake, hold
                return
            if refused is None:
                ledger.release(hold.id)
        raise Skipped(SkipReason.OVER_BUDGET, _why_refused(call.price_usd_micros, refused))

    def _hold_of(self, call: Call, stake: Stake) -> Hold:
        entry, now = call.entry, self.clock()
        return Hold(
            id=self.new_id(),
            source=entry.name,
            usd_micros=call.price_usd_micros,
            purse=with_month(stake.purse, entry, now),
            enrichment_id=stake.enrichment_id,
            expires_at=now + entry.timeout_ms / 1000 + LEFT_BEHIND_SECONDS,
        )


async def _mark(hold: Hold, ledger: Ledger) -> None:
    # Where no account could refuse it, nothing was written yet: one commit is half the wait of two.
    await (ledger.mark_sent(hold.id) if hold.purse.accounts else ledger.hold_sent(hold))


async def _granted(hold: Hold, ledger: Ledger) -> Account | None:
    try:
        return await ledger.hold(hold)
    except BaseException as error:
        # Nobody waits for it any more: whether or not the money was set aside, it is free again.
        ledger.release(hold.id)
        if isinstance(error, LedgerUnavailable):
            raise _unavailable(error) from None
        raise


def with_month(purse: Purse, entry: Entry, now: float) -> Purse:
    """The purse with the source's account of the month (UTC), where the operator limits it."""
    if entry.month_limit_usd_micros is None:
        return purse
    month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
    account = Account(f"source:{entry.name}:{month}", entry.month_limit_usd_micros)
    return replace(purse, accounts=(*purse.accounts, account))


def _why_refused(price_usd_micros: int, refused: Account | None) -> str:
    if refused is None:
        return f"costs {dollars(price_usd_micros)}; nobody who waits for it has the money"
    if not refused.key.startswith(CALLERS_OWN):
        return f"costs {dollars(price_usd_micros)}, for which a limit of the service has no room"
    limit = dollars(refused.limit_usd_micros)
    return f"costs {dollars(price_usd_micros)}, for which the limit of {limit} on {refused.key} has no room"


def _unavailable(error: LedgerUnavailable) -> Skipped:
    return Skipped(SkipReason.BUDGET_UNAVAILABLE, f"nothing can be paid for now: {error}")
