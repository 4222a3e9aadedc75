"""The directory's tables, as the newest migration leaves them.

Times are in seconds since the epoch, dates in ISO 8601, lists are JSON as text. A text that is not known is "", a
number NULL. A company is what records, domains, numbers and names point to by its id; there is no more to it than that.
"""

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, MetaData, PrimaryKeyConstraint, Table, Text

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _company_id() -> Column[int]:
    return Column("company_id", BigInteger, nullable=False)


def _confidence() -> Column[float]:
    return Column("confidence", Double, nullable=False)


records = Table(
    "directory_records",
    metadata,
    _company_id(),
    _text("source"),
    Column("as_of", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    _text("name"),
    _text("legal_name"),
    _text("description"),
    _text("industry"),
    _text("industry_code"),
    Column("founded_year", Integer),
    _text("incorporation_date"),
    _text("status"),
    _text("jurisdiction"),
    _text("registration_number"),
    _text("legal_form"),
    _text("country_code"),
    _text("street"),
    _text("complement"),
    _text("district"),
    _text("city"),
    _text("region"),
    _text("postal_code"),
    _text("address"),
    _text("phone"),
    Column("employees_min", BigInteger),
    Column("employees_max", BigInteger),
    Column("capital_minor", BigInteger),
    _text("capital_currency"),
    _text("more"),
    PrimaryKeyConstraint("company_id", "source"),
)

domains = Table(
    "directory_domains",
    metadata,
    _text("domain"),
    _text("tie"),
    _company_id(),
    _confidence(),
    PrimaryKeyConstraint("domain", "tie", "company_id"),
    sqlite_with_rowid=False,
)

numbers = Table(
    "directory_numbers",
    metadata,
    _text("number"),
    _company_id(),
    _confidence(),
    PrimaryKeyConstraint("number", "company_id"),
    sqlite_with_rowid=False,
)

names = Table(
    "directory_names",
    metadata,
    _text("name"),
    _text("country_code"),
    _company_id(),
    PrimaryKeyConstraint("name", "country_code", "company_id"),
    sqlite_with_rowid=False,
)

# Ids, from which nobody reads a domain or a number: all that is left of a company that was forgotten.
forgotten = Table(
    "directory_forgotten",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
)

# How far an import has come; written with the rows, so that one that was killed goes on where it was.
imports = Table(
    "directory_imports",
    metadata,
    Column("id", Text, primary_key=True),
    _text("source"),
    _text("files"),
    Column("as_of", Double, nullable=False),
    Column("rows_read", BigInteger, nullable=False),
    Column("rows_kept", BigInteger, nullable=False),
    _text("left_out"),
    Column("rejects_bytes", BigInteger, nullable=False),
    Column("is_done", Boolean, nullable=False),
)

# Searches that were paid for; written before the money is sent, so that one that was killed is found again.
harvests = Table(
    "directory_harvests",
    metadata,
    Column("id", Text, primary_key=True),
    _text("country_code"),
    Column("companies_max", Integer, nullable=False),
    _text("month"),
    Column("started_at", Double, nullable=False),
    _text("queries"),
    Column("pages_per_query", Integer, nullable=False),
    Column("run_limit_usd_micros", BigInteger, nullable=False),
    _text("stage"),
    _text("run_id"),
    _text("dataset_id"),
    Column("cost_usd_micros", BigInteger, nullable=False),
    Column("found", Integer, nullable=False),
)

# What a harvest has found and not yet visited.
harvest_domains = Table(
    "directory_harvest_domains",
    metadata,
    _text("harvest_id"),
    Column("position", Integer, nullable=False),
    _text("domain"),
    PrimaryKeyConstraint("harvest_id", "position"),
)
