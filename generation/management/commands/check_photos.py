"""Check every photo in a folder, without database, Redis or network.

    python manage.py check_photos DIR --json OUT.json

Exit status 0 when it ran (whatever the verdicts), 2 on misuse, 1 when a model is missing.
"""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from branding.look import Look
from generation.imaging.errors import EngineError
from generation.imaging.messages import told
from generation.imaging.types import CheckedPhoto

MISUSE = 2


class Command(BaseCommand):
    """`check_photos`: verdict, reasons and measures of every file under a folder."""

    help = "Check photos as employees' uploads are checked; writes verdicts, reasons and measures as JSON."
    # Nothing of the portal is needed: no database, no settings beyond the defaults.
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder and where the JSON goes."""
        parser.add_argument("dir", metavar="DIR", type=Path, help="folder with photos, searched recursively")
        parser.add_argument("--json", metavar="OUT.json", type=Path, required=True, help="file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check all files; raises CommandError (status 2) on misuse."""
        folder, out = options["dir"], options["json"]
        files = _files(folder)
        _refuse_unwritable(out)
        try:
            photos = [self._check(folder, file, f"{n}/{len(files)}") for n, file in enumerate(files, start=1)]
        except EngineError as error:
            raise CommandError(told(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped; nothing was written.", returncode=130) from None
        _write(out, {"photos": photos})
        counts = {verdict: sum(photo["verdict"] == verdict for photo in photos) for verdict in _VERDICTS}
        self.stderr.write(f"{len(photos)} photos: {_counted(counts)}. Written to {out}.", style_func=str)

    def _check(self, folder: Path, file: Path, progress: str) -> dict[str, Any]:
        # Imported late: the models take a second to load, and misuse should be answered at once.
        from generation.imaging.photocheck import check_file

        name = file.relative_to(folder).as_posix()
        found = _told(check_file(file, name, Look().framing))
        codes = ", ".join(reason["code"] for reason in found["reasons"])
        self.stderr.write(f"{progress}  {found['verdict']:6}  {name}  {codes}".rstrip(), style_func=str)
        return found


_VERDICTS = ("accept", "warn", "reject")


def _files(folder: Path) -> list[Path]:
    """Regular files below the folder in the order of their names, without hidden ones."""
    if not folder.exists():
        raise CommandError(f"There is no folder {folder}.", returncode=MISUSE)
    if not folder.is_dir():
        raise CommandError(
            f"{folder} is not a folder. Name the folder that holds the photos.", returncode=MISUSE
        )
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    files = sorted(file for file in found if file.is_file())
    if not files:
        raise CommandError(f"There are no files in {folder}.", returncode=MISUSE)
    return files


def _refuse_unwritable(out: Path) -> None:
    """Say so before the work, not after it."""
    if out.is_dir():
        raise CommandError(f"{out} is a folder. Name a file for --json.", returncode=MISUSE)
    if not out.parent.is_dir():
        raise CommandError(f"There is no folder {out.parent} to write {out.name} to.", returncode=MISUSE)
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise CommandError(f"{out} cannot be written.", returncode=MISUSE)


def _told(photo: CheckedPhoto) -> dict[str, Any]:
    report = photo.report
    return {
        "file": photo.name,
        "verdict": report.verdict,
        "reasons": [{"code": reason.code, "message": reason.message} for reason in report.reasons],
        "measures": report.measures,
    }


def _write(out: Path, content: dict[str, Any]) -> None:
    """Whole or not at all: a reader never sees half a file."""
    part = out.with_name(f"{out.name}.part")
    part.write_text(json.dumps(content, indent=1), encoding="utf-8")
    part.replace(out)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
