"""What the company directory promises: one suite for SQLite and PostgreSQL."""

import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from enrichment.domain.company import Address, CompanyStatus, Field, IndustryCode, ShareCapital, Value
from enrichment.domain.directory import (
    MAILBOX,
    MOST_SHARING,
    DirectoryUnavailable,
    Tie,
    id_of_domain,
    id_of_name,
    id_of_number,
)
from enrichment.domain.event import Evidence
from enrichment.domain.fact import Fact
from enrichment.domain.subject import Hints, Subject
from enrichment.stores.directory import database as databases
from enrichment.stores.directory import sql
from enrichment.stores.directory.batch import Batch
from enrichment.stores.directory.database import Database, postgresql, sqlite
from enrichment.stores.directory.rows import Row, row_of, values_of
from enrichment.stores.directory.sql import SqlDirectory
from fakes import NOON
from live.postgresql import PostgresServer, postgres_server

ROOT, DOMAIN = "11222333", "laricio.com.br"
COMPANY = id_of_number(ROOT, "BR")
YEAR = 365 * 86_400
EVERYTHING: dict[Field, Value] = {
    Field.NAME: "Laricio",
    Field.LEGAL_NAME: "Vidros Laricio Ltda",
    Field.DESCRIPTION: "Glass for houses.",
    Field.INDUSTRY: "Glazing",
    Field.FOUNDED_YEAR: 1998,
    Field.INCORPORATION_DATE: date(1998, 3, 2),
    Field.STATUS: CompanyStatus.ACTIVE,
    Field.JURISDICTION: "br",
    Field.REGISTRATION_NUMBER: "11222333000181",
    Field.LEGAL_FORM: "Sociedade Limitada",
    Field.COUNTRY_CODE: "BR",
    Field.ADDRESS: Address("R. A, 1 - Mar, Lages - SC, 88500-000", "R. A, 1", "Mar", "Lages", "SC", "88500-000", "BR"),
    Field.PHONE: "+554932220000",
    Field.SHARE_CAPITAL: ShareCapital(1_000_000, "BRL"),
    Field.INDUSTRY_CODES: (IndustryCode("cnae", "43.30-4-99", "Glazing"),),
    Field.TECHNOLOGIES: ("Nginx",),
    Field.LOGO_URL: "https://laricio.com.br/logo.svg",
}


class Hung(Exception):
    """What a server that no longer answers comes to."""


def hang(connection: Connection) -> None:
    """Leaves a connection on which nothing can be done any more, not even a rollback."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.close()
    raise Hung


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Database]:
    if request.param == "sqlite":
        opened = sqlite(tmp_path / "data" / "directory.sqlite")
    else:
        running: PostgresServer = request.getfixturevalue("server")
        opened = postgresql(running.fresh())
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
async def directory(database: Database) -> AsyncGenerator[SqlDirectory]:
    opened = SqlDirectory(database)
    await opened.open()
    yield opened
    await opened.close()


def row(company_id: int = COMPANY, source: str = "receita", as_of: float = NOON, **columns: Any) -> Row:
    values: dict[str, Any] = {"name": "Laricio", "country_code": "BR", **columns}
    return Row(company_id, source, as_of, as_of + YEAR, **values)


def written(database: Database, *rows: Row, tie: Tie = Tie.WEBSITE) -> None:
    batch = database.batch()
    for each in rows:
        batch.add(each)
        batch.link_domain(DOMAIN, tie, each.company_id, 0.9)
        batch.link_number(ROOT, each.company_id, 0.9)
    database.write(batch.write)


async def names(directory: SqlDirectory, domain: str = DOMAIN, **hints: str) -> list[str]:
    found = await directory.find(Subject(domain, Hints(**hints)))
    return [name for listing in found for name in listing.names]


def evidence(*facts: tuple[Field, Value, str], **changes: Any) -> list[Evidence]:
    return [
        Evidence(Fact(name, value, source, 0.9, NOON, NOON + 100, **changes), True) for name, value, source in facts
    ]


def test_what_goes_into_a_row_comes_out_of_it() -> None:
    assert values_of(row_of(Row(1, "list", 0.0, 1.0), EVERYTHING)) == EVERYTHING


def test_nothing_that_stands_before_an_at_has_a_column() -> None:
    assert "contato" not in str(row_of(Row(1, "list", 0.0, 1.0), {Field.EMAIL: "contato@laricio.com.br"}))


async def test_a_company_is_found_by_its_domain_its_number_and_its_name_with_the_country(
    database: Database, directory: SqlDirectory
) -> None:
    written(database, row_of(row(), EVERYTHING))
    [listing] = await directory.find(Subject(DOMAIN))
    assert (listing.values, listing.as_of, listing.confidence) == (EVERYTHING, NOON, 0.9)
    for hints in (
        {"registration_number": "11.222.333/0001-81"},
        # A branch's number names the company as well.
        {"registration_number": "11222333000505"},
        {"company_name": "LARICIO S.A.", "country_code": "BR"},
        {"company_name": "vidros laricio", "country_code": "BR"},
    ):
        assert await names(directory, "other.com", **hints) == ["Laricio", "Vidros Laricio Ltda"], hints
    assert await names(directory, "other.com", company_name="Laricio", country_code="PT") == []
    assert await names(directory, "other.com", company_name="Laricio") == []
    assert await names(directory, "other.com") == []


async def test_a_newer_row_takes_the_place_of_an_older_one_in_whatever_order_they_come(
    database: Database, directory: SqlDirectory
) -> None:
    written(database, row(as_of=NOON + 1, name="New"))
    written(database, row(as_of=NOON, name="Old"))
    assert await names(directory) == ["New"]
    assert await names(directory, "other.com", company_name="Old", country_code="BR") == []


async def test_each_source_has_a_row_of_its_own(database: Database, directory: SqlDirectory) -> None:
    written(database, row(source="receita"), row(source="cvm", name="Vidros Laricio"))
    assert sorted(await names(directory)) == ["Laricio", "Vidros Laricio"]


async def test_two_companies_of_one_name_are_not_found_by_it(database: Database, directory: SqlDirectory) -> None:
    written(database, row(1), row(2))
    assert await names(directory, "other.com", company_name="Laricio", country_code="BR") == []


async def test_a_mailbox_domain_is_believed_by_name_or_alone(database: Database, directory: SqlDirectory) -> None:
    written(database, row(1, name="Mar Azul"), tie=Tie.MAILBOX)
    assert [each.confidence for each in await directory.find(Subject(DOMAIN))] == [MAILBOX]
    # Of two companies with mailboxes there, the one counts that has the domain's name.
    written(database, row(2, name="Laricio Comercio"), tie=Tie.MAILBOX)
    assert await names(directory) == ["Laricio Comercio"]
    # The name that a site gives counts for more than the domain's.
    written(database, row(id_of_domain(DOMAIN), "website", name="Mar Azul"))
    assert await names(directory) == ["Mar Azul", "Mar Azul"]


async def test_a_mailbox_domain_that_many_share_is_nobodys(database: Database, directory: SqlDirectory) -> None:
    others = [row(number, name=f"Client {number}") for number in range(1, MOST_SHARING + 1)]
    written(database, row(99, name="Laricio"), *others, tie=Tie.MAILBOX)
    assert await names(directory) == []
    written(database, *(row(number) for number in range(100, 400)), tie=Tie.MAILBOX)
    assert await names(directory) == []


async def test_a_mailbox_at_an_accountants_is_not_the_companys(database: Database, directory: SqlDirectory) -> None:
    batch = database.batch()
    batch.add(row(1, name="Mar Azul"))
    batch.link_domain("silvacontabil.com.br", Tie.MAILBOX, 1, 0.7)
    database.write(batch.write)
    assert await names(directory, "silvacontabil.com.br") == []


async def test_a_forgotten_company_stays_out_of_every_later_batch(database: Database, directory: SqlDirectory) -> None:
    begun_before = database.batch()
    written(database, row(), row(id_of_domain(DOMAIN), "website"))
    assert await directory.forget(DOMAIN) == 2
    assert await names(directory) == []
    # One that was begun before, and one that asks.
    begun_before.add(row())
    begun_before.link_domain(DOMAIN, Tie.WEBSITE, COMPANY, 0.9)
    database.write(begun_before.write)
    assert await names(directory) == []
    assert await names(directory, "other.com", registration_number="11222333000181") == []
    later = database.batch()
    assert later.is_forgotten(COMPANY)
    assert later.is_forgotten(7, DOMAIN)
    assert not later.is_forgotten(7, "other.com")
    assert await directory.forget(DOMAIN) == 0


async def test_what_an_enrichment_has_read_is_kept_with_its_source_and_dates(directory: SqlDirectory) -> None:
    number = (Field.REGISTRATION_NUMBER, "11222333000181", "website")
    directory.learn(
        DOMAIN,
        evidence((Field.NAME, "Laricio", "website"), number, (Field.LEGAL_NAME, "Vidros Laricio Ltda", "receitaws")),
    )
    await directory.forget("somebody-else.com")  # what waits is written in its order
    found = {listing.source: listing for listing in await directory.find(Subject(DOMAIN))}
    assert {name: listing.names for name, listing in found.items()} == {
        "website": ["Laricio"],
        "receitaws": ["Vidros Laricio Ltda"],
    }
    assert {(listing.as_of, listing.expires_at) for listing in found.values()} == {(NOON, NOON + 100)}
    assert found["receitaws"].company_id == COMPANY
    assert found["receitaws"].confidence == 0.9
    assert sorted(await names(directory, "other.com", registration_number="11222333000181")) == [
        "Laricio",
        "Vidros Laricio Ltda",
    ]


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("groq", {}),
        ("clearbit", {}),
        ("directory", {}),
        ("website", {"is_transient": True}),
        ("website", {"lineage": "receita-federal"}),
    ],
)
async def test_nothing_inferred_bought_or_passed_on_is_learnt(
    directory: SqlDirectory, source: str, changes: dict[str, Any]
) -> None:
    directory.learn(DOMAIN, evidence((Field.NAME, "Laricio", source), **changes))
    directory.learn(DOMAIN, [Evidence(Fact(Field.NAME, "Laricio", "website", 0.9, NOON, NOON + 1), False)])
    await directory.forget("somebody-else.com")
    assert await names(directory) == []


async def test_nothing_is_learnt_of_who_was_forgotten(directory: SqlDirectory) -> None:
    await directory.forget(DOMAIN)
    directory.learn(DOMAIN, evidence((Field.NAME, "Laricio", "website")))
    await directory.forget("somebody-else.com")
    assert await names(directory) == []


def test_a_batch_written_twice_is_written_once(database: Database) -> None:
    for _ in range(2):
        written(database, row(), row(id_of_name("laricio", "BR"), "list"))
    with database.reading() as connection:
        counts = [
            connection.exec_driver_sql(f"SELECT count(*) FROM directory_{table}").scalar()
            for table in ("records", "domains", "numbers", "names")
        ]
    assert counts == [2, 2, 2, 2]


def test_an_empty_batch_writes_nothing(database: Database) -> None:
    database.write(Batch().write)


async def test_a_directory_out_of_reach_says_so_and_loses_only_what_it_would_learn(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    directory = SqlDirectory(sqlite(tmp_path / "file" / "directory.sqlite"))
    with pytest.raises(DirectoryUnavailable, match="out of reach"):
        await directory.open()
    with pytest.raises(DirectoryUnavailable):
        await directory.find(Subject(DOMAIN))
    directory.learn(DOMAIN, evidence((Field.NAME, "Laricio", "website")))
    with pytest.raises(DirectoryUnavailable):
        await directory.forget(DOMAIN)
    assert directory.dropped == 1
    await directory.close()


async def test_a_file_that_others_hold_keeps_neither_a_stop_nor_who_forgets_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(databases, "LOCK_SECONDS", 0.5)
    monkeypatch.setattr(sql, "FORGET_SECONDS", 0.1)
    directory = SqlDirectory(sqlite(tmp_path / "directory.sqlite"))
    await directory.open()
    with closing(sqlite3.connect(tmp_path / "directory.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(100):
            directory.learn(DOMAIN, evidence((Field.NAME, "Laricio", "website")))
        with pytest.raises(DirectoryUnavailable, match="within"):
            await directory.forget(DOMAIN)
        await directory.close()
    assert directory.dropped == 100
    assert caplog.text.count("nothing could be learnt") == 1


def test_a_connection_that_hangs_is_given_up_without_a_rollback_and_the_next_one_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = sqlite(tmp_path / "directory.sqlite")
    database.open()
    with pytest.raises(Hung):
        database.write(hang)
    with pytest.raises(Hung), database.reading() as connection:
        hang(connection)
    assert database.write(lambda connection: connection.scalar(text("SELECT 1"))) == 1
    database.close()
    assert not [record for record in caplog.records if record.name.startswith("sqlalchemy")]
