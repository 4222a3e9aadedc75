"""Receita Federal's dump on its way into the directory: joined, filtered, and nobody told of who trades alone."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.br import cnpj

from enrichment.domain.cnpj import check_digits
from enrichment.domain.company import Field
from enrichment.imports.establishments import BRANCH, CHECK, ROOT, Codes, Reading
from enrichment.imports.found import Chunk, Unimportable
from enrichment.imports.receita import Dump, day_of, dump_of, kind_of
from enrichment.sources import personal_numbers
from enrichment.sources.contact import phone
from enrichment.sources.receita import told
from enrichment.stores.directory.rows import Row, row_of, values_of

ACTIVE = frozenset({"02"})
DATES = (0.0, 1.0)
CODES = Codes({"4781400": "Comércio varejista"}, {"7107": "SAO PAULO"}, {"2062": "Sociedade Empresária Limitada"})
READING = Reading(CODES, ACTIVE, *DATES)
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def establishment(root: str = "11222333", **changes: str) -> list[str]:
    """A line of ESTABELE; by the names of its columns, in short."""
    columns = {
        "root": root,
        "branch": "0001",
        "check": check_digits(f"{root}0001"),
        "office": "1",
        "trade_name": "LARICIO",
        "situation": "02",
        "since": "20050103",
        "reason": "00",
        "abroad": "",
        "country": "",
        "opened": "19980302",
        "activity": "4781400",
        "others": "",
        "street_kind": "RUA",
        "street": "DAS FLORES",
        "number": "12",
        "complement": "SALA 3",
        "district": "CENTRO",
        "postal_code": "01001000",
        "region": "SP",
        "municipality": "7107",
        "area": "11",
        "phone": "32220000",
        "area_2": "",
        "phone_2": "",
        "area_fax": "",
        "fax": "",
        "email": "fulano@laricio.com.br",
        "special": "",
        "special_since": "",
        **changes,
    }
    return list(columns.values())


def company(root: str = "11222333", name: str = "VIDROS LARICIO LTDA", nature: str = "2062") -> list[str]:
    return [root, name, nature, "49", "515000,00", "01", ""]


def zipped(folder: Path, name: str, lines: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(lines)
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        archive.writestr(name, text.getvalue().encode("latin-1"))


def dump(folder: Path, establishments: Sequence[Sequence[str]], companies: Sequence[Sequence[str]]) -> Dump:
    zipped(folder, "Estabelecimentos0", establishments)
    zipped(folder, "Empresas0", companies)
    for name, table in (
        ("Cnaes", CODES.activities),
        ("Municipios", CODES.municipalities),
        ("Naturezas", CODES.natures),
    ):
        zipped(folder, name, list(table.items()))
    return dump_of([folder], 1.0, ACTIVE)


def only(made: Dump) -> Chunk:
    [chunk] = made.chunks(0)
    return chunk


def test_an_establishment_and_its_company_become_one_row(tmp_path: Path) -> None:
    [found] = only(dump(tmp_path, [establishment()], [company()])).found
    assert (found.website, found.mailbox, found.number) == ("", "laricio.com.br", "11222333")
    told_of = values_of(found.row)
    assert told_of[Field.LEGAL_NAME] == "VIDROS LARICIO LTDA"
    assert told_of[Field.LEGAL_FORM] == "Sociedade Empresária Limitada"
    assert told_of[Field.INDUSTRY] == "Comércio varejista"
    assert told_of[Field.PHONE] == "+551132220000"
    assert found.row.street == "RUA DAS FLORES, 12"
    assert "fulano" not in repr(found)


def test_each_line_that_is_left_out_has_a_reason(tmp_path: Path) -> None:
    lines = [
        establishment(situation="08"),
        establishment(situation="09"),
        establishment(office="2"),
        establishment(check="00"),
        establishment(root="99999999"),
        ["a", "b"],
        establishment(),
    ]
    chunk = only(dump(tmp_path, lines, [company(), ["broken"]]))
    assert [(note.line, note.reason) for note in chunk.notes] == [
        (1, "its status is baixada"),
        (2, "its status is none that the register knows"),
        (3, "a branch: the company is told of by its head office"),
        (4, "its number is no CNPJ"),
        (6, "has 2 columns and not 30"),
        (5, "its company is in no file of companies"),
    ]
    assert chunk.rows_read == len(chunk.found) + len(chunk.notes)


def test_what_was_read_before_is_not_read_again(tmp_path: Path) -> None:
    roots = [f"1122233{digit}" for digit in range(5)]
    made = dump(tmp_path, [establishment(root) for root in roots], [company(root) for root in roots])
    assert [found.number for chunk in made.chunks(3) for found in chunk.found] == roots[3:]
    assert [found.line for chunk in made.chunks(3) for found in chunk.found] == [4, 5]


@pytest.mark.parametrize("missing", ["Estabelecimentos0", "Empresas0"])
def test_a_part_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    dump(tmp_path, [establishment()], [company()])
    (tmp_path / f"{missing}.zip").unlink()
    with pytest.raises(Unimportable, match="there is no file of"):
        dump_of([tmp_path], None, ACTIVE)


def test_the_files_are_known_by_their_names_of_today_and_of_before() -> None:
    names = ("K3241.K03200Y0.D51108.ESTABELE", "Estabelecimentos0.zip", "F.K03200$Z.D51108.CNAECSV", "Socios0.zip")
    assert [kind_of(Path(name)) for name in names] == ["establishments", "establishments", "activities", ""]
    assert day_of(Path(names[0])) == datetime(2025, 11, 8, tzinfo=UTC).timestamp()
    assert day_of(Path("K3241.K03200Y0.D59999.ESTABELE")) is None
    assert day_of(Path(names[1])) is None


@given(st.text(LETTERS, min_size=12, max_size=12))
def test_check_digits_are_those_of_the_standard(body: str) -> None:
    assert check_digits(body) == cnpj.calc_check_digits(body)


NAMES = st.one_of(
    st.sampled_from(
        [
            "VIDROS LARICIO LTDA",
            "12.345.678 QUEMASSINA DAOFICINA",
            "QUEMASSINA DAOFICINA 00000000191",
            "QUEMASSINA DAOFICINA",
            "***123456**",
            "***",
            "",
            "CPF 000.000.001-91",
            "LARICIO  E  CIA",
            " LARICIO",
            "R. 000 000 001/91",
            "A%C3%89",
            "Larício & Água S/A",
        ]
    ),
    st.text(st.characters(max_codepoint=0xFF), max_size=30),
)


@settings(max_examples=400)
@given(
    name=NAMES,
    nature=st.sampled_from(["2062", "2135", "4120", "", "9999"]),
    line=st.fixed_dictionaries(
        {
            "trade_name": NAMES,
            "situation": st.sampled_from(["01", "02", "03", "04", "08"]),
            "opened": st.sampled_from(["19980302", "00000000", "", "19981340"]),
            "activity": st.sampled_from(["4781400", "0000000", "", "12"]),
            "street_kind": st.sampled_from(["RUA", ""]),
            "street": NAMES,
            "number": st.sampled_from(["12", "", "S/N"]),
            "complement": NAMES,
            "district": NAMES,
            "postal_code": st.sampled_from(["01001000", "", "1"]),
            "municipality": st.sampled_from(["7107", ""]),
            "area": st.sampled_from(["11", "011", "", "1"]),
            "phone": st.sampled_from(["32220000", "987654321", "", "0", "00000000"]),
        }
    ),
)
def test_the_short_way_to_a_row_says_what_the_rules_of_the_register_say(
    name: str, nature: str, line: dict[str, str]
) -> None:
    written, joined = establishment(**line), (name, nature, "515000,00")
    number = written[ROOT] + written[BRANCH] + written[CHECK]
    claims = {claim.field: claim.value for claim in told(READING.record(written, joined), number)}
    expected = values_of(row_of(Row(1, "receita", *DATES), claims))
    shown = values_of(READING.row(1, written, joined))
    # Whether there is such a telephone number is looked at when the row is read.
    shown_phone = phone(str(shown.pop(Field.PHONE, "")), "")
    assert shown_phone == expected.pop(Field.PHONE, "")
    assert shown == expected
    assert not any(personal_numbers.is_in(text) for text in map(str, without_number(shown).values()))
    if nature in ("2135", "4120"):
        assert not {Field.LEGAL_NAME, Field.PHONE, Field.LEGAL_FORM} & shown.keys()


def without_number(values: Mapping[Field, object]) -> dict[Field, object]:
    """All but the company's own number."""
    return {name: value for name, value in values.items() if name is not Field.REGISTRATION_NUMBER}
