"""From a place in the world to a whole company: every fact drawn from the seed, and nothing kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from enrichment.sandbox.world import conflicts, names, numbers, places, web
from enrichment.sandbox.world.company import Company, Facts, Planted
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.lore import Country, Language, Lore, lore

# The day on which the world stands still: nothing in it is younger.
TODAY = date(2026, 11, 2)


class Inventor:
    """Makes companies of one seed; knows no company but the one it is asked for."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.lore: Lore = lore()
        self._names = {code: names.Names(seed, self.lore, country) for code, country in self.lore.countries.items()}
        # The country with the fewest names for its share of companies sets how many there can be.
        self.size = min(names.index_of(code, own.size - 1) for code, own in self._names.items())
        self.company = lru_cache(maxsize=4_096)(self._company)

    def names_of(self, country: str) -> names.Names:
        """The names of one country."""
        return self._names[country]

    def domain(self, index: int) -> str:
        """The domain of the company at this place, without making the company."""
        country, position = self._place(index)
        ending = names.suffix(self.seed, country, position)
        return names.domain(self._names[country.code].name(position), country, ending)

    def _place(self, index: int) -> tuple[Country, int]:
        if not 0 <= index < self.size:
            raise IndexError(f"the world has companies 0 to {self.size - 1}, not {index}")
        code, position = names.place(index)
        return self.lore.countries[code], position

    def _company(self, index: int) -> Company:
        country, position = self._place(index)
        language = self.lore.languages[country.language]
        draw = Draw(self.seed, "company", index)
        domain = self.domain(index)
        facts = self._facts(index, domain)
        company = Company(
            index=index,
            domain=domain,
            country=country,
            language=language,
            industry=self.lore.industries[self._names[country.code].industry(position)],
            jurisdiction=numbers.jurisdiction(country.code, facts.seat.city),
            registered_on=facts.incorporated_on + timedelta(days=draw.between("domain", 20, 300)),
            facts=facts,
            site=web.site(index, country.code, domain.split(".", 1)[1], draw),
            unknown_to=_unknown_to(index, country.code),
        )
        plant = conflicts.plant_for(index, is_brazilian=country.code == "BR")
        return self._with(plant(facts, self._material(index)), company) if plant else company

    def _facts(self, index: int, domain: str) -> Facts:
        country, position = self._place(index)
        draw = Draw(self.seed, "facts", index)
        name = self._names[country.code].name(position)
        wording, suffix = draw.pick("form", country.forms)
        language = self.lore.languages[country.language]
        city = draw.pick("city", country.cities)
        incorporated_on = date(1962, 1, 1) + timedelta(days=draw.between("incorporated", 0, 22_000))
        return Facts(
            name=name,
            legal_name=f"{name} {suffix}",
            legal_form=wording,
            founded_year=incorporated_on.year,
            incorporated_on=incorporated_on,
            status="active",
            number=self._number(country.code, position),
            seat=places.seat(country, language, city, Draw(self.seed, "seat", index)),
            phone=draw.fill("phone", city.phone),
            email=f"{draw.pick('role', language.roles)}@{domain}",
            employees=draw.pick("employees", (6, 9, 14, 22, 38, 55, 84, 120, 210, 340)),
            capital=draw.between("capital", 10, 900) * 1_000_00,
        )

    def _number(self, country: str, position: int) -> str:
        if country == "BR":
            return numbers.cnpj_of(self.seed, position)
        return numbers.foreign(country, Draw(self.seed, "number", country, position))

    def _material(self, index: int) -> conflicts.Material:
        country, position = self._place(index)
        language: Language = self.lore.languages[country.language]
        draw = Draw(self.seed, "former", index)
        own = self._names[country.code]
        neighbour = 1_000 + position
        return conflicts.Material(
            old_name=own.name(own.size - 1 - position),
            old_seat=places.seat(country, language, draw.pick("city", country.cities), draw),
            branch_number=numbers.cnpj_of(self.seed, position, branch=2),
            other_number=numbers.cnpj_of(self.seed, neighbour),
            other_legal_name=f"{own.name(neighbour)} Ltda",
        )

    @staticmethod
    def _with(conflict: conflicts.Conflict, company: Company) -> Company:
        """The company with the conflict as far as anybody tells it: who does not know the company tells nothing."""
        facts = replace(company.facts, status="closed") if _is_closed(conflict) else company.facts
        site = replace(company.site, partner_number=conflict.partner_number)
        told = (replace(one, told=_audible(one, company)) for one in conflict.planted)
        planted = tuple(one for one in told if one.told)
        return replace(company, facts=facts, site=site, views=conflict.views, planted=planted)


def _audible(planted: Planted, company: Company) -> Mapping[str, str]:
    is_readable = company.site.state == "up" and company.site.robots in ("allow", "missing")
    silent = set(company.unknown_to if is_readable else company.unknown_to | {"website", "groq"})
    # Only registro.br tells the registrant's number.
    if not company.domain.endswith(".br") and planted.field == "registration_number":
        silent.add("rdap")
    return {provider: text for provider, text in planted.told.items() if provider not in silent}


def _is_closed(conflict: conflicts.Conflict) -> bool:
    return any(planted.truth == "closed" for planted in conflict.planted)


def _unknown_to(index: int, country: str) -> frozenset[str]:
    if index < 2:
        return frozenset()
    unknown = {
        "rdap": index % 13 == 6,
        "opencorporates": index % 7 == 4,
        "clearbit": index % 5 in (1, 3),
        "people_data_labs": index * 4 % 11 >= 8,
        # Two companies in three have no identifier, in every country.
        "gleif": index * 7 % 19 >= 6,
        "receitaws": index % 11 == 8 or country != "BR",
        "opencnpj": index % 17 == 12 or country != "BR",
        # A half of each country is on the map, a quarter in the encyclopedia.
        "google_places": index // 6 % 2 == 1,
        "wikidata": (index + index // 6) % 4 != 0,
    }
    return frozenset(provider for provider, is_unknown in unknown.items() if is_unknown)
