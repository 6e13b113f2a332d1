"""Squares are framed anew from the master layers: more room around the head than a crop of 4:5 has."""

import io

import numpy as np
import pytest
from PIL import Image

from branding.presets import PRESETS
from generation.imaging import photocheck, run
from generation.imaging.face.detect import detect_faces
from generation.imaging.finishing import masters
from generation.imaging.landmarks import eye_middle
from generation.imaging.samples import portrait_files
from generation.models import Headshot
from generation.services import renditions
from portal.lib import storage
from tests.cast import Cast, House
from tests.generation.reviewing import LOOK, approved, paint


@pytest.fixture(scope="module")
def developed() -> tuple[bytes, np.ndarray]:
    """A real portrait as master layers, and as a finished picture at 4:5."""
    photo = photocheck.check_photo(portrait_files()["grace-hopper.png"], "me.png", LOOK.framing)
    master = run.develop(photo)
    return masters.save_master(master), run.finish(master, LOOK, (640, 800))


def _headshot(house: House, developed: tuple[bytes, np.ndarray]) -> Headshot:
    headshot = approved(house, "ines")
    storage.put(storage.masters(), headshot.candidate.master, developed[0])
    paint(headshot, developed[1])
    return Headshot.objects.select_related("candidate__shoot__style_version", "company").get(pk=headshot.pk)


def test_the_face_stands_where_the_preset_says(cast: Cast, developed: tuple[bytes, np.ndarray]) -> None:
    preset = PRESETS["microsoft365"]
    with cast.northwind.scope():
        row = renditions.rendition(_headshot(cast.northwind, developed), "microsoft365")
        pixels = np.asarray(Image.open(io.BytesIO(storage.read(storage.renditions(), row.file))))
    [face] = detect_faces(pixels)
    side = pixels.shape[0]
    assert pixels.shape[:2] == (row.height_px, row.width_px)
    assert eye_middle(face.landmarks)[1] / side == pytest.approx(preset.eye_line, abs=0.01)
    assert eye_middle(face.landmarks)[0] / side == pytest.approx(0.5, abs=0.015)
    # Eyes to chin; a crop of the 4:5 picture would be half as large again.
    reach = (face.landmarks[152, 1] - eye_middle(face.landmarks)[1]) / side
    assert reach == pytest.approx(preset.head_height, abs=0.02)


def test_without_the_master_the_picture_is_cropped_instead(
    cast: Cast, developed: tuple[bytes, np.ndarray]
) -> None:
    with cast.northwind.scope():
        headshot = _headshot(cast.northwind, developed)
        storage.masters().delete(headshot.candidate.master)
        row = renditions.rendition(headshot, "microsoft365")
        assert row.width_px == row.height_px == 640
        assert renditions.is_smaller(row)
