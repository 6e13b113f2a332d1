"""team.html as somebody reads it who got it by mail: in a browser, without a network."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from branding.look import Look
from generation.imaging import consistency, teampage
from generation.imaging.report import PersonResult, Thumbs
from tests.imaging.test_consistency import TEAM

MADE = teampage.Made("corporate", Look(), "1", 7, 4, (1638, 2048), "2026-11-24")
SENTENCE = "Your face is rather dark. More light from the front would help."


def _jpeg(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (38, 48), (shade, shade, shade)).save(out, "JPEG")
    return out.getvalue()


def _row(rank: int, **variation: Any) -> dict[str, Any]:
    gate = {"likeness": {"value": 0.97, "bound": 0.75, "passed": True}}
    return {"rank": rank, "likeness": 0.97, "gates": gate, "source": "retouched", "variation": variation}


def _person(name: str, choices: int = 2) -> PersonResult:
    photos = [{"file": f"{name}.jpg", "verdict": "warn", "reasons": [{"code": "dark", "message": SENTENCE}]}]
    rows = [_row(1, photo="a.jpg"), *(_row(at, photo="a.jpg", crop=0.004) for at in range(2, choices + 1))]
    thumbs = Thumbs(_jpeg(90), _jpeg(30), [_jpeg(at) for at in range(choices)])
    return PersonResult(name, "ok", photos=photos, candidates=rows, thumbs=thumbs,
                        notes=[{"code": "one_photo", "message": "All from one photo."}])  # fmt: skip


def _page(people: list[PersonResult], shown: list[consistency.Shown]) -> str:
    return teampage.page(MADE, people, consistency.measure(shown, Look()))


@pytest.fixture(scope="module")
def html() -> str:
    names = ["Ada", "Ben", "cleo", "<b>Dan</b>"]
    shown = [replace(one, name=name) for one, name in zip(TEAM, names, strict=True)]
    shown[1] = replace(shown[1], eye_line=0.521)
    why = [{"code": "no_face", "message": "No face could be found. Send a photo."}]
    refused = PersonResult("Eve", "failed", reasons=why)
    return _page([*map(_person, names), refused], shown)


def test_drawn_pictures_tell_how_much_of_the_persons_marks_is_found_again(html: str) -> None:
    person = _person("Ada")
    person.candidates[0]["measures"] = {"marks_detail": 0.41, "marks_traits": 0.8}
    page = _page([person], [TEAM[0]])
    assert page.count("Marks found again: skin 41, traits 80") == 1
    assert "Marks found again" not in html


def _open(chromium: Browser, html: str, folder: Path, **context: Any) -> Page:
    file = folder / "team.html"
    file.write_text(html)
    page = chromium.new_context(offline=True, **context).new_page()
    page.goto(file.as_uri())
    return page


def test_it_needs_nothing_else(html: str) -> None:
    assert "http" not in html and 'src="data:image/jpeg' in html
    assert "<b>Dan" not in html


def test_who_stands_out_and_why_is_said(chromium: Browser, html: str, tmp_path: Path) -> None:
    page = _open(chromium, html, tmp_path)
    ben = page.locator("#wall > li").filter(has_text="Ben")
    assert ben.get_by_text("Eye line 2.1 % low").first.is_visible()
    assert page.locator("#wall > li").filter(has_text="Ada").get_by_text("Fits the team").is_visible()
    assert page.get_by_text("1 person stands out.").is_visible()
    spread = page.get_by_role("row").filter(has_text="Eye line")
    assert "apart" in spread.inner_text() and "Beyond" in spread.inner_text()


def test_it_speaks_to_people_who_measure_nothing(chromium: Browser, html: str, tmp_path: Path) -> None:
    page = _open(chromium, html, tmp_path, viewport={"width": 1440, "height": 900})
    meter = page.get_by_label("Consistency").inner_text()
    assert "how warm or cool the light is" in meter
    assert page.get_by_text("how close that picture is to the style and to the team").is_visible()
    for jargon in ("mired", "L*", "standard deviation", "tolerance"):
        assert jargon not in page.locator("main").inner_text()


def test_a_number_has_the_colour_of_its_words(chromium: Browser, tmp_path: Path) -> None:
    """Several small departures cost points; who "fits the team" is not marked as doubtful."""
    near = replace(TEAM[0], name="Ada", azimuth_deg=TEAM[0].azimuth_deg + 17, roll_deg=0.9, eye_line=0.506)
    page = _open(
        chromium, _page([_person("Ada"), _person("Ben")], [near, replace(TEAM[1], name="Ben")]), tmp_path
    )
    ada = page.locator("#wall > li").filter(has_text="Ada")
    assert ada.get_by_text("Fits the team").is_visible()
    assert int(ada.locator(".who .num").inner_text()) < 90
    assert "good" in (ada.locator(".who .num").get_attribute("class") or "")


def test_a_person_unfolds(chromium: Browser, html: str, tmp_path: Path) -> None:
    page = _open(chromium, html, tmp_path)
    ben = page.locator("#wall > li").filter(has_text="Ben")
    assert not ben.get_by_alt_text("Photo of Ben, in the same crop").is_visible()
    ben.get_by_text("Details").click()
    expect(ben.get_by_alt_text("Photo of Ben, in the same crop")).to_be_visible()
    expect(ben.get_by_alt_text("Choice 2 of Ben")).to_be_visible()
    for said in ("2 · tighter", SENTENCE, "All from one photo."):
        expect(ben.get_by_text(said)).to_be_visible()


def test_refused_people_hear_what_to_do(chromium: Browser, html: str, tmp_path: Path) -> None:
    page = _open(chromium, html, tmp_path)
    assert page.get_by_text("4 of 5 people").is_visible()
    assert page.get_by_role("heading", name="Eve", exact=True).is_visible()
    assert page.get_by_text("No face could be found. Send a photo.").is_visible()


def test_it_sorts_by_distance_and_back(chromium: Browser, html: str, tmp_path: Path) -> None:
    page = _open(chromium, html, tmp_path)
    names = page.locator("#wall h3")
    assert names.all_inner_texts() == ["<b>Dan</b>", "Ada", "Ben", "cleo"]
    page.get_by_role("button", name="Farthest off first").click()
    assert names.first.inner_text() == "Ben"
    page.get_by_role("button", name="By name").click()
    assert names.all_inner_texts() == ["<b>Dan</b>", "Ada", "Ben", "cleo"]


def test_without_script_everybody_is_there(chromium: Browser, html: str, tmp_path: Path) -> None:
    page = _open(chromium, html, tmp_path, java_script_enabled=False)
    assert page.locator("#wall > li").count() == 4
    assert not page.get_by_role("button", name="By name").is_visible()
    page.get_by_text("Details").first.click()
    assert page.locator("figure.before").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_it_is_accessible_and_fits(
    chromium: Browser, html: str, tmp_path: Path, width: int, scheme: Any
) -> None:
    page = _open(chromium, html, tmp_path, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.get_by_text("Details").nth(1).click()
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_fifty_people_can_be_mailed() -> None:
    """With pictures as large as real ones: about 22, 25 and four times 8 kB."""
    people = [_person(f"Person {at}", 4) for at in range(50)]
    for person in people:
        person.thumbs = Thumbs(bytes(22_000), bytes(25_000), [bytes(8_000)] * 4)
    html = _page(people, [replace(TEAM[0], name=person.person) for person in people])
    assert len(html) < 6_000_000


def test_nobody_done_still_says_why() -> None:
    html = _page([PersonResult("Eve", "failed", reasons=[{"code": "x", "message": "Stand still."}])], [])
    assert "Stand still." in html and "0 of 1 people" in html
