"""OpenCNPJ: Receita Federal's monthly dump of Brazil's company register, by CNPJ; free and without a key.

`/{cnpj}`. There is no documented limit: Cloudflare stands before it and answers those who ask too often, and some
addresses from the start, with a page. Read in November 2026.
"""

from collections.abc import Iterator, Mapping

import httpx
from stdnum.br import cnpj

from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Rejected, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Subject
from enrichment.sources.failures import Failures, media_type
from enrichment.sources.http import address
from enrichment.sources.payload import at, iso_date, items, json_object, text
from enrichment.sources.receita import MOST_ACTIVITIES, Place, Record, head_office, told

# There are no keys to refuse.
FAILURES = Failures(statuses={401: Rejected, 403: Throttled})
MOST_PHONES = 10


def question(subject: Subject) -> bytes | None:
    """The head office's CNPJ in its 14 characters."""
    return head_office(subject).encode() or None


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """A lookup of the number."""
    return httpx.Request("GET", address(entry.base_url, f"/{head_office(subject)}"))


def read(response: httpx.Response, subject: Subject) -> Reading:
    """What the register holds of the CNPJ; of a person who trades alone only what names nobody."""
    if response.status_code < 500 and media_type(response) == "text/html":
        raise FAILURES.throttled(response)
    if response.status_code == 404 and "json" in media_type(response):
        return NOT_FOUND
    if error := FAILURES.of(response):
        raise error
    data = json_object(response)
    number = head_office(subject)
    if cnpj.compact(text(data, "cnpj")) != number:
        raise Unreadable("the answer is about another company", is_cost_unknown=True)
    return Reading(told(_record(data), number))


def _record(data: Mapping[str, object]) -> Record:
    return Record(
        name=text(data, "razao_social"),
        trade_name=text(data, "nome_fantasia"),
        situation=text(data, "situacao_cadastral"),
        legal_nature=text(data, "natureza_juridica"),
        is_sole_trader=text(data, "opcao_mei").upper() == "S",
        is_branch=text(data, "matriz_filial").casefold() == "filial",
        opened_on=iso_date(data, "data_inicio_atividade"),
        activities=list(_activities(data)),
        place=Place(
            street=" ".join(part for part in (text(data, "tipo_logradouro"), text(data, "logradouro")) if part),
            number=text(data, "numero"),
            complement=text(data, "complemento"),
            district=text(data, "bairro"),
            city=text(data, "municipio"),
            region=text(data, "uf"),
            postal_code=text(data, "cep"),
        ),
        phones=list(_phones(data)),
        email=text(data, "email"),
        capital=text(data, "capital_social").replace(",", "."),
    )


def _activities(data: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Codes with their wordings, which newer dumps have in a list of their own."""
    wordings = {text(one, "codigo"): text(one, "descricao") for one in items(data, "cnaes")[:MOST_ACTIVITIES]}
    for code in (at(data, "cnae_principal"), *items(data, "cnaes_secundarios")[:MOST_ACTIVITIES]):
        written = text(code)
        yield written, wordings.get(written, "")


def _phones(data: Mapping[str, object]) -> Iterator[str]:
    for one in items(data, "telefones")[:MOST_PHONES]:
        if at(one, "is_fax") is not True:
            yield f"({text(one, 'ddd')}) {text(one, 'numero')}"
