"""What a person's photos add up to: what is missing, who does not belong, what repeats."""

from dataclasses import replace

import cv2
import numpy as np

from generation.imaging.photocheck import build_gallery, check_set
from generation.imaging.types import CheckedPhoto
from tests.imaging.people import astronaut, check, checked, codes, needs_photos

OBAMA = [f"identities/obama/{number}.jpg" for number in (1, 2, 3, 4)]


def obama() -> list[CheckedPhoto]:
    return [checked(path) for path in OBAMA]


def test_without_photos_the_sentence_says_how_to_begin() -> None:
    report = check_set([])
    assert report.good == 0
    assert report.sentence == "No usable photo yet. Start with one looking straight at the camera."
    assert build_gallery([]).photos == ()


def test_one_frontal_photo_asks_for_the_next_view() -> None:
    report = check_set([check(astronaut())])
    assert report.covered == ("front",)
    assert report.missing == ("slight_left", "slight_right", "expression")
    assert (
        report.sentence == "1 photo can be used. One with your head turned slightly to your left would help."
    )


def test_a_refused_photo_counts_for_nothing() -> None:
    blank = check(np.full((700, 700, 3), 90, dtype=np.uint8), "blank.jpg")
    report = check_set([check(astronaut()), blank])
    assert report.good == 1
    assert [photo.name for photo in build_gallery([blank, check(astronaut())]).photos] == ["photo.jpg"]


def test_the_same_moment_twice_is_named_and_left_out() -> None:
    brighter = np.clip(astronaut().astype(np.int16) + 4, 0, 255).astype(np.uint8)
    smaller = cv2.resize(brighter, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    photos = [check(astronaut(), "one.jpg"), check(smaller, "two.jpg")]
    report = check_set(photos)
    ((worse, better),) = report.duplicates
    assert {worse, better} == {"one.jpg", "two.jpg"}
    assert report.good == 1
    told = {photo.name: photo for photo in report.photos}
    assert codes(told[worse])[0] == "near_duplicate"
    assert better in told[worse].report.reasons[0].message
    assert "near_duplicate" not in codes(told[better])
    assert len(build_gallery(photos).photos) == 1


@needs_photos
def test_a_full_set_is_complete() -> None:
    report = check_set(obama())
    assert report.missing == ()
    assert report.sentence == "4 photos can be used. That is everything we need."


@needs_photos
def test_views_are_told_from_the_persons_own_side() -> None:
    turned_right = checked("portraits/nanette-barragan.jpg")
    turned_left = checked("portraits/nydia-velazquez.jpg")
    assert check_set([turned_right]).covered == ("slight_right",)
    assert check_set([turned_left]).covered == ("slight_left",)


@needs_photos
def test_somebody_elses_photo_is_named_and_kept_out() -> None:
    stranger = checked("identities/biden/2.jpg")
    report = check_set([*obama(), stranger])
    assert report.outliers == (stranger.name,)
    assert codes(report.photos[-1])[0] == "other_person"
    assert report.photos[-1].report.verdict == "reject"
    assert report.sentence.endswith("1 of your photos may show someone else.")
    assert stranger.name not in [photo.name for photo in build_gallery([*obama(), stranger]).photos]


@needs_photos
def test_the_gallery_knows_the_persons_own_spread() -> None:
    gallery = build_gallery(obama())
    assert len(gallery.photos) == 4
    assert len(gallery.own_distances) == 6
    assert all(0.2 < distance < 0.55 for distance in gallery.own_distances)


@needs_photos
def test_the_best_photo_comes_first() -> None:
    best = checked("identities/obama/1.jpg")
    blurred = replace(best.report, measures={**best.report.measures, "sharpness": 0.1})
    softer = replace(checked("identities/obama/4.jpg"), report=blurred)
    assert [photo.name for photo in build_gallery([softer, best]).photos] == [best.name, softer.name]
