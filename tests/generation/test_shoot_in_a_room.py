"""A style with an uploaded room and a colour table: through a real worker, and on to the deliveries."""

import io

import numpy as np
import pytest
from PIL import Image

from branding import services
from branding.look import Look
from branding.models import Backdrop, ColorTable, Style
from generation.imaging import decode
from generation.imaging.finishing import backdrop, grade
from generation.imaging.samples import portrait_files
from generation.models import Headshot, Shoot, SourcePhoto
from generation.services import renditions, shoots, uploads
from portal.lib import storage
from teams.actor import Actor
from teams.services import consents
from tests.branding.test_materials import send
from tests.cast import Cast, House, make_cast
from tests.imaging import rooms
from tests.imaging.test_lut import cube, grid
from tests.workers import eventually, worker


@pytest.fixture
def told_cast(transactional_db: None) -> Cast:
    return make_cast()


def _published(cast: Cast) -> Look:
    """The house style in the uploaded room, a little warmer by an uploaded table."""
    assert send(cast, rooms.room_jpeg()).status_code == 200
    warm = grid(3) ** np.array([0.9, 1.0, 1.1])
    assert send(cast, cube(warm), "warm.cube", "tables").status_code == 200
    with cast.northwind.scope():
        room, table = Backdrop.objects.get(), ColorTable.objects.get()
        look = Look.model_validate(
            {"backdrop": {"kind": "office", "image": room.key}, "grade": {"lut": table.key}}
        )
        style = Style.objects.get(pk=cast.northwind.style.pk)
        style = services.save_draft(style, style.name, look, services.seen_of(style), cast.user("hana"))
        services.publish(style, services.seen_of(style), cast.user("hana"), default=True)
    return look


def _photo(house: House) -> SourcePhoto:
    ines = house.employees["ines"]
    consents.give(ines, house.invites["ines"], generated=False, signature=ines.name, language="en")
    data = portrait_files()["grace-hopper.png"]
    return uploads.receive_file(ines, Actor.employee(ines), "me.png", io.BytesIO(data), len(data)).photo


@pytest.mark.slow
def test_pictures_stand_in_the_frozen_room(told_cast: Cast) -> None:
    house = told_cast.northwind
    look = _published(told_cast)
    with house.scope(), worker("intake", "studio"):
        photo = _photo(house)
        eventually(lambda: SourcePhoto.objects.filter(pk=photo.pk, status="checked").exists())
        shoot = shoots.start(house.employees["ines"], Actor.employee(house.employees["ines"]))
        eventually(lambda: Shoot.objects.filter(pk=shoot.pk, status="done").exists(), within_s=240)
        pictures = [
            decode.decode_photo(storage.read(storage.renditions(), one.image)).pixels
            for one in shoot.candidates.all()
        ]
        assert len(pictures) == shoot.count
        height, width = pictures[0].shape[:2]
        # What this process renders from the same style is what the worker rendered.
        plate = grade.to_8_bit(grade.grade(backdrop.plate(look.backdrop, (width, height)), look.grade))
        for pixels in pictures:
            np.testing.assert_array_equal(pixels[:100, :200], plate[:100, :200])
        headshot = Headshot.objects.create(
            company=house.company,
            employee=house.employees["ines"],
            candidate=shoot.candidates.get(rank=1),
            status="approved",
        )
        _assert_delivered_in_the_room(headshot, look)


def _assert_delivered_in_the_room(headshot: Headshot, look: Look) -> None:
    """Also where the picture is framed anew from its master, for a square."""
    row = renditions.rendition(headshot, "microsoft365")
    with Image.open(io.BytesIO(storage.read(storage.renditions(), row.file))) as square:
        shown = np.asarray(square.convert("RGB")).astype(float)
    assert shown.shape == (648, 648, 3)
    plate = grade.to_8_bit(grade.grade(backdrop.plate(look.backdrop, (648, 648)), look.grade))
    away = np.abs(shown - plate.astype(float))
    # The upper corners hold nobody; JPEG moves codes a little.
    assert away[:60, :60].mean() < 3 and away[:60, -60:].mean() < 3
