"""Which column of a list means what: guessed by the names that lists have for it, and overruled by the operator."""

import re
from collections.abc import Mapping, Sequence

from enrichment.imports.found import Unimportable

# What a column can mean, and how it is called, in the order of preference; without case, spaces and signs.
MEANINGS: Mapping[str, tuple[str, ...]] = {
    "domain": ("domain", "websitedomain", "companydomain"),
    "website": ("website", "url", "homepage", "site", "web", "websiteurl", "companyurl"),
    "mail_domain": ("emaildomain", "maildomain"),
    "email": ("email", "mail", "correioeletronico"),
    "cnpj": ("cnpj",),
    "number": ("registrationnumber", "companynumber", "companyregistrationnumber", "crn"),
    "name": ("tradename", "name", "companyname", "company", "nomefantasia", "security", "organization"),
    "legal_name": ("legalname", "razaosocial", "denominacaosocial"),
    "description": ("description", "oneliner", "shortdescription", "tagline"),
    "industry": ("subindustry", "gicssubindustry", "industry", "siccodesictext1", "sector", "gicssector", "category"),
    "founded_year": ("foundedyear", "yearfounded", "founded", "foundingyear"),
    "incorporated": ("incorporationdate", "foundeddate", "dateofincorporation", "datainicioatividade"),
    "status": ("status", "companystatus", "situacaocadastral"),
    "country": ("country", "countrycode", "regaddresscountry", "countryoforigin", "pais"),
    "street": ("street", "regaddressaddressline1", "addressline1", "logradouro"),
    "complement": ("complement", "regaddressaddressline2", "addressline2", "complemento"),
    "district": ("district", "bairro", "neighborhood"),
    "city": ("city", "regaddressposttown", "municipio", "town"),
    "region": ("state", "region", "regaddresscounty", "uf", "province"),
    "postal_code": ("postalcode", "zipcode", "zip", "regaddresspostcode", "postcode", "cep"),
    "address": ("address", "fulladdress", "alllocations", "headquarterslocation", "location", "headquarters"),
    "phone": ("phone", "telephone", "telefone", "phonenumber"),
    "employees": ("employees", "teamsize", "employeecount", "headcount", "numberofemployees"),
}
# One of these must be there, or nothing tells the rows apart.
IDENTIFYING = ("domain", "website", "mail_domain", "email", "cnpj", "number", "name", "legal_name")


def guessed(columns: Sequence[str]) -> dict[str, str]:
    """The column for each meaning that one of them seems to have."""
    by_plain_name: dict[str, str] = {}
    for column in columns:
        by_plain_name.setdefault(re.sub(r"[\W_]", "", column).casefold(), column)
    found: dict[str, str] = {}
    for meaning, names in MEANINGS.items():
        column = next((by_plain_name[name] for name in names if name in by_plain_name), "")
        if column and column not in found.values():
            found[meaning] = column
    return found


def mapping(columns: Sequence[str], overruled: Mapping[str, str]) -> dict[str, str]:
    """The column for each meaning; `overruled`: column to meaning, "" for a column that is to be left out.

    Raises Unimportable for a column or meaning that does not exist, and where nothing identifies the companies.
    """
    left = [column for column in columns if column not in overruled]
    chosen = guessed(left)
    for column, meaning in overruled.items():
        if column not in columns:
            raise Unimportable(f"there is no column {column!r}; there are {', '.join(columns)}")
        if meaning and meaning not in MEANINGS:
            raise Unimportable(f"{meaning!r} is nothing that a column can mean; there are {', '.join(MEANINGS)}")
        if meaning:
            chosen[meaning] = column
    if not any(meaning in chosen for meaning in IDENTIFYING):
        wanted = ", ".join(IDENTIFYING)
        raise Unimportable(f"no column says which company a row is about ({wanted}); name one: --map COLUMN=domain")
    return chosen
