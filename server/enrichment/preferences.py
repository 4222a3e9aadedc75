"""Which of two sources is asked first, where one backs up the other: each replacement can be turned round alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from enrichment.domain.catalogue import Entry

# What is asked for: the source that the catalogue asks first, and the one that backs it up.
PAIRS: Mapping[str, tuple[str, str]] = {
    "company": ("opencorporates", "clearbit"),
    "place": ("mapbox", "google_places"),
    "model": ("groq", "anthropic"),
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The source that is asked first, of each of PAIRS."""

    company: str = "opencorporates"
    place: str = "mapbox"
    model: str = "groq"


def one_of(pair: Sequence[str]) -> Callable[[str], str]:
    """Reads the name of one of the sources; raises ValueError for any other."""

    def name(text: str) -> str:
        spelled = text.strip().lower()
        if spelled not in pair:
            raise ValueError(text)
        return spelled

    return name


def preferring(entries: Sequence[Entry], preferences: Preferences) -> tuple[Entry, ...]:
    """The catalogue with the places of each pair exchanged whose second source is preferred."""
    for each in fields(preferences):
        first, second = PAIRS[each.name]
        if getattr(preferences, each.name) == second:
            entries = [_exchanged(entry, first, second, entries) for entry in entries]
    return tuple(entries)


def _exchanged(entry: Entry, first: str, second: str, entries: Sequence[Entry]) -> Entry:
    backup = next(each for each in entries if each.name == second)
    if entry.name == second:
        return replace(entry, backs_up="", after=entry.after - {first}, alone=frozenset(), enough_fields=1)
    if entry.name == first:
        # It must not wait for less than it did: what the other waits for may tell what it is asked with.
        after = (entry.after | backup.after | {second}) - {first}
        return replace(entry, backs_up=second, after=after, enough_fields=backup.enough_fields)
    if entry.backs_up == second:
        # The next in line stands behind both, as before.
        return replace(entry, backs_up=first, after=entry.after | {first})
    return entry
