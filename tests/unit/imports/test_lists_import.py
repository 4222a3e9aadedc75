"""Lists of companies on their way into the directory: what is understood, what is left out, and that it is said."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.company import Address, CompanyStatus, EmployeeCount, Field
from enrichment.imports.columns import guessed, mapping
from enrichment.imports.found import Chunk, Found, Unimportable
from enrichment.imports.lists import DAY, LIFETIME_DAYS, list_of
from enrichment.imports.mailboxes import mail_domain, own_domain
from enrichment.stores.directory.rows import values_of

NOON = 1_800_000_000.0
HEADER = "Website,Company Name,CNPJ,Country,City,Status,Team Size,E-mail"
CPF = "00000000191"


def read(path: Path, **options: Any) -> Chunk:
    [chunk] = list_of(path, "", NOON, options).chunks(0)
    return chunk


def csv_of(folder: Path, *lines: str, header: str = HEADER, name: str = "customers.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


def only(chunk: Chunk) -> Found:
    [found] = chunk.found
    return found


def test_a_row_becomes_a_company_with_all_that_it_says(tmp_path: Path) -> None:
    line = "https://www.laricio.com.br/x,Larício,11.222.333/0001-81,Brazil,Lages,Active,51-200,Contato@laricio.com.br"
    found = only(read(csv_of(tmp_path, line)))
    assert (found.website, found.mailbox, found.number) == ("laricio.com.br", "laricio.com.br", "11222333")
    assert (found.row.source, found.row.as_of, found.row.expires_at) == (
        "customers",
        NOON,
        NOON + LIFETIME_DAYS * DAY,
    )
    assert values_of(found.row) == {
        Field.NAME: "Larício",
        Field.REGISTRATION_NUMBER: "11222333000181",
        Field.JURISDICTION: "br",
        Field.COUNTRY_CODE: "BR",
        Field.STATUS: CompanyStatus.ACTIVE,
        Field.ADDRESS: Address("Lages", city="Lages", country_code="BR"),
        Field.EMPLOYEE_COUNT: EmployeeCount(51, 200),
    }
    assert "contato" not in repr(found).lower()


def test_every_row_that_is_left_out_has_its_line_and_a_reason(tmp_path: Path) -> None:
    chunk = read(
        csv_of(
            tmp_path,
            "laricio.com.br,Laricio,,,,,,",
            "not a site,,,,,,,",
            "a,b",
            "",
            f",QUEMASSINA DAOFICINA {CPF},,BR,,,,",
            "nowhere.invalid,Kept All The Same,123,Atlantis,,,,",
        )
    )
    assert chunk.rows_read == len(chunk.found) + len({note.line for note in chunk.notes if not note.is_kept})
    assert [found.row.name for found in chunk.found] == ["Laricio", "Kept All The Same"]
    left_out = [(note.line, note.is_kept) for note in chunk.notes]
    assert left_out == [(3, False), (4, False), (6, False), (7, True), (7, True), (7, True)]
    assert chunk.notes[1].reason == "has 2 columns, the header 8"
    assert chunk.notes[2].reason == "its name is that of a person who trades alone"
    assert chunk.notes[3].reason == "its country 'Atlantis' is not known"
    assert CPF not in repr(chunk)


def test_json_lines_are_read_as_well_and_gzip(tmp_path: Path) -> None:
    rows = [{"domain": "laricio.com.br", "name": "Laricio", "tags": ["a"], "employees": 12, "x": None}]
    path = tmp_path / "customers.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join([*(json.dumps(row).encode() for row in rows), b"", b"[1]", b"{"])))
    chunk = read(path)
    assert only(chunk).row.employees_min == 12
    assert [(note.line, note.reason) for note in chunk.notes] == [(3, "is no JSON object"), (4, "is no JSON object")]


def test_other_separators_and_encodings_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("domain;name\nlaricio.com.br;Larício & Cia; Ltda\nx.com;Água\n".encode("latin-1"))
    chunk = read(path)
    assert [found.row.name for found in chunk.found] == ["Água"]
    path.write_bytes("domain\tname\nlaricio.com.br\tLarício\n".encode("utf-16"))
    assert only(read(path)).row.name == "Larício"


def test_columns_are_guessed_and_the_operator_overrules() -> None:
    columns = ["Site", "Nome", "Razão Social", "UF"]
    assert guessed(columns) == {"website": "Site", "region": "UF"}
    assert mapping(columns, {"Nome": "name", "UF": ""}) == {"website": "Site", "name": "Nome"}
    for overruled, complaint in (
        ({"Sitio": "website"}, "there is no column 'Sitio'; there are Site, Nome"),
        ({"Nome": "nickname"}, "'nickname' is nothing that a column can mean"),
        ({"Site": ""}, "no column says which company a row is about"),
    ):
        with pytest.raises(Unimportable, match=complaint):
            mapping(columns, overruled)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(Unimportable, match="holds no rows"):
        list_of(tmp_path / "empty.csv", "", NOON, {})


def test_parquet_without_its_reader_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(Unimportable, match=r"pip install 'imensiah\[parquet\]'|cannot be read as Parquet"):
        list_of(tmp_path / "a.parquet", "", NOON, {})


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("contato@laricio.com.br", "laricio.com.br"),
        ("ana@mail.laricio.com.br", "laricio.com.br"),
        ("x@laricio.co.uk", "laricio.co.uk"),
        ("x@gmail.com", ""),
        ("x@mail.gmail.com", ""),
        ("x@example.com", ""),
        ("x@com.br", ""),
        ("x@a--b.com.br", "a--b.com.br"),
        ("laricio.com.br", ""),
        ("x@y@laricio.com.br", ""),
        ("", ""),
    ],
)
def test_of_a_mailbox_the_domain_alone_is_kept_and_none_of_a_mail_provider(address: str, domain: str) -> None:
    assert mail_domain(address) == domain


@given(st.from_regex(r"[a-z0-9-]{1,12}\.(com\.br|com|co\.uk|br)", fullmatch=True))
def test_the_short_way_to_a_domain_comes_to_what_the_long_one_says(domain: str) -> None:
    from enrichment.domain.errors import InvalidRequest
    from enrichment.domain.website import registrable_domain
    from enrichment.imports.mailboxes import FREE_MAIL

    try:
        expected = registrable_domain(domain)
    except InvalidRequest:
        expected = ""
    assert own_domain(domain) == ("" if expected in FREE_MAIL else expected)


@given(st.lists(st.text(max_size=30), min_size=8, max_size=8))
def test_whatever_a_row_holds_it_is_a_company_or_a_reason(tmp_path_factory: Any, values: list[str]) -> None:
    path = tmp_path_factory.mktemp("list") / "a.jsonl"
    path.write_text(json.dumps(dict(zip(HEADER.split(","), values, strict=True))) + "\n", "utf-8")
    chunk = read(path)
    assert chunk.rows_read == 1 == len(chunk.found) + sum(not note.is_kept for note in chunk.notes)


def test_parquet_is_read_as_well(tmp_path: Path) -> None:
    arrow, parquet = (pytest.importorskip(name) for name in ("pyarrow", "pyarrow.parquet"))
    rows = {"domain": ["laricio.com.br", None], "name": ["Laricio", "Cedro"], "founded_year": [1998, None]}
    parquet.write_table(arrow.table(rows), tmp_path / "customers.parquet")
    chunk = read(tmp_path / "customers.parquet", country="BR")
    assert [(found.row.name, found.website, found.row.founded_year) for found in chunk.found] == [
        ("Laricio", "laricio.com.br", 1998),
        ("Cedro", "", None),
    ]
