"""A caller is known by its token, and only operators may do what is for operators."""

from hashlib import sha256

import pytest

from enrichment.domain.caller import Caller, Role
from enrichment.domain.purse import Account, Purse
from enrichment.rpc.callers import Callers
from enrichment.rpc.status import Refused
from fakes import NOON

SEARCH = Caller("search")
DESK = Caller("desk", Role.OPERATOR)
HERE = Caller(role=Role.OPERATOR)
KNOWN = Callers({sha256(b"s3cret").hexdigest(): SEARCH, sha256(b"0ther").hexdigest(): DESK}, HERE)


def refusal(*values: str | bytes, role: Role = Role.CALLER) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        KNOWN.admitted([("authorization", value) for value in values], role)
    return caught.value.status.code, caught.value.status.message


def test_a_token_says_who_calls() -> None:
    assert KNOWN.admitted([("user-agent", "x"), ("authorization", "Bearer s3cret")], Role.CALLER) is SEARCH
    assert KNOWN.admitted([("authorization", "bearer  0ther ")], Role.OPERATOR) is DESK


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((), "no token came with the call"),
        ((b"Bearer s3cret",), "no token came with the call"),
        (("s3cret",), "is no bearer token"),
        (("Basic czNjcmV0",), "is no bearer token"),
        (("Bearer S3CRET",), "none of this server's callers'"),
        (("Bearer",), "is no bearer token"),
        (("Bearer ",), "none of this server's callers'"),
    ],
)
def test_without_a_token_of_ours_nobody_gets_in(values: tuple[str | bytes, ...], words: str) -> None:
    code, message = refusal(*values)
    assert code == 16
    assert words in message
    assert "s3cret" not in message.lower()


def test_what_is_for_operators_is_refused_to_others_by_name() -> None:
    assert refusal("Bearer s3cret", role=Role.OPERATOR) == (
        7,
        "'search' is not an operator of this server, and what was asked for is for operators",
    )


def test_where_no_callers_are_known_anybody_may_do_what_anybody_may_do() -> None:
    assert Callers({}, HERE).admitted([], Role.OPERATOR) is HERE
    elsewhere = Callers({}, Caller())
    assert elsewhere.admitted([], Role.CALLER) == Caller()
    with pytest.raises(Refused, match="is for operators, and this server knows none"):
        elsewhere.admitted([], Role.OPERATOR)


def test_a_limit_a_day_is_an_account_of_the_day() -> None:
    batch = Account("batch:1", 5)
    assert SEARCH.purse(NOON, batch) == Purse("search", (batch,))
    limited = Caller("search", day_limit_usd_micros=700)
    assert limited.purse(NOON, batch) == Purse("search", (Account("caller:search:2027-01-15", 700), batch))
