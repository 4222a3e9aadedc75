"""The parts of a CNPJ, Brazil's number of companies: eight characters name the company, the next four its branch."""

from operator import mul

LENGTH, COMPANY = 14, 8
HEAD_OFFICE = "0001"
LENGTH_OF_BODY = 12
_WEIGHTS_OF_FIRST = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_WEIGHTS_OF_SECOND = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3)
# A character counts by how far it stands behind the "0".
_ZEROS_OF_FIRST = ord("0") * sum(_WEIGHTS_OF_FIRST)
_ZEROS_OF_SECOND = ord("0") * sum(_WEIGHTS_OF_SECOND)


def company_of(number: str) -> str:
    """What the numbers of all branches of one company have in common; a number of another register stays whole."""
    return number[:COMPANY] if len(number) == LENGTH else number


def check_digits(body: str) -> str:
    """The last two of a CNPJ's characters, from the twelve before, each an ASCII digit or capital letter.

    A dump holds tens of millions: stdnum's takes ten times as long, and a test compares the two.
    """
    values = body.encode("ascii")
    first = (_ZEROS_OF_FIRST - sum(map(mul, values, _WEIGHTS_OF_FIRST))) % 11 % 10
    second = (_ZEROS_OF_SECOND - sum(map(mul, values, _WEIGHTS_OF_SECOND)) - 2 * first) % 11 % 10
    return f"{first}{second}"


def is_head_office(number: str) -> bool:
    """Whether a number in its 14 characters is a head office's."""
    return len(number) == LENGTH and number[COMPANY:].startswith(HEAD_OFFICE)
