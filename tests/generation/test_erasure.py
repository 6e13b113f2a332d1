"""Delete everything about me: files, rows, names; with a receipt; also after it broke off."""

from typing import Any

import pytest
from django.core.files.storage import Storage
from django.test import Client

from generation.models import Candidate, Headshot, Shoot, SourcePhoto, Upload
from generation.services import erasure
from generation.signals import person_erased
from portal.lib import storage
from teams.actor import Actor
from teams.models import AuditEvent, Consent, Employee, Invite, Mail, StatusEvent
from teams.services import mails
from tests import factories
from tests.cast import Cast
from tests.generation.studio import send_piece, send_whole

STORES = (storage.originals, storage.renditions, storage.masters)


def _files(store: Storage, folder: str = "") -> set[str]:
    try:
        folders, names = store.listdir(folder)
    except FileNotFoundError:
        return set()
    inner = {name for sub in folders for name in _files(store, f"{folder}/{sub}".lstrip("/"))}
    return {f"{folder}/{name}".lstrip("/") for name in names} | inner


def _all_files() -> set[str]:
    return {name for store in STORES for name in _files(store())}


@pytest.fixture
def ines(cast: Cast) -> Employee:
    """Ines with everything that the portal can hold about a person; Kofi with some too."""
    import uuid

    house = cast.northwind
    with house.scope():
        for who in ("ines", "kofi"):
            factories.give_consent(house.employees[who])
            factories.make_headshot(house.employees[who], "approved")
        ines = house.employees["ines"]
        factories.make_shoot(ines, "queued")
        mails.queue("invite", ines, "Hello Ines", "your link", "")
    send_whole(house, factories.picture(color="#445566"))
    send_piece(house, uuid.uuid4(), factories.picture() + bytes(100), 0, 5000)
    return ines


def _forget(cast: Cast, typed: str = "delete") -> Any:
    return Client().post(cast.northwind.me("ines", "forget/"), {"confirm": typed}, follow=True)


def test_nothing_of_the_person_remains(cast: Cast, ines: Employee) -> None:
    house = cast.northwind
    folder = f"{house.company.pk}/{ines.pk}"
    assert any(name.startswith(folder) for name in _all_files())
    page = _forget(cast).content.decode()
    assert "Everything is deleted" in page
    assert not any(str(ines.pk) in name for name in _all_files())
    with house.scope():
        for model in (SourcePhoto, Shoot, Headshot, Upload):
            assert not model.objects.filter(employee=ines).exists()
        assert not Candidate.objects.filter(shoot__employee=ines).exists()
        assert [mail.kind for mail in Mail.objects.filter(employee=ines)] == ["erased"]
        consent = Consent.objects.get(employee=ines)
        assert consent.withdrawn_at is not None
        assert consent.signature == ""
        assert Invite.objects.get(employee=ines).status == "revoked"
        assert Employee.objects.filter(pk=ines.pk).exists()


def test_colleagues_keep_everything(cast: Cast, ines: Employee) -> None:
    house = cast.northwind
    kofi = house.employees["kofi"]
    before = {name for name in _all_files() if str(kofi.pk) in name}
    _forget(cast)
    assert {name for name in _all_files() if str(kofi.pk) in name} == before
    with house.scope():
        assert Headshot.objects.get(employee=kofi).status == "approved"
        assert Invite.objects.get(employee=kofi).status == "pending"


def test_what_the_audit_keeps_has_no_name(cast: Cast, ines: Employee) -> None:
    _forget(cast)
    with cast.northwind.scope():
        for model in (StatusEvent, AuditEvent):
            assert not model.objects.filter(actor_name__icontains="ines").exists()
        done = AuditEvent.objects.get(action="erased")
        assert set(done.data) == {"receipt", "photos", "pictures", "files"}
        others = AuditEvent.objects.filter(employee_id=ines.pk).exclude(
            action__in=["erased", "erasure_started"]
        )
        assert all(event.data == {} for event in others)


def test_the_receipt(cast: Cast, ines: Employee) -> None:
    response = _forget(cast)
    with cast.northwind.scope():
        number = AuditEvent.objects.get(action="erased").data["receipt"]
        mail = Mail.objects.get(kind="erased")
    text = response.content.decode()
    assert number in text
    assert "<dt>Photos</dt><dd>2</dd>" in text
    assert number in mail.text
    # It can be opened again, by its number only, and in its company only.
    path = response.redirect_chain[-1][0]
    assert Client().get(path).status_code == 200
    assert Client().get(path.replace(number, "AAAA-AAAA-AAAA")).status_code == 404
    assert Client().get(path.replace("/c/northwind/", "/c/southbay/")).status_code == 404


def test_the_link_is_dead_afterwards(cast: Cast, ines: Employee) -> None:
    _forget(cast)
    assert Client().get(cast.northwind.me("ines", "studio/")).status_code == 410


@pytest.mark.parametrize("typed", ["", "yes", "delet"])
def test_it_has_to_be_meant(cast: Cast, ines: Employee, typed: str) -> None:
    page = _forget(cast, typed).content.decode()
    assert "Type “delete” to confirm" in page
    with cast.northwind.scope():
        assert SourcePhoto.objects.filter(employee=ines).exclude(status="deleted").exists()


@pytest.mark.parametrize(
    "breaks_at", ["_delete_files", "_delete_rows", "_anonymise", "_revoke_links", "_finish"]
)
def test_broken_off_anywhere_it_is_finished_by_doing_it_again(
    cast: Cast, ines: Employee, monkeypatch: pytest.MonkeyPatch, breaks_at: str
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the power went")

    with cast.northwind.scope(), monkeypatch.context() as patch:
        patch.setattr(erasure, breaks_at, broken)
        with pytest.raises(RuntimeError):
            erasure.erase(ines, Actor.employee(ines))
    with cast.northwind.scope():
        number = AuditEvent.objects.get(action="erasure_started").data["receipt"]
    assert number in _forget(cast).content.decode()
    assert not any(str(ines.pk) in name for name in _all_files())
    with cast.northwind.scope():
        assert AuditEvent.objects.filter(action="erased").count() == 1


def test_others_who_keep_copies_are_told(cast: Cast, ines: Employee) -> None:
    told: list[dict[str, Any]] = []

    def listen(sender: object, **kwargs: Any) -> None:
        told.append(kwargs)

    with cast.northwind.scope():
        headshot = str(Headshot.objects.get(employee=ines).pk)
    person_erased.connect(listen)
    try:
        _forget(cast)
    finally:
        person_erased.disconnect(listen)
    assert [(one["employee_id"], one["headshot_ids"]) for one in told] == [(ines.pk, [headshot])]


def test_without_consent_it_works_too(cast: Cast, ines: Employee) -> None:
    with cast.northwind.scope():
        Consent.objects.all().delete()
    assert "Everything is deleted" in _forget(cast).content.decode()
