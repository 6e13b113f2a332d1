"""Live pictures: on whom, under which look, and never of somebody who is gone."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from branding.forms import look_query
from branding.look import STARTERS, Look
from branding.presets import SQUARE_EYES, SQUARE_HEAD
from generation.imaging import proof
from generation.imaging.finishing import masters
from generation.models import Candidate, Headshot, SourcePhoto
from generation.services import previews
from portal.lib import storage
from teams.models import Employee
from tests.branding import sitters
from tests.cast import Cast, House


def _get(cast: Cast, path: str, **headers: str) -> Any:
    return cast.client("hana").get(f"/c/northwind/styles/preview/{path}", headers=headers)


def _pixels(answer: Any) -> np.ndarray:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/jpeg"
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(float)


def test_the_backdrop_is_the_colour_that_was_asked_for(cast: Cast) -> None:
    plain = "backdrop_kind=solid&backdrop_vignette=0&grade_contrast=0&backdrop_color=%23"
    red, blue = _pixels(_get(cast, f"first/?{plain}c04040")), _pixels(_get(cast, f"first/?{plain}4040c0"))
    corner = red[5:25, 5:25].mean(axis=(0, 1))
    assert corner == pytest.approx([0xC0, 0x40, 0x40], abs=4)
    assert blue[5:25, 5:25].mean(axis=(0, 1)) == pytest.approx([0x40, 0x40, 0xC0], abs=4)


def test_moving_the_key_light_moves_the_light_on_the_face(cast: Cast) -> None:
    def sides(azimuth: int) -> float:
        query = f"light_key_azimuth_deg={azimuth}&light_key_fill_ratio=3&light_strength=100"
        picture = _pixels(_get(cast, f"demo-hopper/?{query}"))[260:400].mean(axis=2)
        return float(picture[:, 280:330].mean() / picture[:, 150:200].mean())

    assert sides(60) > 1.1 * sides(-60)


def test_the_same_picture_is_not_sent_twice(cast: Cast) -> None:
    query = look_query(STARTERS["legal"])
    first = _get(cast, f"first/?{query}")
    assert _get(cast, f"first/?{query}", if_none_match=first["ETag"]).status_code == 304
    other = _get(cast, f"first/?{look_query(Look())}", if_none_match=first["ETag"])
    assert other.status_code == 200
    assert "private" in first["Cache-Control"]


def test_the_public_portraits_are_developed_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for demo in previews.DEMOS:
        _get(cast, f"{demo}/")
    monkeypatch.setattr(proof, "develop", lambda *_: pytest.fail("developed again"))
    for demo in previews.DEMOS:
        assert _get(cast, f"{demo}/?light_rim=40").status_code == 200


def test_wrong_values_are_told_not_rendered(cast: Cast) -> None:
    answer = _get(cast, "first/?backdrop_vignette=900")
    assert answer.status_code == 422
    assert answer.json() == {"message": "Correct the marked values to see this picture."}


@pytest.mark.parametrize("path", ["nobody/", "first/?size=huge", "00000000-0000-4000-8000-000000000000/"])
def test_what_is_not_there_is_not_found(cast: Cast, path: str) -> None:
    assert _get(cast, path).status_code == 404


def _names(house: House) -> list[str]:
    return [person.name for person in previews.sitters(house.company)]


def test_without_own_people_the_public_portraits_sit(cast: Cast) -> None:
    with cast.northwind.scope():
        assert _names(cast.northwind) == ["Eileen Collins", "Grace Hopper"]


def test_own_people_come_first_each_once_and_approved_ones_before_others(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        sitters.finished(house, "ines")
        sitters.finished(house, "ines")
        approved = sitters.finished(house, "kofi")
        Headshot.objects.create(
            company=house.company, employee=house.employees["kofi"], candidate=approved, status="approved"
        )
        assert _names(house) == ["Kofi Northwind", "Ines Northwind", "Eileen Collins"]
        sitters.finished(house, "jonas")
        assert _names(house) == ["Kofi Northwind", "Ines Northwind", "Jonas Northwind"]


def test_those_who_sit_differ_as_much_as_the_light_on_them_can(cast: Cast) -> None:
    """Light that is kind to one skin may not be to another: the three show it."""
    house = cast.northwind
    with house.scope():
        for who, lightness in (("ada", 70.0), ("bo", 72.0), ("cy", 71.0), ("di", 48.0), ("eve", 81.0)):
            house.employees[who] = Employee.objects.create(
                company=house.company, name=who.title(), email=f"{who}@northwind.test"
            )
            candidate = sitters.finished(house, who)
            Candidate.objects.filter(pk=candidate.pk).update(measures={"skin_l": lightness})
        assert _names(house) == ["Ada", "Di", "Eve"]
        # Approved ones come first all the same.
        bo = Candidate.objects.get(shoot__employee__name="Bo")
        Headshot.objects.create(
            company=house.company, employee=house.employees["bo"], candidate=bo, status="approved"
        )
        assert _names(house) == ["Bo", "Di", "Eve"]


def test_own_people_are_rendered_from_their_master(cast: Cast) -> None:
    with cast.northwind.scope():
        candidate = sitters.finished(cast.northwind, "ines")
    _pixels(_get(cast, f"{candidate.pk}/?{look_query(STARTERS['creative'])}"))


def test_a_picture_that_was_deleted_is_gone_even_from_memory(cast: Cast) -> None:
    with cast.northwind.scope():
        candidate = sitters.finished(cast.northwind, "ines")
    assert _get(cast, f"{candidate.pk}/").status_code == 200
    storage.masters().delete(candidate.master)
    assert _get(cast, f"{candidate.pk}/").status_code == 404
    with cast.northwind.scope():
        Candidate.objects.all().delete()
    assert _get(cast, f"{candidate.pk}/").status_code == 404


def test_before_is_the_persons_own_photo_in_the_same_place(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        photo = SourcePhoto.objects.create(
            company=house.company,
            employee=house.employees["ines"],
            upload_key=house.company.pk,
            original_name="me.png",
            original="o",
            sha256="0" * 64,
            size_bytes=1,
            status="checked",
            normalized="upright.jpg",
        )
        storage.put(storage.originals(), "upright.jpg", sitters.portrait())
        candidate = sitters.finished(house, "ines", photo=str(photo.pk))
        candidate.shoot.photos.add(photo, through_defaults={"company": house.company})
    after, before = _pixels(_get(cast, f"{candidate.pk}/")), _pixels(_get(cast, f"{candidate.pk}/before/"))

    def lines(picture: np.ndarray) -> np.ndarray:
        grey = picture.mean(axis=2).astype(np.float32)
        return (grey - cv2.GaussianBlur(grey, (0, 0), 12)) / (cv2.GaussianBlur(grey, (0, 0), 12) + 8)

    def alike(shift: int) -> float:
        one = lines(after)[250:420, 180:300]
        other = lines(before)[250 + shift : 420 + shift, 180:300]
        return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])

    # The light differs, the place of eyes, nose and mouth does not.
    assert alike(0) > 0.7
    assert alike(0) > max(alike(-12), alike(12))
    assert abs(after[:40] - before[:40]).mean() > 10, "the photo keeps its own background"


def test_a_deleted_photo_is_said_in_words(cast: Cast) -> None:
    with cast.northwind.scope():
        candidate = sitters.finished(cast.northwind, "ines")
    answer = _get(cast, f"{candidate.pk}/before/")
    assert answer.status_code == 422
    assert "has been deleted" in answer.json()["message"]


def test_the_square_is_framed_as_directories_get_it(cast: Cast) -> None:
    """Not cut from the picture: the head is as large as the preset says."""
    from generation.imaging.face.detect import detect_faces
    from generation.imaging.landmarks import eye_middle

    shown = _pixels(_get(cast, "demo-hopper/?size=square&framing_head_height=30")).astype(np.uint8)
    assert shown.shape == (240, 240, 3)
    face = detect_faces(shown)[0].landmarks
    assert eye_middle(face)[1] / 240 == pytest.approx(SQUARE_EYES, abs=0.03)
    assert (face[152, 1] - eye_middle(face)[1]) / 240 == pytest.approx(SQUARE_HEAD, abs=0.03)


def test_reduced_masters_show_what_the_full_one_shows(shared_photos: Path) -> None:
    photo = (shared_photos / "portraits" / "al-green.jpg").read_bytes()
    full = masters.load_master(proof.develop(photo, "al-green"))
    look, size = Look(), (320, 400)
    small = masters.reduced(full, proof.unit_for(look.framing, size))
    assert small.alpha.size < full.alpha.size / 2
    pictures = [
        np.asarray(Image.open(io.BytesIO(proof.finish(master, look, size)))).astype(float)
        for master in (full, small)
    ]
    # His beard makes him one whose light is read least surely.
    assert abs(pictures[0] - pictures[1]).mean() < 2.5
