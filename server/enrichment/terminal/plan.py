"""What an enrichment would do, as a table. Pure."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from enrichment.domain.money import dollars
from enrichment.terminal.outcomes import REASONS, layer_name
from enrichment.terminal.text import clean
from imensiah.enrichment.v1.enrichment_service_pb2 import PlanEnrichmentResponse, PlannedSource


def plan_table(plan: PlanEnrichmentResponse) -> RenderableType:
    """Every source, layer by layer: called or not, for how much, and why; then the most that all of it can cost."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("source", "layer", "", "at most"):
        table.add_column(heading, no_wrap=True)
    table.add_column("why", style="dim", overflow="fold")
    for source in plan.sources:
        price = dollars(source.price_usd_micros) if source.would_call and source.price_usd_micros else ""
        table.add_row(clean(source.source), layer_name(source.layer), _part(source), price, Text(_why(source)))
    return Group(
        Text(clean(plan.domain), "bold"),
        Text(),
        table,
        Text(),
        Text(f"At most {dollars(plan.max_cost_usd_micros)}. Nothing was asked and nothing paid.", "dim"),
    )


def _part(source: PlannedSource) -> Text:
    if source.would_call:
        return Text("call", "green")
    return Text("held", "green") if source.cached else Text("no call", "dim")


def _why(source: PlannedSource) -> str:
    return clean(source.explanation) or REASONS.get(source.skip_reason, "")
