"""An export survives killed workers, errors and length: it ends once, and what was made is kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

import portal.exports.reaper
from generation.imaging.errors import EngineError
from generation.models import Rendition
from generation.services import renditions
from portal.exports import jobs, packing, transitions
from portal.lib import storage
from portal.models import Export
from teams.models import Mail, StatusEvent
from teams.transitions import TransitionRefused
from tests.cast import Cast
from tests.portal.exporting import ask, crew, packed


class Killed(BaseException):
    """As SIGKILL: nothing of ours gets to run."""


def test_a_killed_worker_loses_nothing_and_packs_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    house = cast.northwind
    with house.scope():
        export = ask(house, crew(house))

        def die(*args: object) -> None:
            raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(packing, "_write", die)
            packed(export)
        assert Export.objects.get(pk=export.pk).status == "running"
        made = set(Rendition.objects.values_list("pk", "created_at"))
        Export.objects.filter(pk=export.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    portal.exports.reaper.reap()
    with house.scope():
        export = packed(export)
        assert (export.status, export.attempt) == ("ready", 2)
        # The pictures of the first attempt were found again.
        assert set(Rendition.objects.values_list("pk", "created_at")) == made
        assert Mail.objects.filter(kind="export_ready").count() == 1


def test_a_job_that_runs_twice_packs_once(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = packed(ask(house, crew(house, "ines")))
        first = export.finished_at
        assert packed(export).finished_at == first
        assert Mail.objects.filter(kind="export_ready").count() == 1


def test_a_worker_thought_dead_cannot_finish_anothers_work(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = ask(house, crew(house, "ines"))
        transitions.export_claimed(export)
        transitions.export_requeued(export, "worker_lost", delay=False)
        other = Export.objects.get(pk=export.pk)
        transitions.export_claimed(other)
        jobs.run(export)
        assert Export.objects.get(pk=export.pk).status == "running"
        assert not storage.exports().exists(packing.archive_key(export, 1))
        with pytest.raises(TransitionRefused):
            transitions.export_failed(export, "late", {})


def test_an_error_of_ours_is_tried_again_later_and_then_given_up(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_(*args: object) -> None:
        raise EngineError("disk_full")

    house = cast.northwind
    monkeypatch.setattr(renditions, "rendition", break_)
    with house.scope():
        export = packed(ask(house, crew(house, "ines")))
        assert (export.status, export.error_code) == ("queued", "disk_full")
        assert export.not_before is not None and export.not_before > timezone.now()
        # Not before its time.
        assert packed(export).attempt == 1
        for _attempt in range(3):
            Export.objects.filter(pk=export.pk).update(not_before=None)
            export = packed(export)
        assert (export.status, export.error_code, export.attempt) == ("failed", "disk_full", 4)


def test_a_failed_export_can_be_tried_again_from_its_page(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = cast.northwind
    with house.scope():
        export = ask(house, crew(house, "ines"))
        transitions.export_claimed(export)
        transitions.export_failed(export, "disk_full", {})
    client, path = cast.client("mara"), f"/c/northwind/exports/{export.pk}/"
    assert "Try again" in client.get(path).content.decode()
    client.post(f"{path}retry/")
    # A second click changes nothing.
    assert client.post(f"{path}retry/").status_code == 302
    with house.scope():
        assert packed(export).status == "ready"


def test_a_long_export_gives_its_worker_back_and_goes_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    house = cast.northwind
    with house.scope():
        export = ask(house, crew(house))
        with monkeypatch.context() as patch:
            patch.setattr(jobs, "_SLICE_SHARE", -1.0)
            export = packed(export)
        assert (export.status, export.attempt, export.error_code) == ("queued", 0, "")
        assert packed(export).status == "ready"


def test_a_job_that_redis_lost_is_put_back(cast: Cast) -> None:
    import django_rq

    house = cast.northwind
    with house.scope():
        export = ask(house, crew(house, "ines"))
        Export.objects.filter(pk=export.pk).update(enqueued_at=timezone.now() - timedelta(minutes=5))
    django_rq.get_connection("exports").flushdb()
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        portal.exports.reaper.reap()
    assert [job.args for job in django_rq.get_queue("exports").jobs] == [
        (str(house.company.pk), str(export.pk))
    ]


def test_progress_is_a_number_on_the_page(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = ask(house, crew(house))
        transitions.export_claimed(export)
        Export.objects.filter(pk=export.pk).update(stage="pictures", progress=0.54)
    page = cast.client("mara").get(f"/c/northwind/exports/{export.pk}/", HTTP_HX_REQUEST="true")
    text = page.content.decode()
    assert "2 of 3 people" in text
    assert "54 %" in text
    assert 'hx-trigger="every 2s"' in text
    assert "<html" not in text


def test_every_move_is_written_down(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        export = packed(ask(house, crew(house, "ines")))
        moves = StatusEvent.objects.filter(object_id=str(export.pk)).order_by("at", "to_status")
        assert [move.to_status for move in moves] == ["queued", "running", "ready"]
