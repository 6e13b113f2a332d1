"""Photographs for tests: the public-domain portrait that scikit-image carries, and the shared ones."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from branding.look import Look
from generation.imaging import photocheck, run
from generation.imaging.types import SRGB8, CheckedPhoto, MasterLayers

SHARED = Path(__file__).resolve().parents[3] / "shared" / "photos"


def shared(path: str) -> Path:
    """A shared photo, or skip with the reason."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"{found} is not on this machine")
    return found


@cache
def astronaut_jpeg() -> bytes:
    """Eileen Collins, NASA, public domain; 512 x 512 from scikit-image's wheel."""
    from skimage import data

    out = io.BytesIO()
    Image.fromarray(data.astronaut()).save(out, "JPEG", quality=97)
    return out.getvalue()


@cache
def checked(path: str = "") -> CheckedPhoto:
    """A checked photo: the astronaut, or a shared one."""
    data = shared(path).read_bytes() if path else astronaut_jpeg()
    return photocheck.check_photo(data, path or "astronaut.jpg", Look().framing)


@cache
def master(path: str = "") -> MasterLayers:
    return run.develop(checked(path))


def difference(a: SRGB8, b: SRGB8) -> int:
    """Greatest difference of two pictures in code values."""
    return int(np.abs(a.astype(int) - b.astype(int)).max())
