"""The archive: a folder per preset, a manifest that no spreadsheet calculates, a face book."""

import hashlib
import io

from pypdf import PdfReader

from portal.exports.manifest import defused
from portal.lib import storage
from teams.models import AuditEvent, Employee, Mail
from tests.cast import Cast
from tests.portal.exporting import about, archive, ask, crew, packed, rows


def test_an_export_end_to_end(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = packed(ask(house, crew(house)))
        assert (export.status, export.progress, export.file_count) == ("ready", 1.0, 6)
        data = storage.read(storage.exports(), export.file)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (export.size_bytes, export.sha256)
        assert archive(export).testzip() is None
        assert sorted(archive(export).namelist()) == [
            "contact-sheet.pdf",
            "manifest.csv",
            "manifest.json",
            "master/Ines_Northwind.png",
            "master/Jonas_Northwind.png",
            "master/Kofi_Northwind.png",
            "web/Ines_Northwind.jpg",
            "web/Jonas_Northwind.jpg",
            "web/Kofi_Northwind.jpg",
        ]


def test_the_manifest_describes_every_file(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = packed(ask(house, crew(house, "ines")))
        lines = rows(export)
        content = archive(export).read("web/Ines_Northwind.jpg")
    web = next(line for line in lines if line["preset"] == "web")
    assert (web["file"], web["email"]) == ("web/Ines_Northwind.jpg", "ines@northwind.test")
    assert web["sha256"] == hashlib.sha256(content).hexdigest()
    assert web["bytes"] == str(len(content))
    # The factory's picture has 80 x 100 pixels, and nothing is blown up.
    assert (web["width_px"], web["height_px"]) == ("80", "100")
    assert "smaller than asked for" in web["note"]


def test_both_manifests_say_the_same(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = packed(ask(house, crew(house)))
        files = about(export)["files"]
        assert [file["file"] for file in files] == [line["file"] for line in rows(export)]
        assert about(export)["company"] == "Northwind"


def test_a_name_that_is_a_formula_is_defused(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        headshots = crew(house, "ines")
        Employee.objects.filter(pk=headshots[0].employee_id).update(name='=HYPERLINK("http://x.test")')
        export = packed(ask(house, headshots, pattern="{email}"))
        assert rows(export)[0]["name"] == '\'=HYPERLINK("http://x.test")'
        # Programs read the JSON, where nothing is calculated.
        assert about(export)["files"][0]["name"] == '=HYPERLINK("http://x.test")'


def test_what_counts_as_a_formula() -> None:
    assert [defused(text) for text in ("=1", "+1", "-1", "@a", "\t=1", "Ines", 7)] == [
        "'=1", "'+1", "'-1", "'@a", "'\t=1", "Ines", 7,
    ]  # fmt: skip


def test_the_face_book_names_everybody_and_embeds_the_font(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = packed(ask(house, crew(house)))
        pdf = PdfReader(io.BytesIO(archive(export).read("contact-sheet.pdf")))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    for words in (
        "Northwind",
        "Ines Northwind",
        "Jonas Northwind",
        "Kofi Northwind",
        "House style v1",
        "1 / 1",
    ):
        assert words in text
    fonts = [font.get_object()["/BaseFont"] for font in pdf.pages[0]["/Resources"]["/Font"].values()]
    assert all("Inter" in font for font in fonts)
    assert len(pdf.pages[0].images) == 3


def test_whoever_asked_gets_a_mail_and_the_log_says_who(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = packed(ask(house, crew(house)))
        mail = Mail.objects.get(kind="export_ready")
        assert (mail.to, mail.employee) == ("mara@northwind.test", None)
        assert f"/c/northwind/exports/{export.pk}/" in mail.text
        actions = AuditEvent.objects.filter(object_id=str(export.pk)).order_by("at")
        assert [(one.action, one.actor_name) for one in actions] == [
            ("export.requested", "Mara"),
            ("export.ready", "Onelight"),
        ]


def test_who_has_lost_access_gets_no_mail(cast: Cast) -> None:
    from teams.models import Membership

    house = cast.northwind
    with house.scope():
        export = ask(house, crew(house, "ines"))
        Membership.objects.filter(user=house.members["mara"]).delete()
        assert packed(export).status == "ready"
        assert not Mail.objects.filter(kind="export_ready").exists()
