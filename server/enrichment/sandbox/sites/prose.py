"""What a company writes about itself, in its own language."""

from dataclasses import dataclass
from html import escape

import phonenumbers

from enrichment.sandbox.world import Company, Facts
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.numbers import dotted, german_vat


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences and lines of one company's site; none is escaped."""

    facts: Facts
    offer: str
    clients: str
    model: str
    phone: str
    imprint: str

    @property
    def description(self) -> str:
        """What stands in the metadata."""
        return f"{self.offer} {self.clients}"


def prose(company: Company) -> Prose:
    """The company's sentences, as its site tells the facts."""
    facts, language = company.told_by("website"), company.language
    parts = {
        "name": facts.name,
        "what": company.trade.what,
        "whom": company.trade.whom,
        "city": facts.seat.city.name,
        "year": facts.founded_year,
    }
    number = phonenumbers.parse(facts.phone)
    return Prose(
        facts=facts,
        offer=language.about[0].format(**parts),
        clients=language.about[1].format(**parts),
        model=language.models[company.industry.model],
        phone=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
        imprint=_imprint(company, facts),
    )


def _imprint(company: Company, facts: Facts) -> str:
    """The legal line of the footer: the registration number in one of the ways people write it."""
    match company.country.code:
        case "BR":
            bare = f"{facts.number[:8]}/{facts.number[8:12]}-{facts.number[12:]}"
            ways = (f"CNPJ: {dotted(facts.number)}", f"CNPJ n.º {dotted(facts.number)}", f"CNPJ {bare}")
            partner = company.site.partner_number
            paid = f" Pagamentos processados por parceiro, CNPJ {dotted(partner)}." if partner else ""
            return f"{facts.legal_name} - {ways[company.index % 3]}.{paid}"
        case "DE":
            vat = german_vat(Draw("vat", company.domain))
            return f"{facts.legal_name}, Amtsgericht {facts.seat.city.name}, {facts.number}, USt-IdNr. {vat}"
        case "GB":
            return f"{facts.legal_name}. Registered in England and Wales, company number {facts.number}."
        case "FR":
            return f"{facts.legal_name}, SIREN {facts.number[:3]} {facts.number[3:6]} {facts.number[6:]}"
        case "PT":
            return f"{facts.legal_name}, NIPC {facts.number}"
        case _:
            return f"{facts.legal_name}. All rights reserved."


def tag(name: str, text: str) -> str:
    """A text in an element, escaped."""
    return f"<{name}>{escape(text)}</{name}>"
