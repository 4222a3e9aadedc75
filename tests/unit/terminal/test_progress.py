"""The line beside the spinner."""

from client.example import FOUNDATION, INFERENCE, REGISTRY, SOURCE, STARTED
from enrichment.terminal.progress import Progress
from imensiah.enrichment.v1.enrichment_service_pb2 import Disposition, EnrichResponse, Layer, SourceOutcome


def line_after(*events: EnrichResponse) -> str:
    progress = Progress()
    for event in events:
        progress.see(event)
    return str(progress)


def test_before_the_first_event_the_server_is_awaited() -> None:
    assert line_after() == "waiting for the server"


def test_the_first_layer_is_awaited_once_the_stream_has_started() -> None:
    assert line_after(STARTED) == "waiting for foundation · $0 so far"


def test_sources_are_named_as_they_answer() -> None:
    assert line_after(STARTED, SOURCE) == "waiting for foundation, heard from website · $0 so far"


def test_a_completed_layer_is_no_longer_awaited() -> None:
    assert line_after(STARTED, SOURCE, FOUNDATION) == "waiting for registry · $0 so far"


def test_cost_adds_up_and_no_source_counts_twice() -> None:
    mapbox = EnrichResponse(source=REGISTRY.layer.sources[2])
    assert line_after(STARTED, FOUNDATION, mapbox).endswith("heard from mapbox · $0.00075 so far")
    assert line_after(STARTED, FOUNDATION, mapbox, REGISTRY) == "waiting for inference · $0.00075 so far"


def test_a_source_that_was_not_called_is_not_named() -> None:
    skipped = SourceOutcome(source="mapbox", layer=Layer.LAYER_FOUNDATION, disposition=Disposition.DISPOSITION_SKIPPED)
    assert line_after(STARTED, EnrichResponse(source=skipped)) == "waiting for foundation · $0 so far"


def test_after_the_last_layer_the_end_is_near() -> None:
    assert line_after(STARTED, FOUNDATION, REGISTRY, INFERENCE) == "finishing · $0.001162 so far"
