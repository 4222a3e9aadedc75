"""What a stream is waiting for, and what it has cost so far. Pure."""

from collections.abc import Iterable

from enrichment.domain.money import dollars
from enrichment.terminal.outcomes import layer_name
from enrichment.terminal.text import clean, listed
from imensiah.enrichment.v1.enrichment_service_pb2 import Disposition, EnrichResponse, Layer, SourceOutcome

# They ended without having been asked.
QUIET = (Disposition.DISPOSITION_SKIPPED, Disposition.DISPOSITION_PENDING)


class Progress:
    """Follows a stream event by event; `str()` of it is the line beside the spinner."""

    def __init__(self) -> None:
        self._awaited: list[Layer.ValueType] = []
        self._answered: dict[str, SourceOutcome] = {}
        self._has_started = False

    def see(self, event: EnrichResponse) -> None:
        """Takes one event into account."""
        match event.WhichOneof("event"):
            case "started":
                self._awaited = list(event.started.layers)
                self._has_started = True
            case "source":
                self._take([event.source])
            case "layer":
                self._take(event.layer.sources)
                self._awaited = [layer for layer in self._awaited if layer != event.layer.layer]
            case _:
                pass

    def _take(self, outcomes: Iterable[SourceOutcome]) -> None:
        self._answered.update({outcome.source: outcome for outcome in outcomes})

    def __str__(self) -> str:
        if not self._has_started:
            return "waiting for the server"
        spent = dollars(sum(outcome.cost_usd_micros for outcome in self._answered.values()))
        if not self._awaited:
            return f"finishing · {spent} so far"
        layer = self._awaited[0]
        names = [
            clean(outcome.source)
            for outcome in self._answered.values()
            if outcome.layer == layer and outcome.disposition not in QUIET
        ]
        heard = f", heard from {listed(names)}" if names else ""
        return f"waiting for {layer_name(layer)}{heard} · {spent} so far"
