"""The rules of holding and spending, over the bookings and balances that a transaction has in hand. Pure."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from enrichment.domain.ports import LedgerUnavailable
from enrichment.domain.purse import Account, Hold

log = logging.getLogger(__name__)


class State(StrEnum):
    """Where a hold stands: the first two are open, the last two are final."""

    HELD = "held"
    SENT = "sent"
    SETTLED = "settled"
    RELEASED = "released"


OPEN = frozenset({State.HELD, State.SENT})


@dataclass(slots=True)
class Booking:
    """A hold and what became of it; times in seconds since the epoch."""

    hold: Hold
    held_at: float
    state: State = State.HELD
    cost_usd_micros: int = 0
    is_estimated: bool = False
    ended_at: float | None = None

    @property
    def keys(self) -> list[str]:
        """The accounts that it weighs on, each once, in the order in which all lock them."""
        return sorted({account.key for account in self.hold.purse.accounts})


@dataclass(slots=True)
class Balance:
    """What an account has paid and what is set aside on it, in micro-dollars."""

    spent: int = 0
    held: int = 0


@dataclass(slots=True)
class Book:
    """Bookings by hold id and balances by account key; what has changed is named in `changed` and `moved`.

    Every method that begins something raises LedgerUnavailable for a hold that has ended: nothing may be paid on it.
    Those that end something leave alone what has ended, so that each may be called again.
    """

    bookings: dict[str, Booking] = field(default_factory=dict[str, Booking])
    balances: dict[str, Balance] = field(default_factory=dict[str, Balance])
    changed: set[str] = field(default_factory=set[str])
    moved: set[str] = field(default_factory=set[str])

    def state(self, hold_id: str) -> State | None:
        """Where a hold stands; None where it is not known."""
        booking = self.bookings.get(hold_id)
        return booking.state if booking else None

    def hold(self, hold: Hold, now: float) -> Account | None:
        """Sets the money aside on all accounts or on none: then the first that does not allow it."""
        if (state := self.state(hold.id)) is not None:
            return self._same_answer(hold.id, state)
        for account in hold.purse.accounts:
            balance = self._balance(account.key)
            if balance.spent + balance.held + hold.usd_micros > account.limit_usd_micros:
                return account
        booking = self.bookings[hold.id] = Booking(hold, now)
        self._move(booking, held=hold.usd_micros)
        return None

    def hold_sent(self, hold: Hold, now: float) -> Account | None:
        """Sets the money aside for what is about to be sent."""
        refused = self.hold(hold, now)
        if refused is None:
            self.mark_sent(hold.id)
        return refused

    def mark_sent(self, hold_id: str) -> None:
        """From now on the hold is charged unless it is settled for less."""
        state = self.state(hold_id)
        if state is None:
            raise LedgerUnavailable(f"there is no hold {hold_id}: nothing may be sent on it")
        self._same_answer(hold_id, state)
        if state is State.HELD:
            self.bookings[hold_id].state = State.SENT
            self.changed.add(hold_id)

    def settle(self, hold_id: str, cost_usd_micros: int, now: float, *, is_estimated: bool) -> None:
        """Charges the cost, never more than was held nor less than nothing, and frees the rest."""
        booking = self._open(hold_id, "settle")
        if booking is None:
            return
        cost = max(0, min(cost_usd_micros, booking.hold.usd_micros))
        if cost != cost_usd_micros:
            held = booking.hold.usd_micros
            log.warning("hold %s of %d is settled for %d, not %d", hold_id, held, cost, cost_usd_micros)
        self._end(booking, State.SETTLED, now)
        booking.cost_usd_micros, booking.is_estimated = cost, is_estimated
        self._move(booking, held=-booking.hold.usd_micros, spent=cost)

    def release(self, hold_id: str, now: float) -> None:
        """Frees the money of a hold on which nothing was sent; one that was sent is left to `settle`."""
        if self.state(hold_id) is State.SENT:
            log.error("hold %s is sent and cannot be released: it waits to be settled", hold_id)
        else:
            self.withdraw(hold_id, now)

    def withdraw(self, hold_id: str, now: float) -> None:
        """Frees the money of a hold whose caller was told that there is none, and so has sent nothing."""
        booking = self._open(hold_id, "release")
        if booking is not None:
            self._end(booking, State.RELEASED, now)
            self._move(booking, held=-booking.hold.usd_micros)

    def expire(self, hold_id: str, now: float) -> None:
        """Ends a hold that nobody is left to end: in full where it was sent, for nothing elsewhere."""
        if self.state(hold_id) is State.SENT:
            self.settle(hold_id, self.bookings[hold_id].hold.usd_micros, now, is_estimated=True)
        else:
            self.withdraw(hold_id, now)

    def _same_answer(self, hold_id: str, state: State) -> None:
        if state not in OPEN:
            raise LedgerUnavailable(f"hold {hold_id} has ended ({state}): another attempt needs an id of its own")

    def _open(self, hold_id: str, wish: str) -> Booking | None:
        booking = self.bookings.get(hold_id)
        if booking is not None and booking.state in OPEN:
            return booking
        log.debug("nothing to %s: hold %s is %s", wish, hold_id, booking.state if booking else "not known")
        return None

    def _end(self, booking: Booking, state: State, now: float) -> None:
        booking.state, booking.ended_at = state, now

    def _move(self, booking: Booking, *, held: int, spent: int = 0) -> None:
        self.changed.add(booking.hold.id)
        for key in booking.keys:
            balance = self._balance(key)
            balance.held += held
            balance.spent += spent
            self.moved.add(key)

    def _balance(self, key: str) -> Balance:
        return self.balances.setdefault(key, Balance())


def expired(bookings: Iterable[Booking], now: float) -> list[str]:
    """The ids of those that nobody is left to end."""
    return [each.hold.id for each in bookings if each.state in OPEN and each.hold.expires_at <= now]
