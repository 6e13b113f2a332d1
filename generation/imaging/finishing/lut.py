"""Colour tables in the `.cube` format: read strictly, applied by tetrahedral interpolation.

Format: Adobe, Cube LUT Specification 1.0 (2013): TITLE, LUT_1D_SIZE or LUT_3D_SIZE, DOMAIN_MIN, DOMAIN_MAX,
then the rows, red changing fastest. Interpolation: Kasson, Nin, Plouffe & Hafner 1995; grey stays grey.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.imaging import materials
from generation.imaging.errors import DecodeError, EngineError

# A table of 65 points a side has about 8 MB as text; the specification allows 256, which nobody ships.
MAX_BYTES: Final = 12_000_000
_MOST_3D: Final = 65
_MOST_1D: Final = 65_536
# Pixels that are looked up at once: their arrays stay in the processor's cache.
_CHUNK: Final = 16_384
_NUMBERS: Final = ("DOMAIN_MIN", "DOMAIN_MAX", "LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lut:
    """A table from code values to code values. `table` is (n, 3) for one curve per channel, or
    (n, n, n, 3) indexed blue, green, red."""

    title: str
    table: Floats
    low: tuple[float, float, float] = (0.0, 0.0, 0.0)
    high: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def points(self) -> int:
        """Points a side."""
        return int(self.table.shape[0])

    @property
    def is_3d(self) -> bool:
        """Whether channels influence each other."""
        return self.table.ndim == 4


@dataclass(slots=True)
class _Read:
    """What has been read so far."""

    title: str = ""
    kind: str = ""
    points: int = 0
    low: tuple[float, float, float] = (0.0, 0.0, 0.0)
    high: tuple[float, float, float] = (1.0, 1.0, 1.0)
    rows: list[list[float]] = field(default_factory=list)


def _wrong(code: str, line: int, **data: Any) -> DecodeError:
    return DecodeError(code, line=line, **data)


def parse_cube(data: bytes) -> Lut:
    """Read a `.cube` file.

    Raises DecodeError with code `cube_too_large`, `cube_not_text`, `cube_line` (a line that is neither a
    keyword nor three numbers), `cube_size`, `cube_domain`, `cube_no_size` or `cube_rows`; data has `line`,
    counted from 1, where one line is to blame.
    """
    if len(data) > MAX_BYTES:
        raise DecodeError("cube_too_large", limit=MAX_BYTES // 1_000_000)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DecodeError("cube_not_text") from error
    if "\0" in text:
        raise DecodeError("cube_not_text")
    read = _Read()
    for number, line in enumerate(text.splitlines(), 1):
        _take(read, line.strip(), number)
    return _finished(read)


def _take(read: _Read, line: str, number: int) -> None:
    if not line or line.startswith("#"):
        return
    word, _, rest = line.partition(" ") if "\t" not in line else line.replace("\t", " ").partition(" ")
    if word[0].isalpha() and word.lower() not in ("nan", "inf", "infinity"):
        if read.rows:
            raise _wrong("cube_line", number)
        _keyword(read, word, rest.strip(), number)
        return
    row = _floats(line, number, 3)
    if not read.kind:
        raise _wrong("cube_no_size", number)
    if len(read.rows) >= _wanted(read):
        raise _wrong("cube_rows", number, wanted=_wanted(read), found=len(read.rows) + 1)
    read.rows.append(row)


def _keyword(read: _Read, word: str, rest: str, number: int) -> None:
    if word == "TITLE":
        read.title = rest.strip('"')[:80]
    elif word in ("LUT_1D_SIZE", "LUT_3D_SIZE"):
        most = _MOST_1D if word == "LUT_1D_SIZE" else _MOST_3D
        if read.kind or not rest.isdecimal() or not 2 <= int(rest) <= most:
            raise _wrong("cube_size", number, most=most)
        read.kind, read.points = word[4:6], int(rest)
    elif word in _NUMBERS:
        values = _floats(rest, number, 2 if word.endswith("RANGE") else 3)
        if word.endswith("RANGE"):
            read.low, read.high = (values[0],) * 3, (values[1],) * 3
        elif word == "DOMAIN_MIN":
            read.low = (values[0], values[1], values[2])
        else:
            read.high = (values[0], values[1], values[2])
    else:
        raise _wrong("cube_line", number)


def _floats(text: str, number: int, count: int) -> list[float]:
    try:
        values = [float(part) for part in text.split()]
    except ValueError as error:
        raise _wrong("cube_line", number) from error
    if len(values) != count or not all(math.isfinite(value) and abs(value) < 1e6 for value in values):
        raise _wrong("cube_line", number)
    return values


def _wanted(read: _Read) -> int:
    return read.points if read.kind == "1D" else read.points**3


def _finished(read: _Read) -> Lut:
    if not read.kind:
        raise DecodeError("cube_no_size", line=1)
    if any(high - low < 1e-6 for low, high in zip(read.low, read.high, strict=True)):
        raise DecodeError("cube_domain")
    if len(read.rows) != _wanted(read):
        raise DecodeError("cube_rows", wanted=_wanted(read), found=len(read.rows))
    table = np.asarray(read.rows, np.float32)
    if read.kind == "3D":
        table = table.reshape(read.points, read.points, read.points, 3)
    return Lut(read.title, table, read.low, read.high)


@lru_cache(maxsize=4)
def find(key: str) -> Lut:
    """The table of a content id. Raises EngineError when its file is missing or damaged."""
    try:
        return parse_cube(materials.read(key))
    except DecodeError as error:
        raise EngineError("material_damaged", id=key) from error


def apply(lut: Lut, code: Floats) -> Floats:
    """(..., 3) code values through the table; what lies outside of its domain is taken as its edge."""
    flat = np.ascontiguousarray(code.reshape(-1, 3), np.float32)
    low = np.asarray(lut.low, np.float32)
    scale = np.float32(lut.points - 1) / (np.asarray(lut.high, np.float32) - low)
    out = np.empty_like(flat)
    look_up = _tetrahedral if lut.is_3d else _curves
    table = np.ascontiguousarray(lut.table.reshape(-1, 3))
    for start in range(0, len(flat), _CHUNK):
        part = flat[start : start + _CHUNK]
        at = np.clip((part - low) * scale, 0, lut.points - 1)
        out[start : start + _CHUNK] = look_up(table, lut.points, at)
    return out.reshape(code.shape)


def _curves(table: Floats, points: int, at: Floats) -> Floats:
    index = np.minimum(at.astype(np.int32), points - 2)
    share = at - index
    channel = np.arange(3)
    below, above = table[index, channel], table[index + 1, channel]
    return np.asarray(below + (above - below) * share, np.float32)


def _tetrahedral(table: Floats, points: int, at: Floats) -> Floats:
    """Walk from the cell's low corner to its high one along the axes, the largest fraction first: the four
    corners passed are the tetrahedron around the colour."""
    index = np.minimum(at.astype(np.int32), points - 2)
    r, g, b = np.ascontiguousarray((at - index).T)
    red, green, blue = 1, points, points * points
    corner = index @ np.array([red, green, blue], np.int32)
    a, c = np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)
    middle = r + g + b - a - c
    # Where fractions are equal the choice of axis does not matter: that corner's weight is 0.
    first = corner + np.where(r == a, red, np.where(g == a, green, blue)).astype(np.int32)
    last = corner + np.int32(red + green + blue)
    second = last - np.where(b == c, blue, np.where(g == c, green, red)).astype(np.int32)
    weights = (1 - a, a - middle, middle - c, c)
    corners: tuple[NDArray[Any], ...] = (corner, first, second, last)
    out = np.zeros_like(at)
    for which, weight in zip(corners, weights, strict=True):
        out += table.take(which, axis=0) * weight[:, None]
    return out
