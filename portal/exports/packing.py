"""Packing an export: pictures, then a ZIP on disk with manifest and contact sheet, then storage.

Every step can be killed and run again: renditions are found where they were made, the ZIP is begun anew,
its key is made of the export's id and attempt.
"""

import hashlib
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any, Final

from django.core.files import File
from django.utils import timezone
from django.utils.translation import override

from branding.presets import PRESETS
from generation import review_selectors
from generation.imaging.errors import EngineError
from generation.models import Headshot, HeadshotStatus, Rendition
from generation.services import renditions
from portal.exports import contact_sheet, manifest
from portal.exports.manifest import Entry
from portal.exports.names import Names, stem
from portal.lib import storage
from portal.models import Export

# Called with a stage's code and the share of the whole done; raises to stop.
Progress = Callable[[str, float], None]
# Where each stage begins on the progress bar, after what they take for a hundred people in four presets.
PICTURES_END: Final = 0.80
_SHEET_END: Final = 0.88
_ZIP_END: Final = 0.95
# A ZIP of the same pictures is the same bytes: entries carry the day of approval, not of packing.
_CHUNK: Final = 1 << 20
# Somebody may withdraw while we pack; then it is packed again without them.
_MOST_ROUNDS: Final = 3


class Paused(Exception):
    """The worker's time is up; what was made is kept, another job goes on."""


class PeopleKeepLeaving(Exception):
    """Headshots were withdrawn in every round; tried again later."""


@dataclass
class Packed:
    """A finished archive in storage."""

    file: str = ""
    sha256: str = ""
    size_bytes: int = 0
    file_count: int = 0
    skipped: list[dict[str, str]] = field(default_factory=list)


def archive_key(export: Export, attempt: int) -> str:
    """Where an attempt puts its archive in the exports storage: one that was thought dead and comes back
    does not touch another's."""
    return f"{export.company_id}/{export.pk}-{attempt}.zip"


def drop_leftovers(export: Export) -> None:
    """Delete what attempts stored that never finished."""
    for attempt in range(1, export.attempt + 1):
        key = archive_key(export, attempt)
        if key != export.file:
            storage.exports().delete(key)


def pack(export: Export, progress: Progress, slice_s: float) -> Packed:
    """Make the archive of a claimed export and store it.

    Raises Paused after `slice_s` seconds of rendering, PeopleKeepLeaving, EngineError, or whatever
    `progress` raises to stop.
    """
    until = time.monotonic() + slice_s
    for _round in range(_MOST_ROUNDS):
        rows, skipped = _people(export)
        files, lost = _render(export, rows, progress, until)
        packed = _archive(export, rows, files, [*skipped, *lost], progress)
        if _all_approved(files):
            return packed
        storage.exports().delete(packed.file)
    raise PeopleKeepLeaving


def _people(export: Export) -> tuple[list[Headshot], list[dict[str, str]]]:
    """Those who can still be exported, in the order of a face book, and those who cannot, and why."""
    rows = list(review_selectors.by_ids(export.headshots).select_related("company"))
    there = {str(row.pk) for row in rows}
    missing = [pk for pk in export.headshots if pk not in there]
    found = {str(row.pk): row for row in Headshot.objects.filter(pk__in=missing).select_related("employee")}
    return rows, [_left_out(pk, found.get(pk)) for pk in missing]


def _left_out(pk: str, row: Headshot | None) -> dict[str, str]:
    if row is None or row.status == HeadshotStatus.WITHDRAWN:
        # Whoever withdrew is not named again.
        return {"headshot": pk, "name": "", "code": "withdrawn"}
    code = "archived" if row.status == HeadshotStatus.APPROVED else str(row.status)
    return {"headshot": pk, "name": row.employee.name, "code": code}


Files = list[tuple[Headshot, Rendition]]


def _render(
    export: Export, rows: list[Headshot], progress: Progress, until: float
) -> tuple[Files, list[dict[str, str]]]:
    files: Files = []
    lost: list[dict[str, str]] = []
    for number, row in enumerate(rows):
        progress("pictures", PICTURES_END * number / len(rows))
        if time.monotonic() > until:
            raise Paused
        try:
            files += [(row, renditions.rendition(row, preset)) for preset in _presets(export)]
        except FileNotFoundError:
            lost.append({"headshot": str(row.pk), "name": row.employee.name, "code": "file_lost"})
        except EngineError as error:
            if error.code != "too_many_bytes":
                raise
            lost.append({"headshot": str(row.pk), "name": row.employee.name, "code": error.code})
    return files, lost


def _presets(export: Export) -> list[str]:
    return [key for key in export.presets if key in PRESETS]


def _all_approved(files: Files) -> bool:
    ids = {row.pk for row, _file in files}
    return Headshot.objects.filter(pk__in=ids, status=HeadshotStatus.APPROVED).count() == len(ids)


def _archive(
    export: Export, rows: list[Headshot], files: Files, skipped: list[dict[str, str]], progress: Progress
) -> Packed:
    with TemporaryFile() as disk, override(export.company.language):
        entries = _write(disk, export, files, skipped, progress)
        progress("storing", _ZIP_END)
        size = disk.seek(0, 2)
        disk.seek(0)
        digest = hashlib.file_digest(disk, "sha256").hexdigest()
        disk.seek(0)
        key = archive_key(export, export.attempt)
        saved = storage.exports().save(key, File(disk, name=key))
    return Packed(saved, digest, size, len(entries), skipped)


def _write(
    disk: IO[bytes], export: Export, files: Files, skipped: list[dict[str, str]], progress: Progress
) -> list[Entry]:
    people = list({row.pk: row for row, _file in files}.values())
    with zipfile.ZipFile(disk, "w", zipfile.ZIP_STORED) as archive:
        if people:
            sheet = contact_sheet.pdf(export, people, lambda: progress("sheet", PICTURES_END))
            archive.writestr(_info("contact-sheet.pdf", export), sheet)
        entries = []
        for number, (path, row, file) in enumerate(_named(export, files)):
            progress("packing", _SHEET_END + (_ZIP_END - _SHEET_END) * number / len(files))
            _copy(archive, path, file, export)
            entries.append(_entry(path, row, file))
        archive.writestr(_info("manifest.csv", export), manifest.as_csv(entries))
        archive.writestr(_info("manifest.json", export), manifest.as_json(_about(export), entries, skipped))
    return entries


def _named(export: Export, files: Files) -> Iterator[tuple[str, Headshot, Rendition]]:
    """A path for each file: a folder per preset."""
    names = Names()
    for row, file in files:
        preset = PRESETS[file.preset]
        name = stem(export.pattern, row.employee, preset.key)
        yield names.take(preset.key, name, preset.suffix), row, file


def _info(path: str, export: Export) -> zipfile.ZipInfo:
    made = timezone.localtime(export.created_at)
    info = zipfile.ZipInfo(path, made.timetuple()[:6])
    # Readable by everybody who unpacks it, whatever their umask.
    info.external_attr = 0o644 << 16
    return info


def _copy(archive: zipfile.ZipFile, path: str, file: Rendition, export: Export) -> None:
    info = _info(path, export)
    info.file_size = file.size_bytes
    with storage.renditions().open(file.file, "rb") as source, archive.open(info, "w") as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)


def _entry(path: str, row: Headshot, file: Rendition) -> Entry:
    person = row.employee
    return Entry(
        file=path,
        preset=file.preset,
        name=person.name,
        email=person.email,
        id=person.external_id,
        department=person.department.name if person.department else "",
        title=person.title,
        location=person.location,
        width_px=file.width_px,
        height_px=file.height_px,
        bytes=file.size_bytes,
        sha256=file.sha256,
        style=str(row.candidate.shoot.style_version),
        source=row.candidate.source,
        approved_on=timezone.localtime(row.decided_at).date().isoformat() if row.decided_at else "",
        note="smaller than asked for: the photo has no more pixels" if renditions.is_smaller(file) else "",
        adjusted=" ".join(f"{name} {step:+d}" for name, step in _steps(row) if step),
    )


def _steps(row: Headshot) -> Iterator[tuple[str, int]]:
    """In an order of their own: the database sorts the names of JSON."""
    for name in ("brightness", "size", "side"):
        yield name, int(row.candidate.nudge_steps.get(name, 0))


def _about(export: Export) -> dict[str, Any]:
    return {
        "company": export.company.name,
        "export": str(export.pk),
        "asked_for_at": export.created_at.isoformat(),
        "choice": export.choice,
        "presets": list(export.presets),
        "pattern": export.pattern,
    }
