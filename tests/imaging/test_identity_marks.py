"""Moles, freckles, glasses and beards: what a picture keeps of a photo, and what it loses, is seen."""

import cv2
import numpy as np
import pytest

from branding.look import STARTERS
from generation.imaging import run
from generation.imaging.face.detect import detect_faces
from generation.imaging.identity import marks
from generation.imaging.landmarks import Landmarks, skin_region
from generation.imaging.types import SRGB8
from tests.imaging.people import astronaut, decoded, master, needs_photos


def face(pixels: SRGB8) -> Landmarks:
    return detect_faces(pixels)[0].landmarks


def kept(picture: SRGB8, photo: SRGB8 | None = None) -> marks.Marks:
    source = astronaut() if photo is None else photo
    return marks.compare(source, face(source), picture, face(picture))


def smoothed() -> SRGB8:
    """A beauty filter: skin without detail, everything else as it was."""
    skin = skin_region(face(astronaut()), astronaut().shape[:2]).astype(np.float32)
    soft = cv2.GaussianBlur(astronaut(), (0, 0), 5)
    edge = cv2.GaussianBlur(skin, (0, 0), 3)[..., None]
    return (astronaut() * (1 - edge) + soft * edge).astype(np.uint8)


def freckled() -> SRGB8:
    """Dark spots over nose and cheeks."""
    picture, points = astronaut().copy(), face(astronaut())
    for index in (
        118,
        347,
        101,
        330,
        50,
        280,
        36,
        266,
        205,
        425,
        4,
        195,
        5,
        207,
        427,
        187,
        411,
        151,
        108,
        337,
    ):
        x, y = points[index, :2].astype(int)
        cv2.circle(picture, (x, y), 4, (120, 76, 60), -1, cv2.LINE_AA)
    return picture


def with_glasses() -> SRGB8:
    picture, points = astronaut().copy(), face(astronaut())
    for eye in ((33, 133), (362, 263)):
        x, y = points[list(eye), :2].mean(axis=0).astype(int)
        cv2.ellipse(picture, (x, y), (46, 38), 0, 0, 360, (25, 22, 20), 7, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize("style", sorted(STARTERS))
def test_a_finished_studio_picture_keeps_them_in_every_style(style: str) -> None:
    found = kept(run.finish(master(), STARTERS[style], (819, 1024)))
    assert found.detail > 0.85
    assert found.traits > 0.85
    assert found.kept == min(found.detail, found.traits)


def test_light_exposure_and_turning_do_not_matter() -> None:
    height, width = astronaut().shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, 400), 8, 1.1)
    turned = cv2.warpAffine(
        astronaut(), matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    lit = np.clip(turned * np.linspace(0.55, 1.1, width)[None, :, None], 0, 255).astype(np.uint8)
    assert kept(lit).kept > 0.8


def test_smoothed_skin_has_lost_them_though_the_person_is_the_same() -> None:
    found = kept(smoothed())
    assert found.detail < 0.7
    assert found.traits > 0.8


def test_freckles_that_were_taken_away_are_missed() -> None:
    assert kept(astronaut(), freckled()).detail < 0.5 < 0.85 < kept(freckled(), freckled()).detail


def test_glasses_that_were_taken_away_are_missed() -> None:
    gone, there = kept(astronaut(), with_glasses()), kept(with_glasses(), with_glasses())
    assert there.traits > 0.95
    assert gone.traits < there.traits - 0.25


@needs_photos
def test_another_persons_face_has_none_of_them() -> None:
    others = [
        decoded(f"portraits/{name}.jpg").pixels for name in ("grace-meng", "al-green", "tammy-duckworth")
    ]
    for other in others:
        assert kept(other).kept < 0.15


@needs_photos
def test_the_photo_with_the_same_pose_decides() -> None:
    other = decoded("portraits/grace-meng.jpg").pixels
    photos = [(other, face(other)), (astronaut(), face(astronaut()))]
    assert marks.best(photos, astronaut(), face(astronaut())).kept > 0.95


def test_without_photos_there_is_nothing_to_keep() -> None:
    with pytest.raises(ValueError, match="empty"):
        marks.best([], astronaut(), face(astronaut()))
