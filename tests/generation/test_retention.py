"""Photos and measurements go when the time named in the consent is over, and removals are finished."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone

import generation.reaper
from generation.imaging.samples import portrait_files
from generation.models import SourcePhoto
from generation.services import uploads
from portal.lib import storage
from teams.actor import Actor
from teams.models import AuditEvent, Company
from tests.cast import Cast, House


def _photo(house: House, who: str, days_old: int) -> SourcePhoto:
    employee = house.employees[who]
    data = portrait_files()["grace-hopper.png"]
    photo = uploads.receive_file(
        employee, Actor.employee(employee), "me.png", io.BytesIO(data), len(data)
    ).photo
    SourcePhoto.objects.filter(pk=photo.pk).update(
        created_at=timezone.now() - timedelta(days=days_old), embedding=[0.0] * 128
    )
    return photo


def test_photos_past_their_time_are_deleted_and_younger_ones_kept(cast: Cast) -> None:
    house = cast.northwind
    Company.objects.filter(pk=house.company.pk).update(retention_days=90)
    with house.scope():
        old, young = _photo(house, "ines", 91), _photo(house, "jonas", 89)
    generation.reaper.reap()
    with house.scope():
        gone, kept = SourcePhoto.objects.get(pk=old.pk), SourcePhoto.objects.get(pk=young.pk)
        assert (gone.status, gone.embedding, gone.original) == ("deleted", None, "")
        assert not storage.originals().exists(old.original)
        assert kept.status != "deleted" and storage.originals().exists(young.original)
        assert AuditEvent.objects.filter(action="photo_expired", employee_id=old.employee_id).count() == 1


def test_a_removal_that_broke_off_is_finished_by_the_clock(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = cast.northwind
    with house.scope():
        photo = _photo(house, "ines", 0)
        with monkeypatch.context() as broken:
            broken.setattr(uploads, "delete_files", lambda photo: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                uploads.remove(photo, Actor.employee(house.employees["ines"]))
        assert storage.originals().exists(photo.original)
    generation.reaper.reap()
    assert not storage.originals().exists(photo.original)
