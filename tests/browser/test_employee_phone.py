"""The employee's pages on a phone: an upload that breaks off, bad files beside good, every state by axe."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from skimage import data

from generation.models import SourcePhoto, Upload
from tests import factories
from tests.browser.axe import assert_accessible
from tests.browser.conftest import Site
from tests.workers import eventually

SMALL_PHONE = {"width": 360, "height": 740}


def _portrait(side: int = 1200, noise: float = 0.0) -> bytes:
    pixels = Image.fromarray(data.astronaut()).resize((side, side), Image.Resampling.LANCZOS)
    grain = np.random.default_rng(1).normal(0, noise, (side, side, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(pixels) + grain, 0, 255).astype(np.uint8)).save(
        out, "JPEG", quality=95
    )
    return out.getvalue()


def _network(page: Page) -> Callable[..., None]:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def set_network(bytes_per_s: int = -1, offline: bool = False) -> None:
        speed = {"downloadThroughput": bytes_per_s, "uploadThroughput": bytes_per_s}
        session.send("Network.emulateNetworkConditions", {"offline": offline, "latency": 20, **speed})

    return set_network


def _consented(site: Site, who: str = "ines") -> None:
    with site.cast.northwind.scope():
        factories.give_consent(site.cast.northwind.employees[who])


@pytest.mark.slow
def test_an_upload_goes_on_after_a_pause_a_reload_and_a_dead_zone(site: Site, tmp_path: Path) -> None:
    house = site.cast.northwind
    _consented(site)
    file = tmp_path / "holiday.jpg"
    file.write_bytes(_portrait(2600, noise=9))
    size = file.stat().st_size
    assert size > 2_500_000
    phone = site.open(SMALL_PHONE, touch=True)
    phone.on("dialog", lambda dialog: dialog.accept())
    network = _network(phone)
    phone.goto(house.me("ines", "photos/"))
    network(600_000)
    phone.set_input_files("input[multiple]", file)
    with house.scope():
        eventually(lambda: Upload.objects.filter(received_bytes__gt=0).exists(), within_s=20)
    phone.get_by_role("button", name="Pause: holiday.jpg").click()
    expect(phone.locator("#sending")).to_contain_text("Paused at")
    phone.reload()
    expect(phone.get_by_text("Not finished yet")).to_be_visible()
    with house.scope():
        before = Upload.objects.get().received_bytes
    phone.set_input_files("input[multiple]", file)
    network(offline=True)
    expect(phone.locator("#sending")).to_contain_text("Goes on by itself")
    network()
    expect(phone.locator("#photo-state .photo-card")).to_have_count(1, timeout=30_000)
    expect(phone.get_by_text("Not finished yet")).to_have_count(0)
    with house.scope():
        photo = SourcePhoto.objects.get()
        assert (photo.size_bytes, before > 0) == (size, True)
        assert not Upload.objects.exists()


@pytest.mark.slow
def test_bad_files_stand_beside_good_ones(site: Site, tmp_path: Path) -> None:
    house = site.cast.northwind
    _consented(site)
    (tmp_path / "me.jpg").write_bytes(_portrait())
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.4 dear all")
    (tmp_path / "really-a-gif.jpg").write_bytes(b"GIF89a" + bytes(500))
    (tmp_path / "empty.jpg").write_bytes(b"")
    phone = site.open(SMALL_PHONE, touch=True)
    phone.goto(house.me("ines", "photos/"))
    phone.set_input_files("input[multiple]", sorted(tmp_path.iterdir()))
    sending = phone.locator("#sending .photo-card")
    expect(sending.filter(has_text="letter.pdf")).to_contain_text("not a photo")
    expect(sending.filter(has_text="really-a-gif.jpg")).to_contain_text("This is a GIF file.")
    expect(sending.filter(has_text="empty.jpg")).to_contain_text("empty")
    expect(phone.get_by_role("button", name="Make my headshots")).to_be_enabled(timeout=60_000)
    assert_accessible(phone, "Your photos")
    phone.set_input_files("input[multiple]", tmp_path / "me.jpg")
    expect(sending.filter(has_text="me.jpg")).to_contain_text("You already sent this photo")
    expect(phone.locator("#photo-state .photo-card")).to_have_count(1)
    phone.get_by_role("button", name="Remove me.jpg").click()
    expect(phone.locator("#photo-state .photo-card")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_every_state_is_accessible_and_fits(site: Site, dark: bool) -> None:
    house = site.cast.northwind
    with house.scope():
        ines, jonas, kofi = (house.employees[who] for who in ("ines", "jonas", "kofi"))
        for employee in (ines, jonas, kofi):
            factories.give_consent(employee)
        factories.make_headshot(ines, "approved")
        factories.make_headshot(jonas, "returned", return_reason="expression", return_note="A calmer look?")
        factories.make_photo(kofi)
        factories.make_shoot(kofi, "failed", error_kind="engine", error_code="engine_broke")
        pair = "&".join(f"compare={row.pk}" for row in ines.shoots.get().candidates.all())
        first = ines.shoots.get().candidates.get(rank=1)
    pages = [
        ("ines", "photos/", "Your photos"),
        ("ines", "choose/", "Choose your picture"),
        ("ines", f"choose/?{pair}", "Which one?"),
        ("ines", f"choose/{first.pk}/", "This one?"),
        ("ines", "done/", "Your headshot is ready"),
        ("ines", "forget/", "Delete everything about me"),
        ("jonas", "done/", "Please choose again"),
        ("kofi", "making/", "That was us"),
        ("kofi", "photos/", "Your photos"),
    ]
    phone = site.open(SMALL_PHONE, dark=dark, touch=True)
    for who, path, title in pages:
        phone.goto(house.me(who, path))
        assert_accessible(phone, title)
        wide = phone.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
    phone.goto(house.me("ines", "forget/"))
    phone.get_by_label("Type “delete” to confirm").fill("delete")
    phone.get_by_role("button", name="Delete everything").click()
    expect(phone.get_by_role("heading", name="Everything is deleted")).to_be_visible()
    assert_accessible(phone, "Everything is deleted")
