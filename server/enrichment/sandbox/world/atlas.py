"""The world: companies by place, by domain, by name and by number, made when somebody asks."""

import re
from collections.abc import Iterator

from enrichment.sandbox.world import names, numbers
from enrichment.sandbox.world.company import Company
from enrichment.sandbox.world.invent import Inventor

# Companies that are listed one by one; every template, behaviour and conflict occurs among them.
LISTED = 72


class World:
    """All companies of one seed. Beyond the listed ones there are `size` in all, each made when it is asked for."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._inventor = Inventor(seed)
        self.size = self._inventor.size

    def domain(self, index: int) -> str:
        """The domain of the company at this place. Raises IndexError outside 0 to `size` - 1."""
        return self._inventor.domain(index)

    def at(self, index: int) -> Company:
        """The company at this place. Raises IndexError outside 0 to `size` - 1."""
        return self._inventor.company(index)

    @property
    def companies(self) -> tuple[Company, ...]:
        """The listed companies."""
        return tuple(self.at(index) for index in range(LISTED))

    @property
    def showcase(self) -> tuple[str, str]:
        """A Brazilian and an American domain that are rich in every layer."""
        return self.domain(0), self.domain(1)

    def company(self, domain: str) -> Company | None:
        """The company of a registrable domain or its `www.`; None where the world has none."""
        bare = domain.lower().rstrip(".").removeprefix("www.")
        label, _, ending = bare.partition(".")
        for country in self._inventor.lore.countries.values():
            if ending in country.suffixes:
                for company in self._at_name(country.code, label.replace("-", "")):
                    if company.domain == bare:
                        return company
        return None

    def named(self, name: str) -> tuple[Company, ...]:
        """The companies that bear this name or bore it, in any country; legal forms do not matter."""
        return tuple(
            company
            for country in self._inventor.lore.countries.values()
            for label in _without_form(name, tuple(suffix for _, suffix in country.forms))
            for company in self._named_in(country.code, label)
        )

    def mentioned(self, text: str) -> tuple[Company, ...]:
        """The companies whose name a text begins with; what follows is taken for a place."""
        words = re.split(r"[\s,]+", text.strip())
        for count in range(len(words), 1, -1):
            if found := self.named(" ".join(words[:count])):
                return found
        return ()

    def numbered(self, cnpj: str) -> tuple[Company, int] | None:
        """The Brazilian company of a CNPJ (14 characters) and its branch, 1 being the head office."""
        if (found := numbers.cnpj_position(self.seed, cnpj)) is None:
            return None
        position, branch = found
        index = names.index_of("BR", position)
        return (self.at(index), branch) if index < self.size else None

    def _named_in(self, country: str, label: str) -> Iterator[Company]:
        yield from self._at_name(country, label)
        own = self._inventor.names_of(country)
        if (position := own.position(label)) is not None:
            former = names.index_of(country, own.size - 1 - position)
            if former < self.size and any(planted.kind == "renamed" for planted in self.at(former).planted):
                yield self.at(former)

    def _at_name(self, country: str, label: str) -> Iterator[Company]:
        position = self._inventor.names_of(country).position(label)
        if position is not None and (index := names.index_of(country, position)) < self.size:
            yield self.at(index)


def _without_form(name: str, forms: tuple[str, ...]) -> set[str]:
    """The name spelt plainly, and the same without a legal form at its end."""
    label = names.plain(name)
    return {label} | {label.removesuffix(names.plain(form)) for form in forms}
