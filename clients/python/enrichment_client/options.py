"""What a caller may ask beyond the website, in Python's own words."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from imensiah.enrichment.v1.company_pb2 import CompanyField
from imensiah.enrichment.v1.enrichment_service_pb2 import CompanyHints, EnrichRequest, Layer

# The contract's numbers by the short names that people write: "legal_name", "registry".
FIELDS: Mapping[str, CompanyField.ValueType] = {
    name.removeprefix("COMPANY_FIELD_").lower(): number for name, number in CompanyField.items() if number
}
LAYERS: Mapping[str, Layer.ValueType] = {
    name.removeprefix("LAYER_").lower(): number for name, number in Layer.items() if number
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichOptions:
    """How far to go and for how much; every option may be left out.

    `max_cost_usd_micros`: the most to spend, in millionths of a US dollar; None means the server's default, 0 nothing.
    `wanted_fields` and `layers` are short names ("legal_name", "registry"); empty means all.
    `hints`: what is already known of the company. `max_age`: values older than this are fetched again.
    `request_id` (a UUID): the same request under the same id within ten minutes is paid for once.
    `include_source_outcomes`: an event as each source ends, too.
    """

    max_cost_usd_micros: int | None = None
    wanted_fields: Sequence[str] = ()
    layers: Sequence[str] = ()
    hints: CompanyHints | None = None
    max_age: timedelta | None = None
    request_id: str = ""
    include_source_outcomes: bool = False

    def request(self, website_url: str) -> EnrichRequest:
        """The contract's message for one company.

        Raises ValueError for a name that does not exist, with the closest one that does, and for a number that the
        contract cannot carry.
        """
        request = EnrichRequest(
            website_url=website_url,
            hints=self.hints,
            wanted_fields=[FIELDS[_known(name, FIELDS, "field")] for name in self.wanted_fields],
            layers=[LAYERS[_known(name, LAYERS, "layer")] for name in self.layers],
            max_cost_usd_micros=self.max_cost_usd_micros,
            request_id=self.request_id,
            include_source_outcomes=self.include_source_outcomes,
        )
        if self.max_age is not None:
            max_age = Duration()
            max_age.FromTimedelta(self.max_age)
            request.max_age.CopyFrom(max_age)
        return request


def _known(name: str, names: Mapping[str, object], kind: str) -> str:
    spelled = name.strip().lower().replace("-", "_")
    if spelled in names:
        return spelled
    close = difflib.get_close_matches(spelled, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
    raise ValueError(f"no {kind} is named {name!r}; {hint}")
