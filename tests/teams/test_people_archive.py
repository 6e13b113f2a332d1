"""Editing, archiving, and the way back."""

from django.test import Client

from teams.models import AuditEvent, Employee
from tests.cast import Cast


def test_an_edit_is_written_and_names_what_changed(cast: Cast) -> None:
    ines = cast.northwind.employees["ines"]
    form = {"name": "Ines Northwind", "email": "ines.new@northwind.test", "department": "Studio"}
    cast.client("hana").post(f"/c/northwind/people/{ines.pk}/edit/", form)
    with cast.northwind.scope():
        assert Employee.objects.get(pk=ines.pk).email == "ines.new@northwind.test"
        assert AuditEvent.objects.get(action="employee.edited").data == {"fields": ["email"]}


def test_saving_without_a_change_writes_nothing(cast: Cast) -> None:
    ines = cast.northwind.employees["ines"]
    form = {"name": ines.name, "email": ines.email, "department": "Studio"}
    cast.client("hana").post(f"/c/northwind/people/{ines.pk}/edit/", form)
    with cast.northwind.scope():
        assert not AuditEvent.objects.exists()


def test_an_archived_person_leaves_the_list_and_their_link_rests_until_undone(cast: Cast) -> None:
    hana, jonas = cast.client("hana"), cast.northwind.employees["jonas"]
    hana.post(f"/c/northwind/people/{jonas.pk}/archive/")
    shown = hana.get("/c/northwind/people/").context["people"]
    assert [person.name for person in shown] == ["Ines Northwind", "Kofi Northwind"]
    archived = hana.get("/c/northwind/people/?archived=1").context["people"]
    assert [person.name for person in archived] == ["Jonas Northwind"]
    assert Client().get(cast.northwind.me("jonas")).status_code == 404
    hana.post(f"/c/northwind/people/{jonas.pk}/restore/")
    assert Client().get(cast.northwind.me("jonas")).status_code == 200


def test_a_bulk_archive_offers_its_own_undo_once(cast: Cast) -> None:
    hana, house = cast.client("hana"), cast.northwind
    ids = [str(house.employees[who].pk) for who in ("ines", "kofi")]
    page = hana.post("/c/northwind/people/bulk/", {"act": "archive", "ids": ids}, follow=True)
    undo = page.context["undo"]
    assert undo["count"] == 2
    assert hana.get("/c/northwind/people/").context["undo"] is None
    hana.post("/c/northwind/people/restore/", {"ids": undo["ids"]})
    with house.scope():
        assert not Employee.objects.exclude(archived_at=None).exists()


def test_somebody_elses_people_cannot_be_archived_by_id(cast: Cast) -> None:
    sven = cast.southbay.employees["sven"]
    cast.client("hana").post("/c/northwind/people/bulk/", {"act": "archive", "ids": [str(sven.pk)]})
    with cast.southbay.scope():
        assert Employee.objects.get(pk=sven.pk).archived_at is None
