"""The parts of a CNPJ, Brazil's number of companies: eight characters name the company, the next four its branch."""

LENGTH, COMPANY = 14, 8
HEAD_OFFICE = "0001"


def company_of(number: str) -> str:
    """What the numbers of all branches of one company have in common; a number of another register stays whole."""
    return number[:COMPANY] if len(number) == LENGTH else number


def is_head_office(number: str) -> bool:
    """Whether a number in its 14 characters is a head office's."""
    return len(number) == LENGTH and number[COMPANY:].startswith(HEAD_OFFICE)
