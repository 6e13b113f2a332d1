"""The photo check's verdict reaches the page in words, with one thing to do better."""

import io
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from PIL import Image
from skimage import data

from branding import services as styles
from branding.look import Framing, Look
from generation.jobs import check_photo
from generation.models import SourcePhoto
from portal.lib import storage
from tests import factories
from tests.cast import Cast, House
from tests.generation.studio import send_whole


@pytest.fixture(autouse=True)
def consent(cast: Cast) -> None:
    with cast.northwind.scope():
        factories.give_consent(cast.northwind.employees["ines"])


def _astronaut(brightness: float = 1.0, side: int = 1400) -> bytes:
    pixels = np.clip(data.astronaut() * brightness, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS).save(out, "JPEG", quality=92)
    return out.getvalue()


def _send_and_check(house: House, content: bytes, name: str = "me.jpg") -> SourcePhoto:
    sent = send_whole(house, content, name=name).json()["photo"]
    check_photo(str(house.company.pk), sent)
    with house.scope():
        return SourcePhoto.objects.get(pk=sent)


def _page(house: House) -> str:
    return Client().get(house.me("ines", "photos/")).content.decode()


def test_while_it_is_looked_at_the_page_says_so_and_asks_again(cast: Cast) -> None:
    send_whole(cast.northwind, _astronaut())
    page = _page(cast.northwind)
    assert "Looking at it" in page
    assert 'hx-trigger="load delay:500ms"' in page
    fragment = Client().get(cast.northwind.me("ines", "photos/list/?n=4"), headers={"HX-Request": "true"})
    # Each further look waits longer.
    assert 'hx-trigger="load delay:1921ms"' in fragment.content.decode()


def test_a_good_photo_opens_the_way_on(cast: Cast) -> None:
    photo = _send_and_check(cast.northwind, _astronaut())
    # A portrait of 512 px: usable, and told to be small.
    assert photo.verdict == "warn"
    page = _page(cast.northwind)
    assert "1 photo can be used." in page
    assert "load delay" not in page
    button = page[page.index("data-start-button") : page.index("Make my headshots")]
    assert "disabled" not in button


def test_a_dark_photo_says_what_to_do(cast: Cast) -> None:
    photo = _send_and_check(cast.northwind, _astronaut(0.1))
    assert photo.verdict == "reject"
    page = _page(cast.northwind)
    assert "Not used" in page
    assert "Turn towards a window or a lamp." in page
    assert "No usable photo yet." in page
    button = page[page.index("data-start-button") : page.index("Make my headshots")]
    assert "disabled" in button


def test_a_damaged_file_is_named_as_such(cast: Cast) -> None:
    _send_and_check(cast.northwind, _astronaut()[:3000])
    assert "Send" in _page(cast.northwind)
    assert "Not used" in _page(cast.northwind)


def test_a_burst_is_told_from_two_moments(cast: Cast) -> None:
    first = _astronaut()
    _send_and_check(cast.northwind, first, "one.jpg")
    _send_and_check(cast.northwind, _astronaut(0.97), "two.jpg")
    page = _page(cast.northwind)
    assert "This is almost the same as" in page
    assert "1 photo can be used." in page


def test_the_upright_copy_carries_no_metadata(cast: Cast) -> None:
    image = Image.open(io.BytesIO(_astronaut()))
    exif = image.getexif()
    exif[0x010F] = "A camera"
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    photo = _send_and_check(cast.northwind, out.getvalue())
    stored = storage.read(storage.originals(), photo.original)
    assert b"A camera" in stored  # the original stays as it was sent
    for key in (photo.normalized, photo.thumbnail):
        assert not Image.open(io.BytesIO(storage.read(storage.originals(), key))).getexif()


def test_a_photo_removed_during_the_check_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from generation import pipeline

    house = cast.northwind
    sent = send_whole(house, _astronaut()).json()["photo"]
    real = pipeline.check

    def check_and_remove(*args: object) -> object:
        findings = real(*args)  # type: ignore[arg-type]
        Client().post(house.me("ines", f"photos/{sent}/remove/"))
        return findings

    monkeypatch.setattr(pipeline, "check", check_and_remove)
    check_photo(str(house.company.pk), sent)
    with house.scope():
        photo = SourcePhoto.objects.get(pk=sent)
    assert photo.status == "deleted"
    assert storage.originals().listdir(photo.original.rpartition("/")[0])[1] == []


def test_somebody_else_among_the_photos_is_named(cast: Cast, shared_photos: Path) -> None:
    house = cast.northwind
    obama = sorted((shared_photos / "identities" / "obama").iterdir())[:2]
    biden = sorted((shared_photos / "identities" / "biden").iterdir())[0]
    for path in obama:
        _send_and_check(house, path.read_bytes(), path.name)
    stranger = _send_and_check(house, biden.read_bytes(), biden.name)
    if stranger.embedding is None:
        pytest.skip("the second person's photo was refused for another reason")
    page = _page(house)
    card = page[page.index(f'id="photo-{stranger.pk}"') :]
    assert "This looks like someone else than in your other photos." in card[:2500]
    assert "1 of your photos may show someone else." in page


def test_the_framing_of_the_persons_department_decides_how_much_must_be_in_the_photo(cast: Cast) -> None:
    house = cast.northwind
    tight = Image.open(io.BytesIO(_astronaut(side=1400))).crop((160, 0, 1100, 900)).resize((1360, 1302))
    out = io.BytesIO()
    tight.save(out, "JPEG", quality=92)
    assert _send_and_check(house, out.getvalue(), "one.jpg").reasons == []
    with house.scope():
        hana = house.members["hana"]
        wide = Look(framing=Framing(eye_line=0.3, head_height=0.12))
        style = styles.create_style(house.company, "Half length", wide, hana)
        styles.publish(style, styles.seen_of(style), hana, default=False)
        studio = house.employees["ines"].department
        assert studio is not None
        styles.dress_departments(house.company, {studio.pk: style}, hana)
    tight.save(out := io.BytesIO(), "JPEG", quality=91)
    again = _send_and_check(house, out.getvalue(), "two.jpg")
    assert [one["code"] for one in again.reasons] == ["too_close"]
