"""Near-copies of a photo: the set is made of what differs, and nothing is developed for nothing."""

from functools import cache

import cv2
import numpy as np
import pytest

from branding.look import Look
from generation.imaging import gates, moments, photocheck, run, threads
from generation.imaging.decode import encode_jpeg
from generation.imaging.types import CheckedPhoto, MasterLayers
from tests.imaging import people

PHOTO, OTHER = "portraits/byron-donalds.jpg", "identities/congress_pairs/byron-donalds__2024.jpg"
SIZE = (320, 400)


@cache
def burst() -> tuple[CheckedPhoto, ...]:
    """One photo as it is, nearer and turned, and brighter: what the photo check takes for three."""
    pixels = people.decoded(PHOTO).pixels
    height, width = pixels.shape[:2]
    found = []
    for name, scale, turn, gain in (("a", 1.04, 0.0, 1.0), ("b", 1.12, -3.0, 0.9), ("c", 1.04, 0.0, 1.12)):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, scale)
        seen = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE) * gain
        data = encode_jpeg(np.clip(seen, 0, 255).astype(np.uint8), 90)
        found.append(photocheck.check_photo(data, name, Look().framing))
    assert photocheck.check_set(found).duplicates == ()
    return tuple(found)


@pytest.fixture
def developed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the photos that are developed from here on, in one thread: with two, what may be wanted is
    begun."""
    monkeypatch.setattr(threads, "_share", 1)
    names: list[str] = []
    develop = run.develop

    def noted(photo: CheckedPhoto) -> MasterLayers:
        names.append(photo.name)
        return develop(photo)

    monkeypatch.setattr(run, "develop", noted)
    return names


def test_near_copies_are_told_from_another_photo_of_the_person() -> None:
    other = people.checked(OTHER)
    first, *_ = burst()
    ordered, new = moments.new_first([*burst(), other])
    assert [photo.name for photo in ordered] == ["a", other.name, "b", "c"] and new == 2
    assert not moments.same_moment(first, other) and moments.same_moment(first, first)


def test_a_set_of_a_burst_and_another_photo_shows_both_and_develops_no_copy(developed: list[str]) -> None:
    other = people.checked(OTHER)
    gallery = photocheck.build_gallery([*burst(), other])
    shown = list(run.takes(gallery, Look(), seed=0, count=4, size=SIZE))
    assert len(shown) == 4 and len(developed) == 2
    assert {one.take.photo for one in shown} == set(developed) and other.name in developed
    # What sets the pictures of one photo apart is said with them.
    assert len({str(one.variation) for one in shown}) == 4


def test_a_copy_steps_in_where_its_better_one_may_not_be_shown(
    developed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = photocheck.build_gallery(burst())
    best = gallery.photos[0].name
    real = gates.matte

    def first_fails(master: MasterLayers) -> gates.Gate:
        return gates.Gate(1.0, 0.4, False) if master.photo == best else real(master)

    monkeypatch.setattr(gates, "matte", first_fails)
    shown = list(run.takes(gallery, Look(), seed=0, count=1, size=SIZE))
    assert [one.take.photo for one in shown] == developed[1:] and best not in developed[1:]
