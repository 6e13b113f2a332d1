"""Inviting: mails to the right people, once; links copied, renewed, taken back."""

import datetime as dt
import re
import uuid
from typing import Any

from django.test import Client
from django.utils import timezone

from teams.models import AuditEvent, Company, Employee, Invite, Mail
from teams.services.letters import INVITE, Letter, lay_out
from tests.cast import Cast, House
from tests.teams.conftest import Deliver

WRITE = "/c/northwind/people/write/"


def _newcomer(house: House, name: str = "Nora Lind", email: str = "nora@northwind.test") -> Employee:
    with house.scope():
        return Employee.objects.create(company=house.company, name=name, email=email)


def _letter(**change: Any) -> dict[str, Any]:
    words = {
        "kind": "invite",
        "key": str(uuid.uuid4()),
        "subject": "Hello {name}",
        "body": "Go to\n\n{link}\n\nBye",
    }
    return {**words, **change}


def test_everybody_who_was_not_invited_gets_a_mail_with_a_link_that_opens(
    cast: Cast, deliver: Deliver
) -> None:
    _newcomer(cast.northwind)
    Company.objects.filter(slug="northwind").update(accent="#ffee00", mail_sender="Northwind People")
    cast.client("hana").post(WRITE, _letter(who="uninvited"))
    (mail,) = deliver(cast.northwind)
    assert mail["To"] == "nora@northwind.test"
    assert mail["Subject"] == "Hello Nora Lind"
    assert mail["From"].startswith("Northwind People <")
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    link = re.search(r"http://localhost:8000(/c/northwind/me/\S+)", text)
    assert link is not None
    assert f'href="http://localhost:8000{link[1]}"' in html
    # Dark text on the company's yellow.
    assert "#ffee00" in html and "color:#000000" in html
    assert Client().get(link[1]).status_code == 200


def test_sending_the_form_twice_sends_one_mail(cast: Cast, deliver: Deliver) -> None:
    nora, hana = _newcomer(cast.northwind), cast.client("hana")
    form = _letter(employee=str(nora.pk))
    hana.post(WRITE, form)
    again = hana.post(WRITE, form, follow=True)
    assert "Nobody gets it twice" in again.content.decode()
    assert len(deliver(cast.northwind)) == 1
    with cast.northwind.scope():
        assert Invite.objects.filter(employee=nora).count() == 1
        assert AuditEvent.objects.filter(action="invite.sent").count() == 1


def test_sending_again_uses_the_same_link_and_renews_its_days(cast: Cast, deliver: Deliver) -> None:
    house = cast.northwind
    soon = timezone.now() + dt.timedelta(days=1)
    with house.scope():
        Invite.objects.filter(pk=house.invites["ines"].pk).update(expires_at=soon)
    ines = house.employees["ines"]
    cast.client("hana").post(f"/c/northwind/people/{ines.pk}/resend/", {"key": str(uuid.uuid4())})
    (mail,) = deliver(house)
    assert house.token("ines") in mail.get_body(("plain",)).get_content()
    with house.scope():
        assert Invite.objects.get(employee=ines).expires_at > soon + dt.timedelta(days=20)


def test_only_the_ticked_people_are_written_to(cast: Cast, deliver: Deliver) -> None:
    hana, house = cast.client("hana"), cast.northwind
    ids = [str(house.employees[who].pk) for who in ("ines", "kofi")]
    page = hana.post("/c/northwind/people/bulk/", {"act": "reminder", "ids": ids}, follow=True)
    assert page.context["kind"] == "reminder"
    name = page.request["QUERY_STRING"].split("selection=")[1].split("&")[0]
    hana.post(WRITE, _letter(kind="reminder", selection=name))
    assert {mail["To"] for mail in deliver(house)} == {"ines@northwind.test", "kofi@northwind.test"}


def test_archived_people_and_strangers_get_nothing(cast: Cast, deliver: Deliver) -> None:
    hana, house = cast.client("hana"), cast.northwind
    hana.post(f"/c/northwind/people/{house.employees['ines'].pk}/archive/")
    hana.post(WRITE, _letter(employee=str(house.employees["ines"].pk)))
    hana.post(WRITE, _letter(employee=str(cast.southbay.employees["sven"].pk)))
    assert deliver(house) == []
    assert deliver(cast.southbay) == []


def test_a_letter_that_cannot_work_is_refused_with_its_words_kept(cast: Cast) -> None:
    nora, hana = _newcomer(cast.northwind), cast.client("hana")
    for change, sentence in (
        ({"body": "No link"}, "Put {link} where"),
        ({"body": "{link} {nmae}"}, "{nmae} is not a placeholder"),
        ({"subject": "{link}"}, "too long for a subject"),
        ({"body": "{link} by {due}"}, "no due date yet"),
    ):
        page = hana.post(WRITE, _letter(employee=str(nora.pk), **change))
        assert page.status_code == 422
        assert sentence in page.content.decode()
    with cast.northwind.scope():
        assert not Mail.objects.exists()


def test_the_preview_shows_the_first_person_and_escapes_what_is_typed(cast: Cast) -> None:
    ines = cast.northwind.employees["ines"]
    page = (
        cast.client("hana")
        .post(WRITE + "preview/", _letter(first=str(ines.pk), body="<script>x</script> {name}\n\n{link}"))
        .content.decode()
    )
    assert "Hello Ines Northwind" in page
    assert "&lt;script&gt;x&lt;/script&gt; Ines Northwind" in page
    assert "<script>" not in page


def test_names_cannot_smuggle_headers_markup_or_placeholders_into_mails(cast: Cast) -> None:
    laid = lay_out(Letter(INVITE, "For {name}", "Hi {name}\n\n{link}"), cast.northwind.company)
    mail = laid.for_person("Bob\nBcc: x@y.test <b>{link}</b>", "https://x.test/?a=1&b=2")
    assert "\n" not in mail.subject
    assert "&lt;b&gt;{link}&lt;/b&gt;" in mail.html
    assert 'href="https://x.test/?a=1&amp;b=2"' in mail.html


def test_revoking_needs_the_name_and_kills_the_link_for_good(cast: Cast) -> None:
    hana, house = cast.client("hana"), cast.northwind
    address = f"/c/northwind/people/{house.employees['ines'].pk}/revoke/"
    hana.post(address, {"confirm": "Somebody Else"})
    assert Client().get(house.me("ines")).status_code == 200
    hana.post(address, {"confirm": "ines northwind"})
    assert Client().get(house.me("ines")).status_code == 410
    hana.post(f"/c/northwind/people/{house.employees['ines'].pk}/link/")
    assert Client().get(house.me("ines")).status_code == 410
    with house.scope():
        assert list(
            Invite.objects.filter(employee=house.employees["ines"])
            .order_by("created_at")
            .values_list("status", flat=True)
        ) == ["revoked", "pending"]


def test_the_personal_link_is_on_the_page_to_copy(cast: Cast) -> None:
    house = cast.northwind
    page = cast.client("hana").get(f"/c/northwind/people/{house.employees['ines'].pk}/").content.decode()
    assert f'data-copy="http://localhost:8000{house.me("ines")}"' in page


def test_the_words_are_kept_for_the_next_time(cast: Cast) -> None:
    nora, hana = _newcomer(cast.northwind), cast.client("hana")
    hana.post(WRITE, _letter(employee=str(nora.pk), subject="Our own words"))
    _newcomer(cast.northwind, "Otis", "otis@northwind.test")
    assert hana.get(WRITE + "?who=uninvited").context["form"].initial["subject"] == "Our own words"


def test_somebody_who_consented_is_never_among_the_uninvited(cast: Cast) -> None:
    house = cast.northwind
    client = Client()
    client.post(house.me("ines", "consent/"), {"headshot": "on", "biometrics": "on", "signature": "Ines"})
    with house.scope():
        Invite.objects.filter(employee=house.employees["ines"]).update(status="revoked")
    assert cast.client("hana").get(WRITE + "?who=uninvited").context["count"] == 0
