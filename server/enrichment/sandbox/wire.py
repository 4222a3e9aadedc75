"""A request and a reply as plain values, so that what a provider says needs no socket to be tested."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `path` is decoded, names of `headers` are in lower case, `peer` is where it comes from."""

    path: str
    method: str = "GET"
    host: str = ""
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response; `cost_usd_micros` is what the provider bills for it."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cost_usd_micros: int = 0


class Provider(Protocol):
    """What one provider says: to a request, and when it is told to throttle or to fail."""

    def answer(self, request: Request) -> Reply: ...

    def throttled(self, retry_after: int | None) -> Reply: ...

    def failed(self, status: int) -> Reply: ...


def json_reply(status: int, data: object, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply in JSON, in UTF-8 and not escaped."""
    body = json.dumps(data, ensure_ascii=False).encode()
    return Reply(status, body, "application/json; charset=utf-8", headers or {})


def html_reply(status: int, html: str, headers: Mapping[str, str] | None = None) -> Reply:
    """A page in UTF-8."""
    return Reply(status, html.encode(), "text/html; charset=utf-8", headers or {})


def text_reply(status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Plain text in UTF-8."""
    return Reply(status, text.encode(), "text/plain; charset=utf-8", headers or {})


def gateway_error(status: int) -> Reply:
    """What a load balancer says when the provider behind it does not: a page, whatever was asked for."""
    return html_reply(status, f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>")


def pause(retry_after: int | None) -> Mapping[str, str]:
    """The header that asks for a pause of so many seconds, or none."""
    return {} if retry_after is None else {"Retry-After": str(retry_after)}
