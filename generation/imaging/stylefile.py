"""A style as a JSON file: a Look whose pictures and colour table are paths beside the file."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from branding.look import Look
from generation.imaging import backdrop_file, materials, messages
from generation.imaging.decode import decode_photo, encode_jpeg
from generation.imaging.errors import DecodeError
from generation.imaging.finishing.lut import parse_cube

_REFERENCE_QUALITY: Final = 92
_ID: Final = re.compile(r"[0-9a-f]{64}")


class StyleFileError(Exception):
    """The file is no style that can be used; the message says what is wrong with it."""


def read(path: Path) -> Look:
    """The Look of a file. Its `backdrop.image`, `grade.lut` and `engine_options.references` are paths
    relative to the file; the files are handed to `materials`, and the Look names them by content.

    Raises StyleFileError.
    """
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StyleFileError(f"{path} is not a JSON file: {error}") from error
    if isinstance(values, dict):
        _take(values, "backdrop", "image", path.parent)
        _take(values, "grade", "lut", path.parent)
        _take_all(values, "engine_options", "references", path.parent)
    try:
        return Look.model_validate(values)
    except ValidationError as error:
        raise StyleFileError(f"{path} is not a style: {error}") from error


def _take(values: dict[str, Any], part: str, name: str, folder: Path) -> None:
    """Replace a path by the content id of what it names."""
    group = values.get(part)
    said = group.get(name) if isinstance(group, dict) else None
    if isinstance(group, dict) and isinstance(said, str) and said:
        checked = _backdrop if name == "image" else _table
        group[name] = _added(folder, said, f"{part}.{name}", checked)


def _take_all(values: dict[str, Any], part: str, name: str, folder: Path) -> None:
    """The same for a list of pictures."""
    group = values.get(part)
    said = group.get(name) if isinstance(group, dict) else None
    if isinstance(group, dict) and isinstance(said, list):
        group[name] = [_added(folder, str(one), f"{part}.{name}", _reference) for one in said]


def _backdrop(content: bytes) -> bytes:
    return backdrop_file.prepare(content).content


def _table(content: bytes) -> bytes:
    parse_cube(content)
    return content


def _reference(content: bytes) -> bytes:
    """Only its colour and light are read: any size will do, and nothing but pixels is kept."""
    return encode_jpeg(decode_photo(content).pixels, _REFERENCE_QUALITY)


def _added(folder: Path, said: str, where: str, checked: Callable[[bytes], bytes]) -> str:
    """The content id of a file, which is handed to `materials`. Raises StyleFileError."""
    file = folder / said
    if not file.is_file():
        hint = " (an id of the portal means nothing here; give the file)" if _ID.fullmatch(said) else ""
        raise StyleFileError(f"{where}: there is no file {file}{hint}")
    try:
        content = checked(file.read_bytes())
    except DecodeError as error:
        told = messages.sentence(error.code, **error.data)
        raise StyleFileError(f"{where}: {file}: {told}") from error
    return materials.add(content)
