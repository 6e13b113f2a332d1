"""Undo: the last decision is taken back, and the person need not hear of it."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from generation.models import Headshot
from teams.models import Mail
from tests import factories
from tests.cast import Cast
from tests.generation.reviewing import approved, in_review


def _undo(client: Client, *headshots: Headshot) -> str:
    ids = [str(one.pk) for one in headshots]
    return client.post("/c/northwind/review/undo/", {"headshot": ids}, follow=True).content.decode()


def test_after_a_decision_the_page_offers_to_undo_it(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
    page = cast.client("rafael").post(f"/c/northwind/review/{headshot.pk}/approve/", follow=True)
    assert "Ines Northwind is approved." in page.content.decode()
    assert f'name="headshot" value="{headshot.pk}"' in page.content.decode()


def test_undo_puts_the_person_back_and_stops_the_mail(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
    client = cast.client("rafael")
    client.post(f"/c/northwind/review/{headshot.pk}/approve/")
    page = _undo(client, headshot)
    assert "<h1>Ines Northwind</h1>" in page
    assert "told already" not in page
    with cast.northwind.scope():
        headshot.refresh_from_db()
        assert (headshot.status, headshot.decided_by) == ("chosen", None)
        assert not Mail.objects.filter(kind="headshot_approved").exists()


def test_undo_brings_back_the_headshot_that_was_in_use(cast: Cast) -> None:
    with cast.northwind.scope():
        old, new = approved(cast.northwind, "ines"), in_review(cast.northwind, "ines")
    client = cast.client("rafael")
    client.post(f"/c/northwind/review/{new.pk}/approve/")
    _undo(client, new)
    with cast.northwind.scope():
        assert Headshot.objects.get(pk=old.pk).status == "approved"
        assert Headshot.objects.get(pk=new.pk).status == "chosen"


def test_undo_says_when_the_person_knows_already(cast: Cast) -> None:
    with cast.northwind.scope():
        headshot = in_review(cast.northwind, "ines")
    client = cast.client("rafael")
    client.post(f"/c/northwind/review/{headshot.pk}/approve/")
    with cast.northwind.scope():
        Mail.objects.filter(kind="headshot_approved").update(status="done")
    assert "1 person had been told already" in _undo(client, headshot)


def test_a_person_who_has_chosen_again_is_left_alone(cast: Cast) -> None:
    with cast.northwind.scope():
        old = approved(cast.northwind, "ines")
        Headshot.objects.filter(pk=old.pk).update(chosen_at=timezone.now() - timedelta(hours=1))
        factories.make_headshot(cast.northwind.employees["ines"])
    page = _undo(cast.client("rafael"), old)
    assert "was already approved by" in page
    with cast.northwind.scope():
        assert Headshot.objects.get(pk=old.pk).status == "approved"


def test_undo_of_nothing_is_no_error(cast: Cast) -> None:
    client = cast.client("rafael")
    assert client.post("/c/northwind/review/undo/", {"headshot": ["x"]}).status_code == 302
