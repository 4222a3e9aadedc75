"""What was asked of whom: the last exchanges, with every key left out."""

from collections import deque
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from enrichment.sandbox.wire import Request

_SECRETS = frozenset({"api_token", "access_token", "token", "key", "api_key"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and how it ended. `number` counts the provider's requests from 1; `at` in seconds since the epoch.

    `status` is an HTTP status or a DNS response code; `fault` is the mode that was switched on, "" where none hit it.
    """

    number: int
    at: float
    provider: str
    method: str
    target: str
    status: int
    fault: str = ""

    def shown(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)


def target_of(provider: str, request: Request) -> str:
    """Path and query of a request, without its keys; a website's host stands before them."""
    query = {name: value for name, value in request.query.items() if name not in _SECRETS}
    host = request.host if provider == "website" else ""
    return host + request.path + (f"?{urlencode(query)}" if query else "")


class Journal:
    """The last exchanges, oldest first; older ones are forgotten."""

    def __init__(self, size: int = 10_000) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=size)

    def add(self, exchange: Exchange) -> None:
        """Notes an exchange."""
        self._exchanges.append(exchange)

    def exchanges(self, provider: str | None = None) -> tuple[Exchange, ...]:
        """Those of one provider, or all."""
        return tuple(exchange for exchange in self._exchanges if provider in (None, exchange.provider))

    def clear(self) -> None:
        """Forgets everything."""
        self._exchanges.clear()
