"""The control endpoint: `/_sandbox/`, for those who drive the sandbox from another process."""

import json
from collections.abc import Mapping
from typing import Any, cast

from enrichment.sandbox import faults
from enrichment.sandbox.exchange import Desk
from enrichment.sandbox.latency import PROVIDERS
from enrichment.sandbox.wire import Reply, Request, json_reply
from enrichment.sandbox.world import Company, World

PREFIX = "/_sandbox/"
_HELP = (
    "GET bill, GET companies, GET journal[?provider=], GET or PUT settings, GET faults, "
    "GET, PUT or DELETE faults/{provider}, POST reset"
)


class Control:
    """Answers for paths under `/_sandbox/`; whatever it does not understand is a 400 with a sentence."""

    def __init__(self, desk: Desk, world: World) -> None:
        self._desk = desk
        self._world = world

    def answer(self, request: Request) -> Reply:
        """The state asked for, or the change made."""
        head, _, rest = request.path.removeprefix(PREFIX).partition("/")
        try:
            return json_reply(200, self._act(request, head, rest))
        except ValueError as error:
            return json_reply(400, {"error": str(error)})

    def _act(self, request: Request, head: str, rest: str) -> object:
        match request.method, head, rest:
            case "GET", "bill", "":
                return self._desk.bill.shown()
            case "GET", "companies", "":
                return {"companies": [_shown(company) for company in self._world.companies]}
            case "GET", "journal", "":
                return self._journal(request.query.get("provider"))
            case "GET", "settings", "":
                return {"rate_limits": self._desk.has_rate_limits}
            case "PUT", "settings", "":
                return self._set(_json(request.body))
            case "GET", "faults", "":
                return {"faults": {provider: self._desk.faults.shown(provider) for provider in PROVIDERS}}
            case "GET" | "PUT" | "DELETE", "faults", provider:
                return self._fault(request, provider)
            case "POST", "reset", "":
                self._desk.reset()
                return {"reset": True}
            case _:
                raise ValueError(f"{request.method} {request.path} is not understood; there are: {_HELP}")

    def _fault(self, request: Request, provider: str) -> object:
        faults.check_provider(provider)
        if request.method == "PUT":
            self._desk.faults.set(provider, faults.parse(provider, _json(request.body)))
        elif request.method == "DELETE":
            self._desk.faults.clear(provider)
        return {"provider": provider, "fault": self._desk.faults.shown(provider)}

    def _set(self, data: object) -> object:
        values: Mapping[str, Any] = cast(Mapping[str, Any], data) if isinstance(data, dict) else {}
        if set(values) != {"rate_limits"} or not isinstance(values["rate_limits"], bool):
            raise ValueError('settings are {"rate_limits": true} or {"rate_limits": false}')
        self._desk.has_rate_limits = values["rate_limits"]
        return {"rate_limits": self._desk.has_rate_limits}

    def _journal(self, provider: str | None) -> object:
        if provider is not None:
            faults.check_provider(provider)
        return {"exchanges": [exchange.shown() for exchange in self._desk.journal.exchanges(provider)]}


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body must be JSON") from None


def _shown(company: Company) -> Mapping[str, object]:
    return {
        "domain": company.domain,
        "name": company.facts.name,
        "country": company.country.code,
        "template": company.site.template,
        "site": company.site.state,
        "robots": company.site.robots,
        "unknown_to": sorted(company.unknown_to),
        "planted": [
            {"kind": planted.kind, "field": planted.field, "truth": planted.truth, "told": dict(planted.told)}
            for planted in company.planted
        ],
    }
