"""Models that are published as a zip file."""

import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Final

from generation.imaging.errors import EngineError
from generation.imaging.models.table import ModelEntry, is_inside

# Weights hardly shrink: more than this many times the file's size is a bomb.
_MOST_UNPACKED: Final = 4
_UNREADABLE: Final = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, zlib.error)


def size(entry: ModelEntry, archive: Path) -> int:
    """Bytes that the files take when unpacked.

    Raises EngineError `model_changed` for what is not a zip file or is a bomb.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            found = sum(row.file_size for row in content.infolist())
    except _UNREADABLE as error:
        raise EngineError("model_changed", model=entry.name, file=archive.name) from error
    if found > _MOST_UNPACKED * archive.stat().st_size:
        raise EngineError("model_changed", model=entry.name, file=archive.name)
    return found


def unpack(entry: ModelEntry, archive: Path, folder: Path) -> None:
    """The safe files of a zip into `folder`, without the one folder that some packs wrap around theirs.

    Raises EngineError `model_changed` for what is not a zip file, leads outside or is a bomb.
    """
    shutil.rmtree(folder, ignore_errors=True)
    size(entry, archive)
    try:
        with zipfile.ZipFile(archive) as content:
            rows = [row for row in content.infolist() if not row.is_dir()]
            tops = {row.filename.partition("/")[0] for row in rows if "/" in row.filename}
            wrapped = len(tops) == 1 and all("/" in row.filename for row in rows)
            for row in rows:
                path = row.filename.partition("/")[2] if wrapped else row.filename
                if not is_inside(path):
                    raise EngineError("model_changed", model=entry.name, file=row.filename)
                if entry.takes(path) and entry.allows(path):
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    with content.open(row) as source, (folder / path).open("wb") as target:
                        shutil.copyfileobj(source, target)
    except _UNREADABLE as error:
        raise EngineError("model_changed", model=entry.name, file=archive.name) from error
