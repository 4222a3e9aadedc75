"""Each failure has an exit code and a sentence that says what to do."""

import grpc
import pytest

from enrichment.terminal.failures import ExitCode, explained
from enrichment_client import EnrichmentError, FieldViolation, Unreachable


def test_where_no_server_answers_the_way_to_one_is_told() -> None:
    error = Unreachable(grpc.StatusCode.UNAVAILABLE, "no server answers at 127.0.0.1:50051: refused")
    assert explained(error) == (
        ExitCode.UNREACHABLE,
        [
            "no server answers at 127.0.0.1:50051: refused",
            "start one with `imensiah serve`, or name another with --server HOST:PORT",
        ],
    )


def test_a_server_that_does_not_speak_tls_is_recognised() -> None:
    error = Unreachable(grpc.StatusCode.UNAVAILABLE, "no server answers at a.example:1: Tls handshake failed")
    assert "--plaintext" in explained(error)[1][1]


def test_an_invalid_request_is_told_field_by_field() -> None:
    error = EnrichmentError(
        grpc.StatusCode.INVALID_ARGUMENT,
        "2 rules are broken",
        field_violations=(FieldViolation("website_url", "needs a domain"), FieldViolation("layers", "twice")),
    )
    assert explained(error) == (ExitCode.USAGE, ["website_url: needs a domain", "layers: twice"])


def test_an_invalid_request_without_fields_is_told_by_its_message() -> None:
    error = EnrichmentError(grpc.StatusCode.INVALID_ARGUMENT, "used before", reason="REQUEST_ID_REUSED")
    assert explained(error) == (ExitCode.USAGE, ["used before"])


def test_an_overloaded_server_is_to_be_asked_again() -> None:
    error = EnrichmentError(grpc.StatusCode.UNAVAILABLE, "all streams in use", reason="OVERLOADED", retry_after=1.5)
    assert explained(error) == (
        ExitCode.SERVER_FAILED,
        ["the server could not serve this: all streams in use (OVERLOADED)", "try again in 1.5 s"],
    )


NOT_THE_SERVERS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
}


@pytest.mark.parametrize("code", set(grpc.StatusCode) - NOT_THE_SERVERS)
def test_every_other_code_is_a_failure_of_the_server(code: grpc.StatusCode) -> None:
    exit_code, lines = explained(EnrichmentError(code, "words\x1b[31m"))
    assert exit_code is ExitCode.SERVER_FAILED
    assert all(line.isprintable() for line in lines)


def test_a_silent_server_may_be_given_more_time() -> None:
    assert "--timeout" in explained(EnrichmentError(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded"))[1][0]


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED])
def test_who_is_not_known_learns_where_the_token_goes(code: grpc.StatusCode) -> None:
    exit_code, lines = explained(EnrichmentError(code, "no token came with the call"))
    assert exit_code is ExitCode.USAGE
    assert lines == ["no token came with the call", "IMENSIAH_TOKEN holds the token; `imensiah token` makes one"]


def test_a_certificate_that_nobody_known_has_signed_leads_to_the_option() -> None:
    error = Unreachable(grpc.StatusCode.UNAVAILABLE, "no server answers at a:1: CERTIFICATE_VERIFY_FAILED")
    assert explained(error)[1][1] == "name who signed the server's certificate with --ca FILE"
