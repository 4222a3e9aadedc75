"""Numbers to names and back: company 4,711 has a name and a domain that nobody needs to remember.

The pattern of countries is fixed (half of all companies are Brazilian, a third from the United States, the rest from
six other countries). Within a country a seeded permutation turns the company's place into the words of its name, and
the words back into the place, so that any domain of the world is recognised without a list of them.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from math import gcd

from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.lore import Country, Lore

ELSEWHERE = ("DE", "GB", "FR", "PT", "MX", "CA")
# Of six companies in a row: which country, and which place among those of its country.
_PATTERN = (("BR", 3, 0), ("US", 2, 0), ("BR", 3, 1), ("US", 2, 1), ("BR", 3, 2), ("", 1, 0))


def plain(text: str) -> str:
    """Lower-case ASCII letters and digits alone: "Glasbau Süd" becomes "glasbausued"."""
    spelt = text.lower().replace("ü", "ue").replace("ö", "oe").replace("ä", "ae").replace("ß", "ss")
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", spelt))


def place(index: int) -> tuple[str, int]:
    """The country of a company, and its place among those of the country."""
    six, position = divmod(index, len(_PATTERN))
    country, step, offset = _PATTERN[position]
    return (country, six * step + offset) if country else (ELSEWHERE[six % 6], six // 6)


def index_of(country: str, position: int) -> int:
    """The other way round."""
    if country in ELSEWHERE:
        return (position * 6 + ELSEWHERE.index(country)) * 6 + 5
    step = {"BR": 3, "US": 2}[country]
    six, offset = divmod(position, step)
    return six * 6 + _PATTERN.index((country, step, offset))


class Names:
    """The names of one country under one seed; place `i` and its words stand for each other."""

    def __init__(self, seed: int, lore: Lore, country: Country) -> None:
        self._language = language = lore.languages[country.language]
        self._nouns = [industry.trades[language.key].noun for industry in lore.industries]
        self.size = len(self._nouns) * len(language.heads) * len(language.tails) * len(language.last)
        draw = Draw(seed, "names", country.code)
        self._factor = next(factor for factor in _factors(draw) if gcd(factor, self.size) == 1)
        self._shift = draw.between("shift", 0, self.size - 1)

    def industry(self, position: int) -> int:
        """Which industry, by its place in the list."""
        return self._permuted(position) % len(self._nouns)

    def name(self, position: int) -> str:
        """The company's name without its legal form."""
        rest, noun = divmod(self._permuted(position), len(self._nouns))
        rest, head = divmod(rest, len(self._language.heads))
        last, tail = divmod(rest, len(self._language.tails))
        own = f"{self._language.heads[head]}{self._language.tails[tail]} {self._language.last[last]}"
        return f"{self._nouns[noun]} {own}" if self._language.noun_comes_first else f"{own} {self._nouns[noun]}"

    def position(self, label: str) -> int | None:
        """The place whose name, spelt plainly, this is."""
        if not (found := self._pattern.fullmatch(label)):
            return None
        noun, head, tail, last = (self._spelt[part].index(found[part]) for part in ("noun", "head", "tail", "last"))
        number = (last * len(self._language.tails) + tail) * len(self._language.heads) + head
        number = number * len(self._nouns) + noun
        return (number - self._shift) * pow(self._factor, -1, self.size) % self.size

    def _permuted(self, position: int) -> int:
        return (position * self._factor + self._shift) % self.size

    @cached_property
    def _spelt(self) -> dict[str, list[str]]:
        words = {"head": self._language.heads, "tail": self._language.tails, "last": self._language.last}
        return {"noun": [plain(noun) for noun in self._nouns]} | {
            part: [plain(word) for word in options] for part, options in words.items()
        }

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = {part: f"(?P<{part}>{'|'.join(options)})" for part, options in self._spelt.items()}
        own = parts["head"] + parts["tail"] + parts["last"]
        return re.compile(parts["noun"] + own if self._language.noun_comes_first else own + parts["noun"])


def _factors(draw: Draw) -> Iterator[int]:
    attempt = 0
    while True:
        yield draw.between(f"factor:{attempt}", 10_000, 99_999)
        attempt += 1


def suffix(seed: int, country: Country, position: int) -> str:
    """What the company's domain ends with."""
    return Draw(seed, "suffix", country.code).pick(str(position), country.suffixes)


def domain(name: str, country: Country, ending: str) -> str:
    """The domain of a name: with hyphens in German, in one word elsewhere."""
    joint = "-" if country.language == "de" else ""
    return joint.join(plain(word) for word in name.split()) + f".{ending}"
