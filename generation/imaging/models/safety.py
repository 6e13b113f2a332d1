"""What a file gives away before anything reads it as a model: kind, completeness, checksum."""

import hashlib
import json
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from generation.imaging.errors import EngineError
from generation.imaging.models.table import ModelEntry, ModelFile

# Bytes read at a time while hashing.
_BLOCK: Final = 4 * 1024 * 1024
# No published header is longer; the format's own library refuses more.
_LONGEST_HEADER: Final = 100 * 1024 * 1024
# Kinds that are neither weights nor read by anything: left out without a word.
_IGNORED: Final = frozenset({".md", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".gitattributes", ".lock", ""})
# Told about the bytes that have been worked through; may raise `Cancelled`.
Told = Callable[[int], None]


def sha256(file: Path, told: Told = lambda count: None) -> str:
    """The file's sha256 in hex. `told` hears of every block."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
            told(len(block))
    return digest.hexdigest()


def git_sha1(file: Path) -> str:
    """The id that git gives the file: what the hub lists for files outside of LFS."""
    digest = hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False)
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Regular files with their relative paths, sorted, without hidden ones. Links are followed: the hub's own
    cache consists of them."""
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(place, name)
            if not name.startswith(".") and file.is_file():
                yield file.relative_to(folder).as_posix(), file


def chosen(entry: ModelEntry, folder: Path) -> dict[str, Path]:
    """The files of a folder that make up the model, by their place in the store.

    The folder may have the repository's layout or the store's. Pickles and code are never taken. Raises
    EngineError `model_unsafe` when the model would need them, `model_incomplete` when it lacks a file.
    """
    found: dict[str, Path] = {}
    unsafe: list[str] = []
    for path, file in files_below(folder):
        if entry.leaves_out(path):
            continue
        if entry.allows(path):
            found[entry.placed(path)] = file
        elif Path(path).suffix.lower() not in _IGNORED:
            unsafe.append(path)
    lacking = entry.lacking(list(found))
    if unsafe and (lacking or not entry.required):
        raise EngineError("model_unsafe", model=entry.name, file=unsafe[0])
    if lacking or not found:
        raise EngineError("model_incomplete", model=entry.name, file=lacking or "*")
    return found


def check_form(entry: ModelEntry, folder: Path, files: tuple[ModelFile, ...]) -> None:
    """Raise EngineError `model_incomplete` or `model_changed` where a file cannot be what its name says."""
    paths = {file.path for file in files}
    for path in paths:
        if path.endswith(".safetensors"):
            _check_safetensors(entry, folder, path)
        elif path.endswith(".safetensors.index.json"):
            _check_shards(entry, folder, path, paths)


def _check_safetensors(entry: ModelEntry, folder: Path, path: str) -> None:
    """The format's header gives the length of the whole file (github.com/huggingface/safetensors)."""
    size = (folder / path).stat().st_size
    with (folder / path).open("rb") as content:
        start = content.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= _LONGEST_HEADER:
            raise EngineError("model_changed", model=entry.name, file=path)
        if 8 + length > size:
            raise EngineError("model_incomplete", model=entry.name, file=path)
        try:
            header = json.loads(content.read(length))
            ends = [one["data_offsets"][1] for key, one in header.items() if key != "__metadata__"]
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise EngineError("model_changed", model=entry.name, file=path) from error
    if 8 + length + max(ends, default=0) > size:
        raise EngineError("model_incomplete", model=entry.name, file=path)


def _check_shards(entry: ModelEntry, folder: Path, path: str, paths: set[str]) -> None:
    try:
        shards = set(json.loads((folder / path).read_text("utf-8"))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError("model_changed", model=entry.name, file=path) from error
    prefix = path.rpartition("/")[0]
    for shard in sorted(shards):
        if (f"{prefix}/{shard}" if prefix else shard) not in paths:
            raise EngineError("model_incomplete", model=entry.name, file=shard)
