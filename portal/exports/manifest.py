"""What is in an archive, for spreadsheets (CSV) and for programs (JSON)."""

import csv
import io
import json
from dataclasses import asdict, dataclass
from typing import Any, Final

# A cell that begins so is a formula to Excel, LibreOffice and Google Sheets (OWASP, "CSV Injection").
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive."""

    file: str
    preset: str
    name: str
    email: str
    id: str
    department: str
    title: str
    location: str
    width_px: int
    height_px: int
    bytes: int
    sha256: str
    style: str
    source: str
    approved_on: str
    note: str
    # What the person shown had changed, in steps: "brightness +1"; empty for a picture as it was made.
    adjusted: str


COLUMNS: Final = tuple(Entry.__dataclass_fields__)


def defused(value: object) -> object:
    """The value as a cell that no spreadsheet calculates: text that looks like a formula gets an
    apostrophe, which spreadsheets hide."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def as_csv(entries: list[Entry]) -> bytes:
    """UTF-8 with a byte order mark, so that Excel reads every script."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([defused(value) for value in asdict(entry).values()])
    return out.getvalue().encode("utf-8-sig")


def as_json(about: dict[str, Any], entries: list[Entry], skipped: list[dict[str, str]]) -> bytes:
    """Everything the CSV says, unchanged, and who was left out."""
    content = {**about, "files": [asdict(entry) for entry in entries], "left_out": skipped}
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
