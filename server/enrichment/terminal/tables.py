"""The catalogue of sources as a table."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from enrichment.domain.catalogue import Billing, Entry
from enrichment.domain.money import dollars


def sources_table(entries: Iterable[Entry]) -> RenderableType:
    """Every source with its price, and why it is off where it is."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("source", "layer", "price", "key", "state"):
        table.add_column(heading, no_wrap=heading != "state")
    for entry in entries:
        reason = _why_off(entry)
        state = Text(f"off: {reason}") if reason else Text("on", "green")
        table.add_row(entry.name, entry.layer.value, _price(entry), _key(entry), state)
    hint = (
        "\nA key is set by IMENSIAH_SOURCES__<NAME>__API_KEY, a source switched by IMENSIAH_SOURCES__<NAME>__ENABLED."
    )
    return Group(table, Text(hint, "dim"))


def _price(entry: Entry) -> str:
    if entry.token_prices:
        return "by tokens"
    if not entry.price_usd_micros:
        return "free"
    return f"{dollars(entry.price_usd_micros)} a {'call' if entry.billing is Billing.PER_CALL else 'match'}"


def _key(entry: Entry) -> str:
    if not entry.needs_key:
        return "not needed"
    return "set" if entry.api_key else "missing"


def _why_off(entry: Entry) -> str:
    if not entry.is_enabled:
        return "switched off"
    return "no key" if entry.needs_key and not entry.api_key else ""
