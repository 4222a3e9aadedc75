"""The catalogue as a person sees it, and settings as a file."""

import io
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.catalogue import Billing, Entry, Layer, Tokens
from enrichment.domain.company import Field
from enrichment.terminal.settings_file import settings_file
from enrichment.terminal.show import console_for, put
from enrichment.terminal.tables import sources_table


def row(source: Entry) -> str:
    out = io.StringIO()
    put(console_for(out), sources_table([source]))
    return " ".join(out.getvalue().splitlines()[1].split())


def entry(**changes: Any) -> Entry:
    values: dict[str, object] = {
        "name": "mapbox",
        "layer": Layer.REGISTRY,
        "base_url": "",
        "brings": {Field.PHONE: 0.6},
    }
    return Entry(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (entry(), "mapbox registry free not needed on"),
        (entry(price_usd_micros=750), "mapbox registry $0.00075 a call not needed on"),
        (
            entry(price_usd_micros=50_000, billing=Billing.PER_MATCH, needs_key=True, api_key="k"),
            "mapbox registry $0.05 a match set on",
        ),
        (entry(needs_key=True, token_prices=Tokens(1, 1)), "mapbox registry by tokens missing off: no key"),
        (entry(is_enabled=False), "mapbox registry free not needed off: switched off"),
    ],
)
def test_a_source_is_shown_with_its_price_and_why_it_is_off(source: Entry, text: str) -> None:
    assert row(source) == text


def test_a_key_is_never_shown() -> None:
    assert "s3cret" not in row(entry(needs_key=True, api_key="s3cret"))
    assert settings_file({"sources.mapbox.api_key": "s3cret"}) == "# sources.mapbox.api_key is set, and not shown"


def test_a_password_in_an_address_is_never_shown() -> None:
    line = settings_file({"cache_url": "redis://cache:s3cret@cache.example:6379/0"})
    assert line == '# cache_url = "redis://cache:***@cache.example:6379/0"'


def test_an_address_that_cannot_be_read_is_shown_as_it_is() -> None:
    assert settings_file({"cache_url": "redis://[::1"}) == 'cache_url = "redis://[::1"'


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text() | st.integers(0) | st.booleans()))
def test_the_file_is_toml_that_means_what_is_in_force(settings: dict[str, str | int | bool]) -> None:
    shown = {name: value for name, value in settings.items() if "@" not in str(value)}
    assert tomllib.loads(settings_file(shown)) == shown
