"""Who may call is told by settings; where nobody is told apart, only this machine is listened to."""

import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.access import address, anybody, nearest
from enrichment.domain.caller import Caller, Role
from enrichment.settings import check_listen, load

DIGEST = sha256(b"a token").hexdigest()
OTHER = sha256(b"another token").hexdigest()
ACME = {"IMENSIAH_CALLERS__ACME__TOKEN_SHA256": DIGEST}


def test_without_settings_there_are_no_callers_and_no_tls() -> None:
    assert load({}).callers == {}
    assert load({}).tls.certificate is None


def test_a_caller_has_a_role_and_a_limit_a_day() -> None:
    given = {
        **ACME,
        "IMENSIAH_CALLERS__ACME__DAY_LIMIT_USD_MICROS": "2000000",
        "IMENSIAH_CALLERS__OPS__TOKEN_SHA256": OTHER.upper(),
        "IMENSIAH_CALLERS__OPS__ROLE": "Operator",
    }
    assert load(given).callers == {
        DIGEST: Caller("acme", Role.CALLER, 2_000_000),
        OTHER: Caller("ops", Role.OPERATOR),
    }


def test_a_file_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "imensiah.toml"
    file.write_text(f'[callers.acme]\ntoken_sha256 = "{DIGEST}"\nday_limit_usd_micros = 0\n', "utf-8")
    assert load({"IMENSIAH_CONFIG": str(file)}).callers == {DIGEST: Caller("acme", Role.CALLER, 0)}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ACME__ROLE": "caller"}, "IMENSIAH_CALLERS__ACME__TOKEN_SHA256 is not the SHA-256 of a token"),
        ({"ACME__TOKEN_SHA256": sha256(b"").hexdigest()}, "`imensiah token NAME` makes a token"),
        ({"ACME__TOKEN_SHA256": DIGEST, "ACME__ROLE": "boss"}, "='boss' cannot be read: it takes caller or operator"),
        ({"ACME__TOKEN_SHA256": DIGEST, "ACME__DAY_LIMIT_USD_MICROS": "-1"}, "a whole number from 0 to 1000000000000"),
        ({"ACME__TOKEN_SHA256": DIGEST, "ACME__DAY_LIMIT_USD_MICROS": "9" * 20}, "or nothing for no limit"),
        ({"ACME__TOKEN_SHA256": DIGEST, "ACME__TOKEN": "x"}, "IMENSIAH_CALLERS__ACME__TOKEN is not a setting"),
        ({"ACME__TOKEN_SHA256": DIGEST, "BETA__TOKEN_SHA256": DIGEST}, "acme and beta have the same token"),
        ({"A B__TOKEN_SHA256": DIGEST}, "a caller cannot be named 'a b'"),
    ],
)
def test_what_cannot_be_a_caller_is_told_with_what_would_be_right(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        load({f"IMENSIAH_CALLERS__{name}": value for name, value in settings.items()})


def test_a_token_in_the_place_of_its_digest_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="is not the SHA-256") as error:
        load({"IMENSIAH_CALLERS__ACME__TOKEN_SHA256": "s3cret-token"})
    assert "s3cret" not in str(error.value)


def test_the_terminals_own_token_is_no_setting_of_the_server() -> None:
    assert load({"IMENSIAH_TOKEN": "a token"}).callers == {}


@pytest.mark.parametrize("listen", ["127.0.0.1:50051", "[::1]:1", "localhost:0", "127.9.9.9:50051"])
def test_this_machine_alone_is_listened_to_without_callers(listen: str) -> None:
    check_listen(load({"IMENSIAH_LISTEN": listen}))


@pytest.mark.parametrize("listen", ["0.0.0.0:50051", "[::]:50051", "192.0.2.7:1", "enrichment.example:50051"])
def test_other_machines_are_not_listened_to_without_callers(listen: str) -> None:
    with pytest.raises(PermissionError) as error:
        check_listen(load({"IMENSIAH_LISTEN": listen}))
    assert f"IMENSIAH_LISTEN={listen!r} is reached from other machines" in str(error.value)
    assert "`imensiah token NAME`" in str(error.value)
    assert "IMENSIAH_SERVE_ANYBODY=true" in str(error.value)


TLS = {"IMENSIAH_TLS__CERTIFICATE": "server.pem", "IMENSIAH_TLS__KEY": "server.key"}


@pytest.mark.parametrize(
    "settings",
    [ACME, {**TLS, "IMENSIAH_TLS__CLIENT_CA": "ca.pem"}, {"IMENSIAH_SERVE_ANYBODY": "true"}],
    ids=["tokens", "client certificates", "said aloud"],
)
def test_other_machines_are_listened_to_where_callers_are_told_apart_or_it_is_said_aloud(
    settings: dict[str, str],
) -> None:
    check_listen(load({"IMENSIAH_LISTEN": "0.0.0.0:50051", **settings}))


@pytest.mark.parametrize(
    ("listen", "role"), [("127.0.0.1:50051", Role.OPERATOR), ("0.0.0.0:50051", Role.CALLER), ("[::]:1", Role.CALLER)]
)
def test_without_callers_nobody_from_another_machine_is_an_operator(listen: str, role: Role) -> None:
    assert anybody(listen) == Caller(role=role)


def test_tls_alone_tells_nobody_apart() -> None:
    with pytest.raises(PermissionError):
        check_listen(load({"IMENSIAH_LISTEN": "0.0.0.0:50051", **TLS}))


@pytest.mark.parametrize("missing", list(TLS))
def test_half_of_tls_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match="TLS needs both IMENSIAH_TLS__CERTIFICATE and IMENSIAH_TLS__KEY"):
        load({name: value for name, value in TLS.items() if name != missing})


def test_client_certificates_without_tls_are_refused() -> None:
    with pytest.raises(ValueError, match="TLS needs both"):
        load({"IMENSIAH_TLS__CLIENT_CA": "ca.pem"})


@pytest.mark.parametrize("text", ["127.0.0.1:50051", "[::1]:0", "localhost:65535"])
def test_an_address_is_host_and_port(text: str) -> None:
    assert address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "50051",
        ":50051",
        "127.0.0.1",
        "127.0.0.1:",
        "a:65536",
        "a:-1",
        "::1:5",
        "[::1:5",
        "a/b:1",
        "http://a:1",
        "a b:1",
    ],
)
def test_anything_else_is_refused_with_an_address_that_would_do(text: str) -> None:
    with pytest.raises(ValueError, match=r"host:port with a port up to 65535, such as 127\.0\.0\.1:50051"):
        load({"IMENSIAH_LISTEN": text})


@given(st.text())
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert address(text) == text


@pytest.mark.parametrize(
    ("listen", "asked"),
    [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("192.0.2.7:1", "192.0.2.7:1")],
)
def test_a_server_on_all_addresses_is_asked_on_this_machine(listen: str, asked: str) -> None:
    assert nearest(listen) == asked
