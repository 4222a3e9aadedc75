"""How a company is reached, and never how a person is."""

import re

import phonenumbers

from enrichment.domain.errors import InvalidRequest
from enrichment.domain.website import registrable_domain
from enrichment.sources import personal_numbers

# What may stand before the @: a task, in the languages of the companies we meet. A name never does.
ROLES = frozenset(
    re.findall(
        r"\w+",
        """
        accounting accounts adm admin administracao administracion administration administrativo ajuda atencion
        atendimento billing business care careers cobranca comercial comercio commercial company compliance
        compras comunicacao contabil contabilidade contact contacto contactus contato contatos contratos
        corporate corporativo customer customercare customerservice desk dpo email empresa empresas enquiries
        equipe escritorio faleconosco faturamento feedback finance financeiro fiscal general geral hello hi hola
        hr imprensa info informacion informacoes inquiries investor investors invoice invoices ir jobs juridico
        kontakt kundenservice legal logistica loja mail marketing matriz media mkt negocios nf nfe office oi ola
        orders ouvidoria parcerias partners partnerships pedidos post press privacidade privacy purchasing
        recepcao reception recruiting recrutamento relacionamento rh sac sales secretaria service services
        servico servicos shop societario store suporte support team tributario us vagas vendas ventas vertrieb
        web webmaster welcome
        """,
    )
)
# Enough for a year; more may be a CPF.
MOST_DIGITS = 4
_WITHIN = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_MAILBOX = re.compile(r"([a-z0-9][a-z0-9._+-]{0,63})@([a-z0-9-]+(?:\.[a-z0-9-]+)+)")


def own_mailbox(text: str, domain: str) -> str:
    """A role's e-mail address if the company's own domain stands behind its @, else ""."""
    mailbox = role_mailbox(text)
    return mailbox if mailbox.endswith((f"@{domain}", f".{domain}")) else ""


def role_mailbox(text: str) -> str:
    """An e-mail address, of any domain, in lower case if a role stands before its @, else ""."""
    match = _MAILBOX.fullmatch(text.strip().lower())
    if not match:
        return ""
    # "contato2" and "sac.vendas" are tasks, "sales.anna" is a person.
    words = [word for word in re.split(r"[._+\-\d]+", match[1]) if word]
    is_role = bool(words) and ROLES.issuperset(words) and sum(map(str.isdigit, match[1])) <= MOST_DIGITS
    return match[0] if is_role else ""


def without_peoples_mailboxes(text: str, domain: str) -> str:
    """A text on one line without the e-mail addresses in it that are no role's on the company's own domain."""
    return " ".join(_WITHIN.sub(lambda found: found[0] if own_mailbox(found[0], domain) else " ", text).split())


def phone(text: str, country_code: str) -> str:
    """A telephone number in E.164, read as it is dialled in the country; "" where no such number can exist.

    What may as well be the CPF of a person is none.
    """
    if country_code == "BR" and not text.startswith("+") and personal_numbers.is_in(text):
        return ""
    try:
        number = phonenumbers.parse(text, country_code or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_website_of(website: str, domain: str) -> bool:
    """Whether a website, with or without a scheme, is of the registrable domain."""
    try:
        return registrable_domain(website) == domain
    except InvalidRequest:
        return False
