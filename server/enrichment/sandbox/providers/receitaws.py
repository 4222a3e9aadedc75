"""ReceitaWS: the Brazilian company registry, with errors that come as 200.

Shape: the free and the paid call of receitaws.com.br as recorded in 2025; `simples` and `simei` are null-dated.
"""

import re
import unicodedata
from datetime import date

import stdnum.br.cnpj

from enrichment.sandbox.wire import Reply, Request, gateway_error, json_reply, pause, text_reply
from enrichment.sandbox.world import Company, Facts, Seat, World
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.invent import TODAY
from enrichment.sandbox.world.numbers import dotted
from enrichment.sandbox.world.places import seat

KEY = "sandbox-receitaws"
_PATH = re.compile(r"/v1/cnpj/([^/]+)(?:/days/([0-9]+))?")
_INVALID = {"status": "ERROR", "message": "CNPJ inválido"}
_REJECTED = {"status": "ERROR", "message": "este CNPJ foi rejeitado"}


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
        return text_reply(429, "too many requests: come back later", pause(retry_after))

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
    is_closed = facts.status == "closed"
    updated = f"{TODAY.replace(day=1):%Y-%m-%d}T23:59:59.000Z"
    return {
        "abertura": _day(facts.incorporated_on),
        "situacao": "BAIXADA" if is_closed else "ATIVA",
        "tipo": "MATRIZ" if branch == 1 else "FILIAL",
        "nome": capitals(facts.legal_name),
        "fantasia": trade_name(company, facts) or "********",
        "porte": _size(facts.employees),
        "natureza_juridica": facts.legal_form,
        "atividade_principal": [{"code": company.industry.cnae[0], "text": company.industry.cnae[1]}],
        "qsa": [{"nome": owner(company), "qual": "22-Sócio"}] if branch == 1 else [],
        **_place(company, facts, branch),
        "email": facts.email,
        "telefone": "/ ".join(f"({area}) {number[:4]}-{number[4:]}" for area, number in phones(company, facts)),
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


def trade_name(company: Company, facts: Facts) -> str:
    """The name that the registry holds beside the one in law; "" for those who have given none."""
    return capitals(facts.name) if Draw("receitaws", company.domain).share("fantasia") < 0.7 else ""


def owner(company: Company) -> str:
    """A partner as the registry lists it: a legal entity, never a natural person."""
    kind = Draw("receitaws", company.domain).pick(
        "owner", ("PARTICIPACOES LTDA", "HOLDING S/A", "EMPREENDIMENTOS LTDA")
    )
    return f"{capitals(company.facts.seat.district)} {kind}"


def seat_of(company: Company, facts: Facts, branch: int) -> Seat:
    """Where the head office (1) or a branch sits."""
    if branch == 1:
        return facts.seat
    draw = Draw("branch", company.domain, branch)
    return seat(company.country, company.language, draw.pick("city", company.country.cities), draw)


def phones(company: Company, facts: Facts) -> list[tuple[str, str]]:
    """Area code and number of one telephone, or of two."""
    area, number = facts.phone[3:5], facts.phone[5:]
    if Draw("receitaws", company.domain).share("phones") < 0.7:
        return [(area, number)]
    return [(area, number), (area, f"{number[:4]}{int(number[4:]) ^ 1:04d}")]


def _place(company: Company, facts: Facts, branch: int) -> dict[str, str]:
    where = seat_of(company, facts, branch)
    return {
        "logradouro": capitals(where.street_name),
        "numero": where.number,
        "complemento": "",
        "municipio": capitals(where.city.name),
        "bairro": capitals(where.district),
        "uf": where.city.region_code,
        "cep": f"{where.postal_code[:2]}.{where.postal_code[2:]}",
    }
