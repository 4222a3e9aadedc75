"""Each replacement can be turned round alone, and nothing else changes with it."""

from graphlib import TopologicalSorter

import pytest

from enrichment.domain.catalogue import Entry
from enrichment.preferences import PAIRS, Preferences
from enrichment.settings import load

KEYS = {f"IMENSIAH_SOURCES__{name.upper()}__API_KEY": "k" for pair in PAIRS.values() for name in pair}


def entries(**variables: str) -> dict[str, Entry]:
    environ = {f"IMENSIAH_PREFER__{thing.upper()}": name for thing, name in variables.items()}
    return {entry.name: entry for entry in load({**KEYS, **environ}).sources}


@pytest.mark.parametrize(("thing", "pair"), PAIRS.items())
def test_the_default_is_the_catalogues_order(thing: str, pair: tuple[str, str]) -> None:
    first, second = pair
    assert entries()[second].backs_up == first
    assert entries(**{thing: first}) == entries()
    assert getattr(Preferences(), thing) == first


@pytest.mark.parametrize(("thing", "pair"), PAIRS.items())
def test_the_other_is_asked_first_and_backed_up_by_the_one_it_backed_up(thing: str, pair: tuple[str, str]) -> None:
    first, second = pair
    turned, usual = entries(**{thing: second}), entries()
    assert (turned[second].backs_up, turned[first].backs_up) == ("", second)
    assert second in turned[first].after
    assert first not in turned[second].after
    assert turned[first].enough_fields == usual[second].enough_fields
    others = usual.keys() - {first, second, *(name for name, each in usual.items() if each.backs_up == second)}
    assert all(turned[name] == usual[name] for name in others)


def test_the_next_in_line_stands_behind_both() -> None:
    assert entries()["people_data_labs"].backs_up == "clearbit"
    assert entries(company="clearbit")["people_data_labs"].backs_up == "opencorporates"


def test_however_they_are_turned_no_source_waits_for_itself() -> None:
    turned = entries(company="clearbit", place="google_places", model="anthropic")
    assert set(TopologicalSorter({name: each.after for name, each in turned.items()}).static_order()) == set(turned)


@pytest.mark.parametrize("thing", PAIRS)
def test_a_source_that_is_none_of_the_two_is_refused_with_both_names(thing: str) -> None:
    with pytest.raises(ValueError, match=f"PREFER__{thing.upper()}='dns' cannot be read: it takes .* or "):
        entries(**{thing: "dns"})
