"""ReceitaWS: what Receita Federal, Brazil's company register, holds of a CNPJ.

Free: `/v1/cnpj/{cnpj}`, three requests in any minute for each address they come from. With a key: `/days/{n}` accepts
an answer of at most so many days. Its errors come as 200 with a message. Read in November 2026.
"""

import re
from collections.abc import Mapping
from datetime import date

import httpx
from stdnum.br import cnpj

from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault, Rejected, SourceError, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Subject
from enrichment.sources.failures import Failures, described, media_type
from enrichment.sources.http import address
from enrichment.sources.payload import at, day, items, json_object, text
from enrichment.sources.receita import MOST_ACTIVITIES, Place, Record, head_office, told

# A paid answer may be as old as our own REGISTRY layer lets it become.
OLDEST_ANSWER_DAYS = 30

# The documented window, for a 429 that names no time.
FAILURES = Failures(pause_seconds=60.0)
# What an ERROR says, folded; None: the register has no such company. First come, first served.
MESSAGES: tuple[tuple[str, type[SourceError] | None], ...] = (
    ("rejeitado", None),
    ("inválido", Rejected),
    ("invalido", Rejected),
    ("timeout", Fault),
    ("too many", Throttled),
    ("limite", Throttled),
)

_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


def question(subject: Subject) -> bytes | None:
    """The head office's CNPJ in its 14 characters."""
    return head_office(subject).encode() or None


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """The free call, or the paid one where there is a key."""
    path = f"/v1/cnpj/{head_office(subject)}"
    if not entry.api_key:
        return httpx.Request("GET", address(entry.base_url, path))
    url = address(entry.base_url, f"{path}/days/{OLDEST_ANSWER_DAYS}")
    return httpx.Request("GET", url, headers={"authorization": f"Bearer {entry.api_key}"})


def read(response: httpx.Response, subject: Subject) -> Reading:
    """What the register holds of the CNPJ; of a person who trades alone only what names nobody."""
    error = FAILURES.of(response)
    # A refusal with its reason in JSON says more than its status does.
    if error and not (response.status_code in (400, 404) and "json" in media_type(response)):
        raise error
    data = json_object(response)
    if text(data, "status") != "OK":
        return _refused(response, text(data, "message").casefold())
    number = head_office(subject)
    if cnpj.compact(text(data, "cnpj")) != number:
        raise Unreadable("the answer is about another company", is_cost_unknown=True)
    return Reading(told(_record(data), number))


def _refused(response: httpx.Response, message: str) -> Reading:
    for words, kind in MESSAGES:
        if words in message:
            if kind is None:
                return NOT_FOUND
            raise FAILURES.throttled(response, words) if kind is Throttled else kind(described(response, words))
    raise Unreadable(described(response, "neither a company nor a known error"), is_cost_unknown=True)


def _record(data: Mapping[str, object]) -> Record:
    activities = (*items(data, "atividade_principal")[:1], *items(data, "atividades_secundarias")[:MOST_ACTIVITIES])
    # A text like all others, and now and then a number.
    capital = at(data, "capital_social")
    return Record(
        name=text(data, "nome"),
        trade_name=text(data, "fantasia"),
        situation=text(data, "situacao"),
        legal_nature=text(data, "natureza_juridica"),
        is_sole_trader=at(data, "simei", "optante") is True,
        is_branch=text(data, "tipo").casefold() == "filial",
        opened_on=_date(text(data, "abertura")),
        activities=[(text(activity, "code"), text(activity, "text")) for activity in activities],
        place=Place(
            street=text(data, "logradouro"),
            number=text(data, "numero"),
            complement=text(data, "complemento"),
            district=text(data, "bairro"),
            city=text(data, "municipio"),
            region=text(data, "uf"),
            postal_code=text(data, "cep"),
        ),
        phones=text(data, "telefone").split("/"),
        email=text(data, "email"),
        capital=str(capital) if isinstance(capital, str | int | float) else "",
    )


def _date(written: str) -> date | None:
    match = _DAY.fullmatch(written)
    return day(match[3], match[2], match[1]) if match else None
