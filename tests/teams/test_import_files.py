"""What programs write: encodings, separators, quotes, Excel's types; and headings as people name them."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from teams.services.columns import complete, guess
from teams.services.tables import TableError, csv_bytes, defuse, read_table, undefuse

PEOPLE = [["Name", "E-mail"], ["Zoë Müller-Łuk", "zoe@x.test"], ["O'Brien, Pat", "pat@x.test"]]


def _csv(separator: str, encoding: str) -> bytes:
    rows = [separator.join(f'"{cell}"' for cell in row) for row in PEOPLE]
    return "\r\n".join(rows).encode(encoding, errors="replace")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_and_separators(separator: str, encoding: str) -> None:
    table = read_table(_csv(separator, encoding), "x.csv")
    assert table.header == PEOPLE[0]
    assert table.rows == PEOPLE[1:]
    assert table.lines == [2, 3]


def test_what_excel_writes_in_western_europe() -> None:
    table = read_table("Name;E-Mail\r\nJürgen Groß;j@x.test\r\n".encode("cp1252"), "x.csv")
    assert table.rows == [["Jürgen Groß", "j@x.test"]]


def test_xlsx_with_numbers_dates_empty_rows_and_a_wrong_size() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Name", "E-mail", "Personalnummer"],
        [],
        ["Ines", "ines@x.test", 4711.0],
        [None, None, None],
    ):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    table = read_table(out.getvalue(), "roster.csv")
    assert table.rows == [["Ines", "ines@x.test", "4711"]]
    assert table.lines == [3]


# PostgreSQL keeps no zero characters, so none is ever written.
cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=20))
def test_what_we_write_we_read_back(rows: list[tuple[str, str]]) -> None:
    def tidy(cell: str) -> str:
        return undefuse(" ".join("".join(c if c.isprintable() else " " for c in defuse(cell)).split()))

    expected = [[tidy(one), tidy(two)] for one, two in rows]
    expected = [row for row in expected if any(row)]
    try:
        table = read_table(csv_bytes([("Name", "E-mail"), *rows]), "x.csv")
    except TableError:
        assert not expected
        return
    assert table.rows == expected


@given(st.binary(max_size=600))
def test_any_bytes_are_a_table_or_a_sentence(data: bytes) -> None:
    try:
        table = read_table(data, "x")
    except TableError as error:
        assert str(error)
    else:
        assert all(len(row) == len(table.header) for row in table.rows)


@given(cells)
def test_no_cell_we_write_starts_a_formula(cell: str) -> None:
    assert not defuse(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert undefuse(defuse(cell)) == cell or cell.startswith("'")


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (["Name", "E-Mail"], {"name": 0, "email": 1}),
        (["Vorname", "Nachname", "E-Mail-Adresse"], {"first_name": 0, "last_name": 1, "email": 2}),
        (["Vorname", "Name", "Mail"], {"first_name": 0, "last_name": 1, "email": 2}),
        (
            ["ID", "Full Name", "Work Email", "Dept."],
            {"external_id": 0, "name": 1, "email": 2, "department": 3},
        ),
        (
            ["Büro", "Mitarbeiter", "eMail", "Abteilung", "Funktion", "Personal-Nr."],
            {"location": 0, "name": 1, "email": 2, "department": 3, "title": 4, "external_id": 5},
        ),
    ],
)
def test_headings_in_english_and_german(header: list[str], columns: dict[str, int]) -> None:
    assert guess(header) == columns
    assert complete(guess(header))


def test_a_table_without_an_address_is_not_complete() -> None:
    assert not complete(guess(["Name", "Telefon"]))
