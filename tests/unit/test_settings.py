"""What can be set, what cannot, and in which words that is said."""

from pathlib import Path

import pytest

from enrichment.catalogue import load as load_catalogue
from enrichment.domain.catalogue import Hosts, Layer, Tokens, Window
from enrichment.domain.company import Field
from enrichment.settings import check_budget, load

ENVIRONMENT = {
    "HOME": "/nowhere",
    "IMENSIAH_LISTEN": "127.0.0.1:0",
    "IMENSIAH_RULES__ALREADY_KNOWN": "off",
    "IMENSIAH_LAYERS__FOUNDATION__SOFT_DEADLINE_MS": "1200",
    "IMENSIAH_SOURCES__GROQ__API_KEY": "k",
    "IMENSIAH_SOURCES__GROQ__MODEL": "openai/gpt-oss-120b",
    "IMENSIAH_SOURCES__WEBSITE__CONNECT_TO": "127.0.0.1:8900",
    "IMENSIAH_SOURCES__MAPBOX__ENABLED": "false",
    "IMENSIAH_SOURCES__RECEITAWS__BASE_URL": "http://127.0.0.1:8900/",
}


def test_everything_has_a_sensible_default() -> None:
    settings = load({})
    assert settings.listen == "127.0.0.1:50051"
    assert settings.max_cost_usd_micros == 50_000
    assert [entry.name for entry in settings.sources][:4] == ["directory", "website", "dns", "rdap"]
    assert not any(entry.api_key for entry in settings.sources)


def test_the_environment_stands_above_the_defaults() -> None:
    settings = load(ENVIRONMENT)
    sources = {entry.name: entry for entry in settings.sources}
    assert settings.listen == "127.0.0.1:0"
    assert not settings.rules.already_known
    assert settings.rules.wanted_fields
    assert settings.foundation_soft_deadline_ms == 1200
    assert sources["groq"].api_key == "k"
    assert sources["groq"].options["model"] == "openai/gpt-oss-120b"
    assert sources["website"].options["connect_to"] == "127.0.0.1:8900"
    assert not sources["mapbox"].is_enabled
    assert sources["receitaws"].base_url == "http://127.0.0.1:8900"


def test_a_file_says_the_same_and_the_environment_stands_above_it(tmp_path: Path) -> None:
    file = tmp_path / "imensiah.toml"
    file.write_text('listen = "127.0.0.1:1"\nmax_streams = 7\n[sources.mapbox]\nenabled = false\n', "utf-8")
    settings = load({"IMENSIAH_CONFIG": str(file), "IMENSIAH_LISTEN": "127.0.0.1:2"})
    assert (settings.listen, settings.max_streams) == ("127.0.0.1:2", 7)
    assert not {entry.name: entry for entry in settings.sources}["mapbox"].is_enabled


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("MAX_STREAMS", "-1", "a whole number from 1"),
        ("MAX_STREAMS", "many", "IMENSIAH_MAX_STREAMS='many'"),
        ("REFLECTION", "perhaps", "true or false"),
        ("CACHE_URL", "mysql://x", "memory://"),
        ("DATABASE_URL", "mysql://x", "postgresql://user:password@host:port/database"),
        ("DATABASE_URL", "postgresql://", "cannot be read"),
        ("DATABASE_URL", "postgresql://host:port/database", "cannot be read"),
        ("MAX_STREEMS", "1", "IMENSIAH_MAX_STREEMS is not a setting"),
        ("SOURCES__GROK__API_KEY", "k", "no source is named 'grok'"),
        ("SOURCES__GROQ__API_KEE", "k", "IMENSIAH_SOURCES__GROQ__API_KEE is not a setting"),
        ("SOURCES__GROQ__TIMEOUT_MS", "soon", "IMENSIAH_SOURCES__GROQ__TIMEOUT_MS='soon' cannot be read"),
        ("SOURCES__GROQ__ENABLED", "perhaps", "cannot be read"),
        ("SOURCES__GROQ__PRICE_USD_MICROS", "-4", "cannot be read"),
        ("SOURCES__GROQ__LIFETIME_DAYS", "nan", "cannot be read"),
        ("SOURCES__GROQ__LIFETIME_DAYS", "inf", "cannot be read"),
        ("SOURCES__GROQ__TIMEOUT_MS", "0", "cannot be read"),
        ("SOURCES__GROQ__MAX_CONCURRENT", "0", "cannot be read"),
        ("SOURCES__GROQ__MIN_INTERVAL_MS", "-1", "cannot be read"),
        ("SOURCES__GROQ__BREAKER_FAILURES", "0", "cannot be read"),
        ("SOURCES__RDAP__BREAKER_RESET_MS", "5", "rdap has no breaker, it asks many servers"),
        ("SOURCES__GROQ__BASE_URL", "ftp://x", "cannot be read"),
        ("MAX_COST_USD_MICROS", "99999999999999999999", "from 0 to"),
        ("DEADLINE_MS", "0", "from 1 to"),
        ("HARVEST__BASE_URL", "ftp://x", "an address such as https://api.apify.com"),
        ("HARVEST__API_KEY", "caf\u00e9", "a token of printable ASCII characters"),
        ("HARVEST__PAGE_PRICE_USD_MICROS", "0", "from 1 to"),
        ("HARVEST__MAX_COST", "5", "IMENSIAH_HARVEST__MAX_COST is not a setting"),
        ("SOURCES__GROQ", "k", "is not a setting"),
        ("SOURCES__GROQ__PERMANENT", "true", "IMENSIAH_SOURCES__GROQ__PERMANENT is not a setting"),
        ("SOURCES__MAPBOX__PERMANENT", "perhaps", "IMENSIAH_SOURCES__MAPBOX__PERMANENT='perhaps' cannot be read"),
        ("CONFIG", "/no/such/file.toml", "cannot be read"),
    ],
)
def test_what_cannot_be_understood_is_said_with_the_variable_and_what_would_be_right(
    variable: str, value: str, words: str
) -> None:
    with pytest.raises(ValueError, match=r"IMENSIAH_|no source") as refusal:
        load({f"IMENSIAH_{variable}": value})
    assert words in str(refusal.value)


@pytest.mark.parametrize("url", ["", "sqlite://", "memory://", "postgresql://a:b@host:6543/c", "postgres://host"])
def test_where_the_ledger_is_kept_is_one_of_three(url: str) -> None:
    assert load({"IMENSIAH_DATABASE_URL": url}).database_url == url


def test_a_password_is_not_told_when_an_address_cannot_be_read() -> None:
    with pytest.raises(ValueError, match=r"'mysql://\*\*\*@host'") as refusal:
        load({"IMENSIAH_DATABASE_URL": "mysql://user:s3cr@t@host"})
    assert "s3cr" not in str(refusal.value)


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "imensiah.toml"
    file.write_text("listen = ", "utf-8")
    with pytest.raises(ValueError, match="is not TOML"):
        load({"IMENSIAH_CONFIG": str(file)})


def test_keys_do_not_appear_where_an_entry_is_printed() -> None:
    (groq,) = [entry for entry in load_catalogue({"groq": {"api_key": "sesame"}}) if entry.name == "groq"]
    assert "sesame" not in repr(groq)


def test_every_source_waits_only_for_sources_before_it_and_none_waits_for_ever() -> None:
    before: set[str] = set()
    for entry in load_catalogue():
        assert entry.after <= before, entry.name
        before.add(entry.name)


def test_the_catalogue_is_in_the_order_of_the_layers_and_every_prior_is_a_probability() -> None:
    entries = load_catalogue()
    assert [entry.layer for entry in entries] == sorted((entry.layer for entry in entries), key=list(Layer).index)
    for entry in entries:
        assert all(0 < prior < 1 for prior in entry.brings.values()), entry.name
        assert entry.needs, entry.name
        assert entry.lifetime_seconds >= 7 * 86_400


def test_a_flat_price_replaces_the_price_by_token() -> None:
    by_token = {entry.name: entry for entry in load_catalogue()}["groq"]
    flat = {entry.name: entry for entry in load_catalogue({"groq": {"price_usd_micros": "90"}})}["groq"]
    assert by_token.token_prices
    assert (flat.token_prices, flat.price_usd_micros) == (None, 90)


@pytest.mark.parametrize(
    ("source", "model", "prices"),
    [
        ("groq", "openai/gpt-oss-120b", Tokens(150_000, 600_000, 75_000)),
        ("anthropic", "claude-haiku-5-5", Tokens(100_000, 500_000, 10_000, 125_000, 200_000)),
        ("anthropic", "claude-opus-5-5", Tokens(4_000_000, 20_000_000, 400_000, 5_000_000, 8_000_000)),
    ],
)
def test_a_model_costs_its_own_price(source: str, model: str, prices: Tokens) -> None:
    assert {entry.name: entry for entry in load_catalogue({source: {"model": model}})}[source].token_prices == prices


@pytest.mark.parametrize("source", ["groq", "anthropic"])
def test_a_model_without_a_known_price_is_refused_unless_the_operator_says_what_it_costs(source: str) -> None:
    variable = f"IMENSIAH_SOURCES__{source.upper()}__"
    with pytest.raises(ValueError, match=f"^{variable}MODEL='new' .* or set {variable}PRICE_USD_MICROS to the most"):
        load_catalogue({source: {"model": "new"}})
    priced = load_catalogue({source: {"model": "new", "price_usd_micros": "5000"}})
    entry = {entry.name: entry for entry in priced}[source]
    assert (entry.token_prices, entry.price_usd_micros, entry.options["model"]) == (None, 5_000, "new")


def test_what_mapbox_answers_may_not_be_kept_and_enters_no_prompt() -> None:
    terms = {entry.name: entry for entry in load_catalogue()}["mapbox"].terms
    assert not terms.may_keep(Field.COORDINATES)
    assert not terms.may_enter_prompt


@pytest.mark.parametrize(("given", "price", "may_keep"), [("false", 750, False), ("yes", 5_000, True)])
def test_a_switch_changes_price_and_terms_together(given: str, price: int, may_keep: bool) -> None:
    mapbox = {entry.name: entry for entry in load_catalogue({"mapbox": {"permanent": given}})}["mapbox"]
    assert (mapbox.price_usd_micros, mapbox.terms.may_keep(Field.COORDINATES)) == (price, may_keep)
    assert mapbox.options == ({"permanent": "true"} if may_keep else {})


def test_what_an_operator_sets_stands_above_a_switch() -> None:
    given = {"permanent": "true", "price_usd_micros": "4000"}
    assert {entry.name: entry for entry in load_catalogue({"mapbox": given})}["mapbox"].price_usd_micros == 4_000


@pytest.mark.parametrize("source", ["google_places", "clearbit", "people_data_labs"])
@pytest.mark.parametrize(("days", "seconds"), [("7", 7 * 86_400), ("90", 30 * 86_400)])
def test_what_terms_say_of_keeping_may_be_undercut_and_not_exceeded(source: str, days: str, seconds: int) -> None:
    sources = {entry.name: entry for entry in load_catalogue({source: {"lifetime_days": days}})}
    assert sources[source].lifetime_seconds == seconds


@pytest.mark.parametrize("source", ["clearbit", "people_data_labs"])
def test_a_company_database_may_keep_all_that_it_brings(source: str) -> None:
    entry = {entry.name: entry for entry in load_catalogue()}[source]
    assert entry.terms.kept == entry.brings.keys()


def test_where_terms_say_nothing_an_operator_may_keep_for_longer() -> None:
    (gleaned,) = [entry for entry in load_catalogue({"website": {"lifetime_days": "365"}}) if entry.name == "website"]
    assert gleaned.lifetime_seconds == 365 * 86_400


@pytest.mark.parametrize("key", ["sécret", "sesame\n"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="IMENSIAH_SOURCES__GROQ__API_KEY"):
        load({"IMENSIAH_SOURCES__GROQ__API_KEY": key})


def test_each_source_has_its_limits_and_an_interval_of_the_operators_takes_the_place_of_a_window() -> None:
    usual = {entry.name: entry for entry in load({}).sources}
    assert usual["receitaws"].window == Window(3, 60)
    assert (usual["wikidata"].max_concurrent, usual["wikidata"].min_interval_ms) == (5, 200)
    assert (usual["clearbit"].max_concurrent, usual["clearbit"].min_interval_ms) == (10, 100)
    assert {entry.name for entry in usual.values() if entry.hosts is not Hosts.ONE} == {"website", "dns", "rdap"}
    groq = usual["groq"]
    assert (groq.breaker_failures, groq.breaker_reset_ms, groq.breaker_successes) == (5, 60_000, 2)
    environ = {
        "IMENSIAH_SOURCES__RECEITAWS__MIN_INTERVAL_MS": "50",
        "IMENSIAH_SOURCES__GROQ__BREAKER_RESET_MS": "1000",
    }
    given = {entry.name: entry for entry in load(environ).sources}
    assert (given["receitaws"].window, given["receitaws"].min_interval_ms) == (None, 50)
    assert given["groq"].breaker_reset_ms == 1_000


@pytest.mark.parametrize(
    "url", ["redis://localhost", "redis://127.0.0.1:6379/3", "rediss://user:p%40ss@cache.example:6380/0"]
)
def test_the_cache_may_be_a_redis(url: str) -> None:
    assert load({"IMENSIAH_CACHE_URL": url}).cache_url == url


@pytest.mark.parametrize("url", ["redis://", "redis://h:port", "redis://h:0", "redis://h/one", "redis:/h", "unix://x"])
def test_an_address_that_is_no_redis_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match=r"takes sqlite:// .*redis://host:port/number"):
        load({"IMENSIAH_CACHE_URL": url})


def test_an_answer_has_a_time_of_grace_unless_terms_limit_keeping() -> None:
    days = {entry.name: entry.grace_seconds / 86_400 for entry in load({}).sources}
    assert (days["website"], days["receitaws"], days["groq"]) == (30, 15, 7)
    assert {days["google_places"], days["mapbox"]} == {0}


NO_BUDGET = {"IMENSIAH_GUARDS__BUDGET": "false"}
MAPBOX_KEY = {"IMENSIAH_SOURCES__MAPBOX__API_KEY": "s3cret"}


@pytest.mark.parametrize(
    "paid",
    [
        MAPBOX_KEY,
        {"IMENSIAH_SOURCES__GROQ__API_KEY": "s3cret"},
        {**MAPBOX_KEY, "IMENSIAH_SOURCES__MAPBOX__ENABLED": "false"},
        {**MAPBOX_KEY, "IMENSIAH_SOURCES__MAPBOX__BASE_URL": "https://API.mapbox.com/"},
    ],
    ids=["price by call", "price by token", "switched off for now", "the same address in other letters"],
)
def test_real_money_is_not_spent_without_the_ledgers_limits(paid: dict[str, str]) -> None:
    with pytest.raises(PermissionError, match="IMENSIAH_GUARDS__BUDGET=false leaves no limit") as error:
        check_budget(load({**NO_BUDGET, **paid}))
    assert "__API_KEY" in str(error.value)
    assert "s3cret" not in str(error.value)
    check_budget(load(paid))


@pytest.mark.parametrize(
    "free",
    [
        {},
        {**MAPBOX_KEY, "IMENSIAH_SOURCES__MAPBOX__BASE_URL": "http://127.0.0.1:8080"},
        {**MAPBOX_KEY, "IMENSIAH_SOURCES__MAPBOX__PRICE_USD_MICROS": "0"},
        {"IMENSIAH_SOURCES__RECEITAWS__API_KEY": "s3cret"},
    ],
    ids=["no key", "a sandbox", "nothing to pay", "a free source"],
)
def test_what_costs_nothing_may_go_without_a_ledger(free: dict[str, str]) -> None:
    check_budget(load({**NO_BUDGET, **free}))
