"""What is shown of each event of a stream. Pure: an event and the time in, something to print out."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from enrichment.domain.money import dollars
from enrichment.terminal.outcomes import ending, layer_name, shortfall, why
from enrichment.terminal.text import age, clean, lasted, listed
from enrichment.terminal.values import field_name, value_text
from imensiah.enrichment.v1.company_pb2 import Evidence
from imensiah.enrichment.v1.enrichment_service_pb2 import (
    EnrichmentCompleted,
    EnrichmentStarted,
    EnrichResponse,
    GetCompanyResponse,
    LayerResult,
    SourceOutcome,
)

INDENT = (0, 0, 0, 2)


def part(event: EnrichResponse, now: float) -> RenderableType | None:
    """What an event shows, None where that is nothing; `now` in seconds since the epoch."""
    match event.WhichOneof("event"):
        case "started":
            return _started(event.started)
        case "layer":
            return _layer(event.layer, now)
        case "completed":
            return _completed(event.completed)
        case _:
            # SourceOutcomes come again with their layer; kinds that are newer than this program have no form here.
            return None


def _started(started: EnrichmentStarted) -> RenderableType:
    layers = listed([layer_name(layer) for layer in started.layers])
    return Group(
        Text(clean(started.domain), "bold"),
        Text(f"{layers}, for at most {dollars(started.max_cost_usd_micros)}", "dim"),
    )


def _layer(layer: LayerResult, now: float) -> RenderableType:
    lines: list[RenderableType] = [
        Text(),
        _heading(layer),
    ]
    if layer.updated_fields:
        lines.append(Padding(_values(layer, now), INDENT))
    lines += [Padding(Text(note, "dim"), INDENT) for note in _notes(layer.evidence)]
    if layer.updated_fields and layer.sources:
        lines.append(Text())
    if layer.sources:
        lines.append(Padding(_sources(layer.sources), INDENT))
    return Group(*lines)


def _heading(layer: LayerResult) -> Table:
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right", style="dim")
    figures = f"{lasted(layer.duration.ToTimedelta())} · {dollars(layer.cost_usd_micros)}"
    line.add_row(Text(layer_name(layer.layer).capitalize(), "bold"), Text(figures))
    return line


def profile(held: GetCompanyResponse, now: float) -> RenderableType:
    """What is held of a company: every value with its source, and the notes that providers ask for."""
    fields = list(dict.fromkeys(claim.field for claim in held.evidence if claim.selected))
    layer = LayerResult(company=held.company, evidence=held.evidence, updated_fields=fields)
    notes = [Text(note, "dim") for note in _notes(layer.evidence)]
    return Group(Text(clean(held.company.domain), "bold"), Text(), _values(layer, now), *notes)


def _values(layer: LayerResult, now: float) -> Table:
    table = Table(box=None, expand=True, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("field", no_wrap=True, style="dim")
    table.add_column("value", ratio=1, overflow="fold")
    table.add_column("source", no_wrap=True, style="dim")
    table.add_column("sure", no_wrap=True, justify="right")
    table.add_column("age", no_wrap=True, justify="right", style="dim")
    for field in layer.updated_fields:
        claims = [claim for claim in layer.evidence if claim.field == field and claim.selected]
        table.add_row(Text(field_name(field)), Text(value_text(layer.company, field)), *_origin(claims, now))
    return table


def _origin(claims: list[Evidence], now: float) -> tuple[Text, Text, Text]:
    """Source, confidence and age of a value: of its strongest claim, with the number of those that agree."""
    if not claims:
        return Text(), Text(), Text()
    best = max(claims, key=lambda claim: claim.confidence)
    agreeing = f" +{len(claims) - 1}" if len(claims) > 1 else ""
    is_stale = best.HasField("expire_time") and best.expire_time.ToNanoseconds() / 1e9 < now
    old = age(now - best.observed_time.ToNanoseconds() / 1e9) if best.HasField("observed_time") else ""
    return Text(clean(best.source) + agreeing), Text(f"{best.confidence:.2f}"), Text(old + " old" * is_stale)


def _notes(evidence: Iterable[Evidence]) -> list[str]:
    """What providers ask to be shown with their values, and which values they forbid to keep."""
    shown = [claim for claim in evidence if claim.selected]
    notes = list(
        dict.fromkeys(f"{clean(claim.source)}: {clean(claim.attribution)}" for claim in shown if claim.attribution)
    )
    transient = [field_name(claim.field) for claim in shown if claim.transient]
    if transient:
        notes.append(f"not to be stored: {listed(list(dict.fromkeys(transient)))}")
    return notes


def _sources(outcomes: Iterable[SourceOutcome]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, style="dim", overflow="fold")
    for outcome in outcomes:
        words, style = ending(outcome)
        table.add_row(Text(clean(outcome.source)), Text(words, style), Text(why(outcome)))
    return table


def _completed(completed: EnrichmentCompleted) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(*_verdict(completed))
    held = ", all from the cache" if completed.from_cache else ""
    saved = f", {dollars(completed.saved_usd_micros)} saved" if completed.saved_usd_micros else ""
    table.add_row(Text("Cost", "bold"), Text(f"{dollars(completed.cost_usd_micros)}{held}{saved}"))
    for number, line in enumerate(_missing(completed)):
        table.add_row(Text("" if number else "Missing", "bold"), Text(line))
    return Group(Text(), table)


def _verdict(completed: EnrichmentCompleted) -> tuple[Text, Text]:
    time = lasted(completed.duration.ToTimedelta())
    is_empty = not completed.HasField("confidence")
    if is_empty and not completed.partial:
        return Text("Unknown", "bold"), Text(f"no source knows this company, in {time}")
    sure = "" if is_empty else f", on average {completed.confidence:.2f} sure"
    title = Text("Partial", "bold") if completed.partial else Text("Complete", "bold green")
    return title, Text(f"{completed.completeness:.0%} of what was asked{sure}, in {time}")


def _missing(completed: EnrichmentCompleted) -> list[str]:
    fields: dict[str, list[str]] = {}
    for missing in completed.shortfalls:
        fields.setdefault(shortfall(missing), []).append(field_name(missing.field))
    return [f"{listed(names)}: {reason}" for reason, names in fields.items()]
