"""OpenCNPJ: the Brazilian company registry once more, in the words of its monthly dump.

Shape: `JsonProjection.cs` of Hitmasu/OpenCNPJ, which writes the records, and the schema at api.opencnpj.org/schema.
"""

import re

from enrichment.sandbox.providers.receitaws import capitals, owner, phones, seat_of, trade_name
from enrichment.sandbox.wire import Reply, Request, gateway_error, html_reply, json_reply, pause, text_reply
from enrichment.sandbox.world import Company, Facts, World

PATH = re.compile(r"/([0-9A-Z]{12}[0-9]{2})")


class OpenCnpj:
    """Answers for CNPJs of the world's Brazilian companies."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A company, or a refusal; check digits are not looked at."""
        if not (found := PATH.fullmatch(request.path)):
            return json_reply(400, {"error": "invalid cnpj"})
        company, branch = self._world.numbered(found[1]) or (None, 0)
        if company is None or not company.is_known_to("opencnpj"):
            return json_reply(404, {"error": "not found"})
        return json_reply(200, _record(company, found[1], branch))

    def throttled(self, retry_after: int | None) -> Reply:
        """Cloudflare's words, since the provider has none of its own."""
        return text_reply(429, "error code: 1015", pause(retry_after))

    def failed(self, status: int) -> Reply:
        """403 is a challenge for a browser, 502 what it says of data that it cannot read."""
        if status == 403:
            return html_reply(403, "<html><head><title>Just a moment...</title></head></html>")
        return json_reply(502, {"error": "a shard is broken"}) if status == 502 else gateway_error(status)


def _record(company: Company, number: str, branch: int) -> dict[str, object]:
    facts = company.told_by("opencnpj")
    is_closed = facts.status == "closed"
    code, wording = company.industry.cnae
    activity = re.sub("[^0-9]", "", code)
    return {
        "cnpj": number,
        "razao_social": capitals(facts.legal_name),
        "nome_fantasia": trade_name(company, facts),
        "situacao_cadastral": "Baixada" if is_closed else "Ativa",
        "data_situacao_cadastral": "2024-06-28" if is_closed else f"{facts.incorporated_on:%Y-%m-%d}",
        "matriz_filial": "Matriz" if branch == 1 else "Filial",
        "data_inicio_atividade": f"{facts.incorporated_on:%Y-%m-%d}",
        "cnae_principal": activity,
        "cnaes_secundarios": [],
        "cnaes": [{"codigo": activity, "descricao": wording, "is_principal": True}],
        "natureza_juridica": facts.legal_form.split(" - ", 1)[1],
        **_place(company, facts, branch),
        "email": facts.email.upper(),
        "telefones": [{"ddd": area, "numero": told, "is_fax": False} for area, told in phones(company, facts)],
        "capital_social": f"{facts.capital // 100},{facts.capital % 100:02d}",
        "porte_empresa": _size(facts.employees),
        "opcao_simples": "",
        "data_opcao_simples": "",
        "opcao_mei": "",
        "data_opcao_mei": "",
        "QSA": [_partner(company, facts)],
    }


def _place(company: Company, facts: Facts, branch: int) -> dict[str, str]:
    where = seat_of(company, facts, branch)
    kind, _, name = capitals(where.street_name).partition(" ")
    return {
        "tipo_logradouro": kind,
        "logradouro": name,
        "numero": where.number,
        "complemento": "",
        "bairro": capitals(where.district),
        "cep": where.postal_code.replace("-", ""),
        "uf": where.city.region_code,
        "municipio": capitals(where.city.name),
    }


def _size(employees: int) -> str:
    if employees < 10:
        return "Microempresa (ME)"
    return "Empresa de Pequeno Porte (EPP)" if employees < 50 else "Demais"


def _partner(company: Company, facts: Facts) -> dict[str, str]:
    return {
        "nome_socio": owner(company),
        "cnpj_cpf_socio": "",
        "qualificacao_socio": "Sócio",
        "data_entrada_sociedade": f"{facts.incorporated_on:%Y-%m-%d}",
        "identificador_socio": "Pessoa Jurídica",
        "faixa_etaria": "Não se aplica",
    }
