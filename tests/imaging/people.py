"""Pictures for the imaging tests: the shared photos where there are any, a public-domain portrait always."""

import csv
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from branding.look import Framing
from generation.imaging.decode import decode_photo, encode_jpeg
from generation.imaging.photocheck import check_photo
from generation.imaging.types import SRGB8, CheckedPhoto, DecodedPhoto

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "photos"
needs_photos = pytest.mark.skipif(not PHOTOS.is_dir(), reason="the shared photos are not on this machine")


@cache
def astronaut() -> SRGB8:
    """Eileen Collins (NASA, public domain), head and shoulders, enlarged to (1008, 912, 3)."""
    picture = skimage.data.astronaut()[:420, 40:420]
    larger = cv2.resize(picture, None, fx=2.4, fy=2.4, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(larger)


def check(pixels: SRGB8, name: str = "photo.jpg", quality: int = 95) -> CheckedPhoto:
    """The photo check of these pixels, as a JPEG file."""
    return check_photo(encode_jpeg(np.ascontiguousarray(pixels), quality), name, Framing())


def codes(photo: CheckedPhoto) -> list[str]:
    """The codes of a photo's reasons, in their order."""
    return [reason.code for reason in photo.report.reasons]


@cache
def shared(path: str) -> bytes:
    """Bytes of one shared photo."""
    return (PHOTOS / path).read_bytes()


@cache
def checked(path: str) -> CheckedPhoto:
    """The photo check of one shared photo."""
    return check_photo(shared(path), path, Framing())


@cache
def decoded(path: str) -> DecodedPhoto:
    """One shared photo, decoded."""
    return decode_photo(shared(path))


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
