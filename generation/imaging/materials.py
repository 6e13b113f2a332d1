"""Files that a Look refers to by their content: backdrop pictures and colour tables.

A Look names them by sha256, so the same Look is the same picture for ever, whoever keeps the file. Imaging
knows no storage: whoever runs it says once per process where the bytes of an id come from (`load_with`), or
hands them over (`add`). What comes back is checked against its id, so a wrong file can never be rendered.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from generation.imaging.errors import EngineError

# Files that are kept in memory; a picture has about 8 MB.
_KEPT_FILES: Final = 8

Source = Callable[[str], bytes]
_sources: list[Source] = []
_added: dict[str, bytes] = {}


def content_id(data: bytes) -> str:
    """The name of these bytes."""
    return hashlib.sha256(data).hexdigest()


def load_with(source: Source) -> None:
    """Ask `source` for what is not in memory; it raises KeyError or FileNotFoundError for an unknown id."""
    _sources[:] = [source]


def add(data: bytes) -> str:
    """Keep these bytes for this process's whole life and return their id: for a run without a storage."""
    key = content_id(data)
    _added[key] = data
    return key


def added() -> tuple[bytes, ...]:
    """What was handed to this process, to be handed on to one that it starts."""
    return tuple(_added.values())


def add_all(files: tuple[bytes, ...]) -> None:
    """Keep what another process was handed."""
    for data in files:
        add(data)


def read(key: str) -> bytes:
    """The bytes of an id. Raises EngineError `material_missing` or `material_damaged`."""
    return _added[key] if key in _added else _fetched(key)


@lru_cache(maxsize=_KEPT_FILES)
def _fetched(key: str) -> bytes:
    try:
        data = _sources[0](key)
    except (IndexError, KeyError, FileNotFoundError) as error:
        raise EngineError("material_missing", id=key) from error
    if content_id(data) != key:
        raise EngineError("material_damaged", id=key)
    return data
