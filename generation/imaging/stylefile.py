"""A style as a JSON file: a Look whose backdrop picture and colour table are paths beside the file."""

import json
import re
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from branding.look import Look
from generation.imaging import backdrop_file, materials, messages
from generation.imaging.errors import DecodeError
from generation.imaging.finishing.lut import parse_cube

_ID: Final = re.compile(r"[0-9a-f]{64}")


class StyleFileError(Exception):
    """The file is no style that can be used; the message says what is wrong with it."""


def read(path: Path) -> Look:
    """The Look of a file. Its `backdrop.image` and `grade.lut` are paths relative to the file; the files are
    handed to `materials`, and the Look names them by content.

    Raises StyleFileError.
    """
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StyleFileError(f"{path} is not a JSON file: {error}") from error
    if isinstance(values, dict):
        _take(values, "backdrop", "image", path.parent)
        _take(values, "grade", "lut", path.parent)
    try:
        return Look.model_validate(values)
    except ValidationError as error:
        raise StyleFileError(f"{path} is not a style: {error}") from error


def _take(values: dict[str, Any], part: str, name: str, folder: Path) -> None:
    """Replace a path by the content id of what it names."""
    group = values.get(part)
    said = group.get(name) if isinstance(group, dict) else None
    if not isinstance(said, str) or not said:
        return
    file = folder / said
    if not file.is_file():
        hint = " (an id of the portal means nothing here; give the file)" if _ID.fullmatch(said) else ""
        raise StyleFileError(f"{part}.{name}: there is no file {file}{hint}")
    try:
        content = file.read_bytes()
        if name == "image":
            content = backdrop_file.prepare(content).content
        else:
            parse_cube(content)
    except DecodeError as error:
        told = messages.sentence(error.code, **error.data)
        raise StyleFileError(f"{part}.{name}: {file}: {told}") from error
    assert isinstance(group, dict)
    group[name] = materials.add(content)
