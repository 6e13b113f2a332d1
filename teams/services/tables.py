"""Uploaded CSV and XLSX files to rows of text, bounded, whatever program wrote them."""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

# A roster of 50 000 people with every column is about 8 MB of CSV.
MAX_BYTES = 15 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 60
# Longer cells are cut here; no column of ours takes as much, so they are reported as too long.
MAX_CELL = 500
# What an XLSX may unpack to: a zip bomb stops here, before it is read.
MAX_UNPACKED_BYTES = 300 * 1024 * 1024
# Tried in this order. cp1252 is what Excel writes in Western Europe; unlike latin-1 it refuses some bytes.
ENCODINGS = ("utf-8-sig", "cp1252")
SEPARATORS = (",", ";", "\t")
# First characters that a spreadsheet takes for a formula (OWASP, CSV Injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class TableError(Exception):
    """The file cannot be read as a table; the message is a sentence for the person."""


@dataclass(frozen=True, slots=True)
class Table:
    """A heading row and the rows below it, all text, all rows as wide as the heading.

    `lines[i]` is the line (CSV) or row (XLSX) number of `rows[i]` in the file, 1-based.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]


def read_table(data: bytes, file_name: str) -> Table:
    """Read a CSV or XLSX file by its bytes, not its name. Raises TableError."""
    if len(data) > MAX_BYTES:
        raise TableError(_("This file is larger than %(mb)d MB.") % {"mb": MAX_BYTES // 2**20})
    if data[:4] == b"PK\x03\x04":
        return _table(_xlsx_rows(data))
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise TableError(_("This is an old Excel file (.xls). Save it as .xlsx or CSV and upload that."))
    text = _decode(data)
    return _table(_csv_rows(text))


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise TableError(_("This is neither a CSV nor an Excel file (.xlsx)."))


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    separator = _separator(text)
    # A stray quote must not swallow the rest of the file into one cell without an error.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(_("Line %(line)d cannot be read as CSV.") % {"line": line}) from error


def _separator(text: str) -> str:
    """The separator that splits the first non-empty line most often, outside of quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))


def _xlsx_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise TableError(_("This Excel file is too large."))
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # Some programs write a wrong size into the sheet; openpyxl would believe it.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)
        for number, row in enumerate(rows, start=1):
            yield number, [_cell(value) for value in row]
    except TableError:
        raise
    except Exception as error:
        # openpyxl raises whatever its XML and zip layers raise on a damaged file.
        raise TableError(_("This Excel file cannot be read. Save it again, or as CSV.")) from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        # Employee numbers come as 4711.0.
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return str(value)


def _table(numbered: Iterable[tuple[int, list[str]]]) -> Table:
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    for line, raw in numbered:
        row = [_clean(cell) for cell in raw[:MAX_COLUMNS]]
        if not any(row):
            continue
        if not header:
            while row and not row[-1]:
                row.pop()
            header = row
            continue
        if len(rows) >= MAX_ROWS:
            raise TableError(_("This file has more than %(rows)d rows.") % {"rows": MAX_ROWS})
        rows.append((row + [""] * len(header))[: len(header)])
        lines.append(line)
    if not header:
        raise TableError(_("This file is empty."))
    if not rows:
        raise TableError(_("This file has headings, but no rows below them."))
    return Table(header, rows, lines)


def _clean(cell: str) -> str:
    """Single spaces, no control characters (PostgreSQL refuses zeros), bounded."""
    printable = "".join(char if char.isprintable() else " " for char in cell[:MAX_CELL])
    return undefuse(" ".join(printable.split()))


def defuse(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before it."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def undefuse(cell: str) -> str:
    """What `defuse` made, taken back: a downloaded file can be corrected and uploaded again."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA_STARTS) else cell


def write_csv(out: IO[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows for a spreadsheet, every cell defused."""
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([defuse("" if value is None else str(value)) for value in row])


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file that Excel opens as UTF-8 (it needs the byte order mark)."""
    out = io.StringIO(newline="")
    write_csv(out, rows)
    return out.getvalue().encode("utf-8-sig")
