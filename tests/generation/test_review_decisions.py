"""Approve, or return with a reason and a sentence; the person hears of it."""

from generation.models import Headshot
from teams.models import AuditEvent, Mail
from tests import factories
from tests.cast import Cast
from tests.generation.reviewing import approved, in_review

RETURN = {"reason": "expression", "note": "Please choose one in which you look at the camera."}


def test_approving_goes_on_to_the_next_person(cast: Cast) -> None:
    with cast.northwind.scope():
        first, second = in_review(cast.northwind, "ines"), in_review(cast.northwind, "jonas")
    response = cast.client("rafael").post(f"/c/northwind/review/{first.pk}/approve/")
    assert response["Location"] == f"/c/northwind/review/{second.pk}/"
    with cast.northwind.scope():
        first.refresh_from_db()
        assert (first.status, first.decided_by) == ("approved", cast.user("rafael"))


def test_approving_tells_the_person_after_a_moment(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
    cast.client("rafael").post(f"/c/northwind/review/{headshot.pk}/approve/")
    with cast.northwind.scope():
        mail = Mail.objects.get(kind="headshot_approved")
        assert mail.to == "ines@northwind.test"
        assert cast.northwind.me("ines") in mail.text
        # Held back, so that it can be undone.
        assert mail.not_before is not None


def test_approving_replaces_the_headshot_in_use(cast: Cast) -> None:
    with cast.northwind.scope():
        old, new = approved(cast.northwind, "ines"), in_review(cast.northwind, "ines")
    cast.client("rafael").post(f"/c/northwind/review/{new.pk}/approve/")
    with cast.northwind.scope():
        assert Headshot.objects.get(pk=old.pk).status == "superseded"


def test_returning_sends_the_reviewers_own_words(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
    cast.client("rafael").post(f"/c/northwind/review/{headshot.pk}/return/", RETURN)
    with cast.northwind.scope():
        headshot.refresh_from_db()
        assert (headshot.status, headshot.return_reason) == ("returned", "expression")
        assert headshot.return_note == RETURN["note"]
        mail = Mail.objects.get(kind="headshot_returned")
        assert RETURN["note"] in mail.text
        assert RETURN["note"] in mail.html
        assert AuditEvent.objects.get(action="headshot.returned").employee_id == headshot.employee_id


def test_returning_needs_a_reason_and_a_sentence(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
    client, path = cast.client("rafael"), f"/c/northwind/review/{headshot.pk}/return/"
    for missing in (
        {"reason": "expression"},
        {"note": RETURN["note"]},
        {"reason": "expression", "note": " . "},
    ):
        response = client.post(path, missing)
        assert response.status_code == 422
        # The dialog is open again, what was typed is still there.
        assert "data-open" in response.content.decode()
    with cast.northwind.scope():
        headshot.refresh_from_db()
        assert headshot.status == "chosen"
        assert not Mail.objects.filter(kind="headshot_returned").exists()


def test_nobody_is_written_to_whose_link_was_revoked(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
        invite = cast.northwind.invites["ines"]
        type(invite).objects.filter(pk=invite.pk).update(status="revoked")
    assert cast.client("rafael").post(f"/c/northwind/review/{headshot.pk}/approve/").status_code == 302
    with cast.northwind.scope():
        assert not Mail.objects.filter(kind="headshot_approved").exists()


def test_a_choice_that_its_person_replaced_cannot_be_approved(cast: Cast) -> None:
    with cast.northwind.scope():
        old = in_review(cast.northwind, "ines")
        Headshot.objects.filter(pk=old.pk).update(status="superseded")
        factories.make_headshot(cast.northwind.employees["ines"])
    response = cast.client("rafael").post(f"/c/northwind/review/{old.pk}/approve/", follow=True)
    assert "has chosen another picture meanwhile" in response.content.decode()
    with cast.northwind.scope():
        assert Headshot.objects.get(pk=old.pk).status == "superseded"
