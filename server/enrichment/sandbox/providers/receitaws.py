"""ReceitaWS: the Brazilian company registry, with errors that come as 200.

Shape: the free and the paid call of receitaws.com.br as recorded in 2025; `simples` and `simei` are null-dated.
"""

import re
import unicodedata
from datetime import date

import stdnum.br.cnpj

from enrichment.sandbox.wire import Reply, Request, gateway_error, json_reply, pause, text_reply
from enrichment.sandbox.world import Company, Facts, World
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.invent import TODAY
from enrichment.sandbox.world.numbers import dotted
from enrichment.sandbox.world.places import seat

KEY = "sandbox-receitaws"
_PATH = re.compile(r"/v1/cnpj/([^/]+)(?:/days/([0-9]+))?")
_INVALID = {"status": "ERROR", "message": "CNPJ inválido"}
_REJECTED = {"status": "ERROR", "message": "CNPJ rejeitado pela Receita Federal"}


class ReceitaWS:
    """Answers for CNPJs of the world's Brazilian companies."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A company, or a refusal that the status does not show."""
        if not (found := _PATH.fullmatch(request.path)):
            return gateway_error(404)
        if found[2] and request.headers.get("authorization") != f"Bearer {KEY}":
            return json_reply(401, {"status": "ERROR", "message": "Unauthorized"})
        number = stdnum.br.cnpj.compact(found[1])
        if not stdnum.br.cnpj.is_valid(number):
            return json_reply(200, _INVALID)
        company, branch = self._world.numbered(number) or (None, 0)
        if company is None or not company.is_known_to("receitaws"):
            return json_reply(200, _REJECTED)
        record = _record(company, number, branch)
        return json_reply(200, {**record, "billing": {"free": not found[2], "database": True}})

    def throttled(self, retry_after: int | None) -> Reply:
        """More than three in a minute from one address."""
        return text_reply(429, "Too many requests, please try again later.", pause(retry_after))

    def failed(self, status: int) -> Reply:
        """What stands before it answers in its place."""
        return text_reply(504, "Timeout") if status == 504 else gateway_error(status)


def capitals(text: str) -> str:
    """As the registry writes: upper case, without accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _record(company: Company, number: str, branch: int) -> dict[str, object]:
    facts = company.told_by("receitaws")
    draw = Draw("receitaws", company.domain)
    is_closed = facts.status == "closed"
    updated = f"{TODAY.replace(day=1):%Y-%m-%d}T23:59:59.000Z"
    return {
        "abertura": _day(facts.incorporated_on),
        "situacao": "BAIXADA" if is_closed else "ATIVA",
        "tipo": "MATRIZ" if branch == 1 else "FILIAL",
        "nome": capitals(facts.legal_name),
        "fantasia": capitals(facts.name) if draw.share("fantasia") < 0.7 else "********",
        "porte": _size(facts.employees),
        "natureza_juridica": facts.legal_form,
        "atividade_principal": [{"code": company.industry.cnae[0], "text": company.industry.cnae[1]}],
        "qsa": _owners(company, draw) if branch == 1 else [],
        **_place(company, facts, branch),
        "email": facts.email,
        "telefone": _phones(facts.phone, draw),
        "data_situacao": _day(date(2024, 6, 28) if is_closed else max(facts.incorporated_on, date(2005, 11, 3))),
        "cnpj": dotted(number),
        "ultima_atualizacao": updated,
        "status": "OK",
        "efr": "",
        "motivo_situacao": "Extinção Por Encerramento Liquidação Voluntária" if is_closed else "",
        "situacao_especial": "",
        "data_situacao_especial": "",
        "atividades_secundarias": [{"code": "00.00-0-00", "text": "Não informada"}],
        "capital_social": f"{facts.capital // 100}.{facts.capital % 100:02d}" if branch == 1 else "0.00",
        "simples": _regime(updated),
        "simei": _regime(updated),
        "extra": {},
    }


def _size(employees: int) -> str:
    if employees < 10:
        return "MICRO EMPRESA"
    return "EMPRESA DE PEQUENO PORTE" if employees < 50 else "DEMAIS"


def _regime(updated: str) -> dict[str, object]:
    return {"optante": False, "data_opcao": None, "data_exclusao": None, "ultima_atualizacao": updated}


def _owners(company: Company, draw: Draw) -> list[dict[str, str]]:
    """Legal entities alone: the registry's list of partners, without a single natural person."""
    kind = draw.pick("owner", ("PARTICIPACOES LTDA", "HOLDING S/A", "EMPREENDIMENTOS LTDA"))
    return [{"nome": f"{capitals(company.facts.seat.district)} {kind}", "qual": "22-Sócio"}]


def _place(company: Company, facts: Facts, branch: int) -> dict[str, str]:
    where = facts.seat
    if branch != 1:
        draw = Draw("branch", company.domain, branch)
        where = seat(company.country, company.language, draw.pick("city", company.country.cities), draw)
    return {
        "logradouro": capitals(where.street_name),
        "numero": where.number,
        "complemento": "",
        "municipio": capitals(where.city.name),
        "bairro": capitals(where.district),
        "uf": where.city.region_code,
        "cep": f"{where.postal_code[:2]}.{where.postal_code[2:]}",
    }


def _phones(phone: str, draw: Draw) -> str:
    """One number, or two as the registry joins them."""
    area, number = phone[3:5], phone[5:]
    first = f"({area}) {number[:4]}-{number[4:]}"
    return first if draw.share("phones") < 0.7 else f"{first}/ ({area}) {number[:4]}-{int(number[4:]) ^ 1:04d}"
