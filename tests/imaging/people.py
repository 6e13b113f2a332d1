"""Photographs for tests: the public-domain portrait that scikit-image carries, and the shared ones."""

import csv
import io
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from branding.look import Framing, Look
from generation.imaging import photocheck, run
from generation.imaging.decode import decode_photo, encode_jpeg
from generation.imaging.types import SRGB8, CheckedPhoto, DecodedPhoto, MasterLayers

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "photos"
needs_photos = pytest.mark.skipif(not PHOTOS.is_dir(), reason="the shared photos are not on this machine")


def shared(path: str) -> Path:
    """A shared photo, or skip with the reason."""
    found = PHOTOS / path
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
def astronaut() -> SRGB8:
    """Eileen Collins, head and shoulders, enlarged to (1008, 912, 3)."""
    from skimage import data

    picture = data.astronaut()[:420, 40:420]
    return np.ascontiguousarray(cv2.resize(picture, None, fx=2.4, fy=2.4, interpolation=cv2.INTER_CUBIC))


def check(pixels: SRGB8, name: str = "photo.jpg", quality: int = 95) -> CheckedPhoto:
    """The photo check of these pixels, as a JPEG file."""
    return photocheck.check_photo(encode_jpeg(np.ascontiguousarray(pixels), quality), name, Framing())


def codes(photo: CheckedPhoto) -> list[str]:
    """The codes of a photo's reasons, in their order."""
    return [reason.code for reason in photo.report.reasons]


@cache
def decoded(path: str) -> DecodedPhoto:
    """One shared photo, decoded."""
    return decode_photo(shared(path).read_bytes())


def files(folder: str) -> list[str]:
    """Paths of the shared photos in a folder, relative to all of them; empty where there are none."""
    return sorted(
        file.relative_to(PHOTOS).as_posix() for file in (PHOTOS / folder).rglob("*") if file.is_file()
    )


def pairs() -> list[tuple[str, str, bool]]:
    """The labelled pairs: two photos and whether they show the same person."""
    if not PHOTOS.is_dir():
        return []
    with (PHOTOS / "pairs.tsv").open(encoding="utf-8", newline="") as table:
        return [(row["a"], row["b"], row["same"] == "1") for row in csv.DictReader(table, delimiter="\t")]


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
