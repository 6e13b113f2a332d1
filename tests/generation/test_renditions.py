"""Renditions: the right size and shape, few enough bytes, made once, and nothing private inside."""

import io

import numpy as np
import pytest
import skimage.data
from PIL import Image

from generation.imaging import deliver
from generation.imaging.errors import EngineError
from generation.models import Headshot, Rendition
from generation.services import renditions
from portal.lib import storage
from tests.cast import Cast, House
from tests.generation.reviewing import FRAMED, approved, paint


def _portrait(side: int = 1280) -> np.ndarray:
    """A real face at 4:5, (5/4 side, side, 3)."""
    picture = Image.fromarray(skimage.data.astronaut()).crop((70, 0, 370, 375))
    return np.asarray(picture.resize((side, side * 5 // 4)), np.uint8)


def _headshot(house: House, pixels: np.ndarray | None = None, **candidate: object) -> Headshot:
    headshot = approved(house, "ines", **candidate)
    paint(headshot, _portrait() if pixels is None else pixels)
    return Headshot.objects.select_related("candidate__shoot__style_version", "company").get(pk=headshot.pk)


def _open(row: Rendition) -> Image.Image:
    return Image.open(io.BytesIO(storage.read(storage.renditions(), row.file)))


@pytest.mark.parametrize(
    ("preset", "size", "kind"),
    [
        ("microsoft365", (648, 648), "JPEG"),
        ("slack", (1024, 1024), "JPEG"),
        ("web", (800, 1000), "JPEG"),
        ("master", (1280, 1600), "PNG"),
    ],
)
def test_every_preset_has_exactly_its_size(cast: Cast, preset: str, size: tuple[int, int], kind: str) -> None:
    with cast.northwind.scope():
        row = renditions.rendition(_headshot(cast.northwind), preset)
        picture = _open(row)
        assert (picture.format, picture.mode, picture.size) == (kind, "RGB", size)
        assert (row.width_px, row.height_px) == size
        assert row.size_bytes == storage.renditions().size(row.file)
        assert not renditions.is_smaller(row)


def test_the_master_keeps_every_pixel(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = _headshot(cast.northwind)
        row = renditions.rendition(headshot, "master")
        assert np.array_equal(np.asarray(_open(row)), _portrait())


def test_a_small_picture_is_not_blown_up(cast: Cast) -> None:
    with cast.northwind.scope():
        row = renditions.rendition(_headshot(cast.northwind, _portrait(400)), "slack")
        assert _open(row).size == (400, 400)
        assert renditions.is_smaller(row)


def test_asking_twice_makes_it_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with cast.northwind.scope():
        headshot = _headshot(cast.northwind)
        first = renditions.rendition(headshot, "web")

        def again(*args: object) -> None:
            raise AssertionError("made twice")

        monkeypatch.setattr(renditions, "_make", again)
        assert renditions.rendition(headshot, "web").pk == first.pk
        assert Rendition.objects.count() == 1


def test_a_lost_file_is_made_again_with_the_same_bytes(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = _headshot(cast.northwind)
        first = renditions.rendition(headshot, "web")
        storage.renditions().delete(first.file)
        second = renditions.rendition(headshot, "web")
        assert (second.pk, second.sha256) == (first.pk, first.sha256)
        assert storage.renditions().exists(second.file)


def test_another_style_version_is_another_rendition(cast: Cast) -> None:
    from branding.models import StyleVersion

    house = cast.northwind
    with house.scope():
        headshot = _headshot(house)
        first = renditions.rendition(headshot, "web")
        data = house.version.data
        version = StyleVersion.objects.create(company=house.company, style=house.style, number=2, data=data)
        headshot.candidate.shoot.style_version = version
        second = renditions.rendition(headshot, "web")
        assert first.file != second.file
        assert Rendition.objects.count() == 2


def test_the_files_lie_in_the_persons_folder_which_erasure_empties(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = _headshot(cast.northwind)
        row = renditions.rendition(headshot, "web")
        assert row.file.startswith(f"{headshot.company_id}/{headshot.employee_id}/")


@pytest.mark.parametrize("preset", ["web", "master"])
def test_the_file_says_what_kind_of_picture_it_is_and_nothing_else(cast: Cast, preset: str) -> None:
    with cast.northwind.scope():
        picture = _open(renditions.rendition(_headshot(cast.northwind), preset))
        packet = picture.info.get("xmp") or picture.info["XML:com.adobe.xmp"].encode()
        assert b"digitalsourcetype/compositeSynthetic" in packet
        assert "© Northwind".encode() in packet
        assert b"Ines" not in packet
        assert not dict(picture.getexif())
        assert "icc_profile" not in picture.info
        assert "comment" not in picture.info


def test_a_generated_picture_says_so(cast: Cast) -> None:
    with cast.northwind.scope():
        row = renditions.rendition(_headshot(cast.northwind, source="generated"), "web")
        assert b"compositeWithTrainedAlgorithmicMedia" in _open(row).info["xmp"]


def test_a_square_cut_from_the_picture_keeps_the_eyes_where_the_preset_wants_them(cast: Cast) -> None:
    # The factory's master holds no layers, so the stored picture is cropped: a red line marks the eyes.
    pixels = np.full((1250, 1000, 3), 200, np.uint8)
    row_px = round(FRAMED["eye_line"] * 1250)
    pixels[row_px - 4 : row_px + 5] = (200, 0, 0)
    with cast.northwind.scope():
        square = np.asarray(_open(renditions.rendition(_headshot(cast.northwind, pixels), "microsoft365")))
    red = (square[..., 0].astype(int) - square[..., 1]).mean(axis=1)
    assert abs(float(np.argmax(red)) / 648 - 0.48) < 0.01


def test_the_crop_stays_inside_the_picture() -> None:
    box = deliver.crop_box((1000, 1250), (1, 1), (0.5, 0.1), 0.5)
    assert box == (0, 0, 1000, 1000)
    box = deliver.crop_box((1000, 1250), (1, 1), (0.5, 0.95), 0.4)
    assert box == (0, 250, 1000, 1250)


def test_bytes_stay_under_the_limit_or_the_file_is_refused() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (300, 300, 3), np.uint8)
    free = deliver.encode(noise, "jpeg", b"")
    bounded = deliver.encode(noise, "jpeg", b"", max_bytes=len(free) // 2)
    assert len(bounded) <= len(free) // 2
    with pytest.raises(EngineError):
        deliver.encode(noise, "jpeg", b"", max_bytes=500)


def test_an_unknown_preset_and_a_lost_picture_are_said(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = _headshot(cast.northwind)
        with pytest.raises(renditions.UnknownPreset):
            renditions.rendition(headshot, "poster")
        storage.renditions().delete(headshot.candidate.image)
        with pytest.raises(FileNotFoundError):
            renditions.rendition(headshot, "web")


def test_erasing_the_person_deletes_their_renditions(cast: Cast) -> None:
    from generation.services import erasure
    from teams.actor import Actor

    with cast.northwind.scope():
        headshot = _headshot(cast.northwind)
        files = [renditions.rendition(headshot, preset).file for preset in ("web", "slack")]
        ines = cast.northwind.employees["ines"]
        erasure.erase(ines, Actor.employee(ines))
        assert not Rendition.objects.exists()
        assert not any(storage.renditions().exists(file) for file in files)
