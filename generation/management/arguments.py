"""What the photo commands read from their command line: sizes, numbers, styles, engines."""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.core.management.base import CommandError
from pydantic import ValidationError

from branding.look import STARTERS, Look
from generation.imaging import stylefile
from generation.imaging.engines.table import ENGINES, find_engine
from generation.imaging.errors import EngineError

MISUSE: Final = 2
_SIDE_PX: Final = (64, 8192)


def size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT in pixels."""
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match:
        raise ArgumentTypeError("say it as WIDTHxHEIGHT, for example 1638x2048")
    width, height = int(match[1]), int(match[2])
    if not (_SIDE_PX[0] <= min(width, height) and max(width, height) <= _SIDE_PX[1]):
        raise ArgumentTypeError(f"each side is {_SIDE_PX[0]} to {_SIDE_PX[1]} pixels")
    return width, height


def whole(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""

    def read(text: str) -> int:
        if not text.isdigit() or not low <= int(text) <= high:
            raise ArgumentTypeError(f"a whole number from {low} to {high}")
        return int(text)

    return read


def look(style: str, engine: str | None) -> Look:
    """The starter of that name or the Look in that file, with the engine where one is named. Raises
    CommandError."""
    if style in STARTERS:
        found = STARTERS[style]
    elif Path(style).is_file():
        try:
            found = stylefile.read(Path(style))
        except stylefile.StyleFileError as error:
            raise CommandError(str(error), returncode=MISUSE) from error
    else:
        raise CommandError(
            f"No style {style}. Known: {', '.join(STARTERS)}, or a JSON file.", returncode=MISUSE
        )
    if engine is None:
        return found
    try:
        find_engine(engine)
        return Look.model_validate({**found.model_dump(), "engine": engine})
    except (EngineError, ValidationError) as error:
        raise CommandError(f"No engine {engine}. Known: {', '.join(ENGINES)}.", returncode=MISUSE) from error
