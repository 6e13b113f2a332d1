"""The whole way, played in a browser with real photographs and real workers: sign in, style, people,
invites, consent, photos, shoot, choice, review, export."""

import csv
import io
import re
import zipfile
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from generation.models import Candidate, Headshot, Shoot, SourcePhoto
from teams.models import AuditEvent, Employee
from tests.browser.axe import assert_accessible
from tests.browser.conftest import PHONE, Site
from tests.workers import eventually

ROSTER = (
    "Name;E-mail;Department\n"
    "Grace Meng;grace@northwind.test;Policy\n"
    "Nobody;not-an-address;Policy\n"
    "Lena Ost;lena@northwind.test;Design\n"
)


@pytest.mark.slow
def test_from_selfies_to_an_approved_exported_set(site: Site, shared_photos: Path, tmp_path: Path) -> None:
    with site.cast.northwind.scope():
        desk = site.signed_in("hana")
        _publish_a_style(desk)
        _add_people(desk, tmp_path)
        link = _invite(desk)
        phone = site.open(PHONE, touch=True)
        _consent(phone, link)
        _upload(phone, shared_photos)
        _shoot_and_choose(phone)
        _return_then_approve(site, phone)
        _export(site)
        _trail()


def _publish_a_style(desk: Page) -> None:
    desk.get_by_role("link", name="Styles").first.click()
    desk.get_by_role("link", name="New style").first.click()
    desk.get_by_label("Name").fill("Autumn set")
    desk.get_by_text("Corporate", exact=False).first.click()
    desk.get_by_role("button", name="Create and open the editor").click()
    expect(desk.get_by_role("button", name="Save draft")).to_be_visible()
    assert_accessible(desk, "Autumn set")
    desk.locator("#id_backdrop_color").fill("#b8c4d0")
    desk.get_by_role("button", name="Save draft").click()
    expect(desk.locator("[data-saved]")).to_contain_text("Saved at")
    desk.get_by_role("link", name="Publish…").click()
    assert_accessible(desk, "Publish")
    desk.locator("[name=make_default]").check()
    desk.locator("[name=confirm]").fill("Autumn set")
    desk.get_by_role("button", name="Publish version 1").click()
    expect(desk.locator("body")).to_contain_text("ublished")


def _add_people(desk: Page, tmp_path: Path) -> None:
    desk.get_by_role("link", name="People").first.click()
    desk.get_by_role("link", name="Add", exact=True).click()
    desk.get_by_label("Name").fill("Ada Form")
    desk.get_by_label("E-mail").fill("ada@northwind.test")
    desk.get_by_role("button", name="Add", exact=True).click()
    expect(desk.locator("body")).to_contain_text("Ada Form")
    file = tmp_path / "roster.csv"
    file.write_text(ROSTER)
    desk.get_by_role("link", name="People").first.click()
    desk.get_by_role("link", name="Import").click()
    desk.set_input_files("input[type=file]", file)
    desk.get_by_role("button", name="Look at the file").click()
    expect(desk.locator("body")).to_contain_text("not-an-address")
    assert_accessible(desk, "Check the import")
    desk.get_by_label("Leave out the bad row and import the rest").check()
    desk.locator("main").get_by_role("button", name=re.compile("^Import")).click()
    expect(desk.get_by_role("link", name="Invite them")).to_be_visible()


def _invite(desk: Page) -> str:
    desk.get_by_role("link", name="Invite them").click()
    assert_accessible(desk, "Invite people")
    desk.locator("main").get_by_role("button", name=re.compile("^Send")).click()
    expect(desk.locator("body")).to_contain_text(re.compile("invit|sent|on its way|written", re.I))
    text = eventually(lambda: _mail_to("grace@northwind.test"))
    found = re.search(r"http://localhost:\d+(/c/northwind/me/\S+)", text)
    assert found, text
    return found.group(1)


def _mail_to(address: str) -> str:
    for file in sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"), reverse=True):
        for raw in file.read_bytes().split(b"-" * 79):
            mail = message_from_bytes(raw.strip(), policy=policy.default)
            if mail["To"] and address in mail["To"]:
                body = mail.get_body(("plain",))
                return body.get_content() if body else ""
    return ""


def _consent(phone: Page, link: str) -> None:
    phone.goto(link)
    assert_accessible(phone, "Your new headshot")
    phone.get_by_role("link", name="Start").click()
    assert_accessible(phone, "What happens to your photos")
    phone.get_by_label("a headshot of me is made").check()
    phone.get_by_label("my face is measured").check()
    phone.locator("#id_signature").fill("Grace Meng")
    phone.get_by_role("button", name="Agree and go on").click()
    phone.wait_for_url("**/photos/")


def _upload(phone: Page, photos: Path) -> None:
    awkward = photos / "awkward" / "generated"
    chosen = [
        photos / "portraits" / "grace-meng.jpg",
        awkward / "portrait.webp",
        awkward / "portrait.heic",
        awkward / "rgb16.png",
        awkward / "html_named.jpg",
        awkward / "blur_gauss14.jpg",
    ]
    phone.set_input_files("input[type=file][multiple]", chosen)
    eventually(lambda: SourcePhoto.objects.filter(status="checked").count() >= 4 or None, within_s=60)
    button = phone.get_by_role("button", name="Make my headshots")
    expect(button).to_be_enabled(timeout=60_000)
    expect(phone.locator("body")).to_contain_text("blur", ignore_case=True, timeout=30_000)
    expect(phone.locator("body")).to_contain_text("html_named.jpg")
    assert_accessible(phone, "Your photos")
    phone.reload()
    expect(phone.locator("#photo-state .photo-card")).to_have_count(SourcePhoto.objects.count())


def _shoot_and_choose(phone: Page) -> None:
    phone.get_by_role("button", name="Make my headshots").dblclick()
    phone.wait_for_url("**/making/**")
    assert_accessible(phone, "In the studio")
    phone.wait_for_url("**/choose/**", timeout=120_000)
    assert Shoot.objects.count() == 1
    assert Candidate.objects.count() >= 1
    expect(phone.locator(".gallery .pic").first).to_be_visible()
    expect(phone.locator("body")).to_contain_text("Retouched")
    assert_accessible(phone, "Choose your picture")
    phone.locator(".gallery").get_by_role("link", name=re.compile("Choose")).first.click()
    assert_accessible(phone, "This one?")
    phone.get_by_role("button", name="Choose this picture").click()
    expect(phone.get_by_role("heading", name="In review")).to_be_visible()


def _return_then_approve(site: Site, phone: Page) -> None:
    reviewer = site.signed_in("rafael")
    reviewer.get_by_role("navigation").get_by_role("link", name=re.compile("^Review")).first.click()
    expect(reviewer.locator("body")).to_contain_text("Grace Meng")
    assert_accessible(reviewer, "Grace Meng")
    reviewer.keyboard.press("r")
    dialog = reviewer.locator("dialog#return")
    expect(dialog).to_be_visible()
    assert_accessible(reviewer, "Grace Meng")
    dialog.get_by_label("Expression").check()
    dialog.locator("textarea").fill("A calmer look, please.")
    dialog.get_by_role("button", name="Return").click()
    eventually(lambda: Headshot.objects.filter(status="returned").exists())
    phone.reload()
    expect(phone.locator("body")).to_contain_text("A calmer look, please.")
    phone.get_by_role("link", name="Choose another picture").click()
    phone.locator(".gallery").get_by_role("link", name=re.compile("Choose")).last.click()
    phone.get_by_role("button", name="Choose this picture").click()
    expect(phone.get_by_role("heading", name="In review")).to_be_visible()
    reviewer.goto("/c/northwind/review/")
    expect(reviewer.locator("body")).to_contain_text("Grace Meng")
    reviewer.keyboard.press("a")
    eventually(lambda: Headshot.objects.filter(status="approved").exists())
    phone.reload()
    expect(phone.get_by_role("heading", name="Your headshot is ready")).to_be_visible()
    with phone.expect_download() as download:
        phone.locator(".downloads a").first.click()
    assert Image.open(download.value.path()).size == (648, 648)


def _export(site: Site) -> None:
    marketing = site.signed_in("mara")
    marketing.get_by_role("link", name="Library").first.click()
    expect(marketing.locator("body")).to_contain_text("Grace Meng")
    assert_accessible(marketing, "Library")
    marketing.get_by_role("link", name="Exports").first.click()
    marketing.get_by_role("link", name=re.compile("New export")).first.click()
    assert_accessible(marketing, "New export")
    for label in ("Microsoft 365", "Slack", "Website card", "Master"):
        marketing.get_by_role("checkbox", name=label).check()
    marketing.get_by_role("button", name="Make the archive").dblclick()
    expect(marketing.get_by_role("link", name="Download the archive")).to_be_visible(timeout=60_000)
    assert_accessible(marketing, "Export of")
    with marketing.expect_download() as download:
        marketing.get_by_role("link", name="Download the archive").click()
    _assert_set(Path(download.value.path()))


def _assert_set(archive: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        sizes = {
            Path(name).parts[0]: Image.open(io.BytesIO(packed.read(name))).size
            for name in names
            if name.endswith((".jpg", ".png"))
        }
        assert sizes == {
            "microsoft365": (648, 648),
            "slack": (1024, 1024),
            "web": (800, 1000),
            "master": (1638, 2048),
        }
        rows = list(csv.DictReader(io.StringIO(packed.read("manifest.csv").decode("utf-8-sig"))))
        assert {row["file"] for row in rows} == {name for name in names if name.endswith((".jpg", ".png"))}
        sheet = PdfReader(io.BytesIO(packed.read("contact-sheet.pdf")))
        assert "Grace Meng" in sheet.pages[0].extract_text()


def _trail() -> None:
    """Every decision left its audit row, and the bad row nothing."""
    assert not Employee.objects.filter(name="Nobody").exists()
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    for word in ("style.published", "consent", "employee", "shoot", "approved", "returned", "export"):
        assert any(word.split(".")[-1] in action for action in actions), (word, actions)
