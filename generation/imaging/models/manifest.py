"""What the store writes down about an installed model, and about who accepted which licence."""

import json
import os
import time
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from generation.imaging.errors import EngineError
from generation.imaging.models.table import ModelFile

FILE: Final = "manifest.json"
# `table`: the checksums stood in the table. `first use`: they were taken at the installation.
Pinned = Literal["table", "first use"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of a file. While it stays the same the content need not be hashed again:
    every write changes the time of change, and nobody but the kernel sets that."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, file: Path) -> "Stamp":
        """The file's stamp now. Raises FileNotFoundError."""
        found = file.stat()
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


@dataclass(frozen=True, slots=True)
class Manifest:
    """An installed model: where its files came from, their checksums and their stamps by path."""

    name: str
    source: str
    revision: str
    licence: str
    pinned: Pinned
    installed_at: float
    files: tuple[ModelFile, ...]
    stamps: dict[str, Stamp]

    @property
    def size_bytes(self) -> int:
        """Bytes of all files together."""
        return sum(file.size_bytes for file in self.files)

    def stamped(self, folder: Path) -> "Manifest":
        """The same with the stamps that the files have now."""
        return replace(self, stamps={file.path: Stamp.of(folder / file.path) for file in self.files})


def read(folder: Path) -> Manifest | None:
    """The manifest of an installed model; None when there is none.

    Raises EngineError `model_changed` when it cannot be read.
    """
    try:
        row = json.loads((folder / FILE).read_text("utf-8"))
        files = tuple(ModelFile(**one) for one in row.pop("files"))
        stamps = {path: Stamp(**one) for path, one in row.pop("stamps").items()}
        return Manifest(**row, files=files, stamps=stamps)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError("model_changed", model=folder.name, file=FILE) from error


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest whole or not at all. Raises OSError."""
    write_json(folder / FILE, asdict(manifest))


def write_json(file: Path, content: Any) -> None:
    """Replace a JSON file so that no reader sees half of it and a loss of power leaves the old one."""
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    with part.open("w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Somebody accepted a licence for this installation of Onelight."""

    model: str
    licence: str
    who: str
    at: float


def acceptances(file: Path) -> tuple[Acceptance, ...]:
    """All acceptances, oldest first. Raises EngineError `licences_damaged`: a record is never overwritten."""
    try:
        return tuple(Acceptance(**row) for row in json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as error:
        raise EngineError("licences_damaged", file=str(file)) from error


def accept(file: Path, model: str, licence: str, who: str) -> None:
    """Add an acceptance; call with the store's lock held."""
    rows = [*acceptances(file), Acceptance(model, licence, who, time.time())]
    write_json(file, [asdict(row) for row in rows])
