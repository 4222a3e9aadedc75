"""Registration numbers that look right and that nobody holds, as far as that can be promised.

Every number lies where no registry has issued any: CNPJ roots that begin with 99, British numbers with 99, and so on.
The check digits are right, because callers refuse a number whose digits are wrong.
"""

from stdnum.br import cnpj
from stdnum.iso7064 import mod_11_10

from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.lore import City

# Since July 2026 a CNPJ may hold letters: three of these, for the digits 0 to 9, in every fifth company.
_LETTERS = "ABCDEFGHJK"
_ROOTS = 1_000_000
_FACTOR = 387_421


def cnpj_of(seed: int, position: int, branch: int = 1) -> str:
    """The CNPJ of the Brazilian company at this place, as 14 characters; branch 1 is the head office."""
    number = (position * _FACTOR + _shift(seed)) % _ROOTS
    root = f"99{number:06d}"
    if number % 5 == 3:
        root = root[:2] + "".join(_LETTERS[int(digit)] for digit in root[2:5]) + root[5:]
    body = f"{root}{branch:04d}"
    return body + cnpj.calc_check_digits(body)


def cnpj_position(seed: int, number: str) -> tuple[int, int] | None:
    """The place and the branch that a CNPJ stands for; None where it is not of this world."""
    if len(number) != 14 or not number.startswith("99"):
        return None
    digits = "".join(str(_LETTERS.index(c)) if c in _LETTERS else c for c in number[2:8])
    if not (digits + number[8:12]).isdecimal():
        return None
    position = (int(digits) - _shift(seed)) * pow(_FACTOR, -1, _ROOTS) % _ROOTS
    branch = int(number[8:12])
    return (position, branch) if cnpj_of(seed, position, branch) == number else None


def _shift(seed: int) -> int:
    return Draw(seed, "cnpj").between("shift", 0, _ROOTS - 1)


def dotted(number: str) -> str:
    """A CNPJ as people write it: 99.123.456/0001-00."""
    return f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}"


_PATTERNS = {
    "US": "99#####",
    "DE": "HRB 99####",
    "GB": "99######",
    "FR": "99#######",
    "PT": "5990#####",
    "MX": "N-2099######",
    "CA": "99#####-#",
}


def foreign(country: str, draw: Draw) -> str:
    """A registration number of any country but Brazil."""
    return draw.fill("number", _PATTERNS[country])


def german_vat(draw: Draw) -> str:
    """A German VAT number with the right check digit."""
    body = draw.fill("vat", "99######")
    return f"DE{body}{mod_11_10.calc_check_digit(body)}"


def jurisdiction(country: str, city: City) -> str:
    """As OpenCorporates codes it: by state in the United States and Canada, by country elsewhere."""
    return f"{country}_{city.region_code}".lower() if country in ("US", "CA") else country.lower()
