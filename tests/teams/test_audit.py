"""The audit log: filtered, paged, taken along as CSV."""

import csv
import io
import re

import pytest
from django.utils import translation

from generation.models import ReturnReason
from generation.services.shoots import RETAKE_REASONS
from teams.actor import Actor
from teams.audit import record
from teams.models import AuditEvent
from teams.services import happenings
from tests.cast import Cast

LOG = "/c/northwind/settings/audit/"


def _write(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        hana, ines = Actor.member(house.members["hana"]), house.employees["ines"]
        record("employee.edited", ines, hana, employee_id=ines.pk, fields=["title"])
        record("style.published", house.style, Actor("member", "9", "=cmd|' /C calc'!A0"), name="House")


def _actions(cast: Cast, query: str) -> list[str]:
    return [line.event.action for line in cast.client("hana").get(f"{LOG}?{query}").context["entries"]]


def test_filters_by_action_person_and_day(cast: Cast) -> None:
    _write(cast)
    assert _actions(cast, "") == ["style.published", "employee.edited"]
    assert _actions(cast, "action=employee.edited") == ["employee.edited"]
    assert _actions(cast, "q=ines") == ["employee.edited"]
    assert _actions(cast, "q=Hana") == ["employee.edited"]
    with cast.northwind.scope():
        AuditEvent.objects.filter(action="style.published").update(at="2026-01-31T23:59:00Z")
    assert _actions(cast, "since=2026-01-31&until=2026-01-31") == ["style.published"]
    assert _actions(cast, "until=2026-01-30") == []
    assert len(_actions(cast, "since=nonsense&at=garbage")) == 2


def test_pages_hold_every_line_once(cast: Cast) -> None:
    house, client = cast.northwind, cast.client("hana")
    with house.scope():
        for number in range(120):
            record(f"test.{number}", house.style, Actor("system"))
        # All in one moment: the id decides.
        AuditEvent.objects.update(at="2026-02-01T00:00:00Z")
    seen, address = [], LOG
    while address:
        page = client.get(address)
        seen += [line.event.action for line in page.context["entries"]]
        address = LOG + page.context["next_url"] if page.context["next_url"] else ""
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("reason", [*ReturnReason.values, *RETAKE_REASONS])
@pytest.mark.parametrize("key", ["reason", "why"])
def test_no_reason_is_told_by_its_code(reason: str, key: str) -> None:
    for language in ("en", "de"):
        with translation.override(language):
            [line] = happenings.described([AuditEvent(action="headshot.returned", data={key: reason})])
        assert line.details not in ("", reason)
        assert "_" not in line.details


def test_the_export_is_whole_and_safe_to_open(cast: Cast) -> None:
    _write(cast)
    answer = cast.client("hana").get(LOG + "log.csv?action=style.published")
    data = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    header, row = list(csv.reader(io.StringIO(data)))
    line = dict(zip(header, row, strict=True))
    assert line["action"] == "style.published"
    assert line["actor_name"].startswith("'=cmd")


def test_an_export_larger_than_one_chunk_has_everything(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        AuditEvent.objects.bulk_create(
            AuditEvent(company=house.company, action="x", object_type="t", object_id=str(number))
            for number in range(4100)
        )
    answer = cast.client("hana").get(LOG + "log.csv")
    data = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    ids = [row["object_id"] for row in csv.DictReader(io.StringIO(data))]
    assert sorted(map(int, ids)) == list(range(4100))


def test_a_line_names_the_person_and_speaks_of_no_codes(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        ines, hana = house.employees["ines"], Actor.member(house.members["hana"])
        record("photo_removed", ines, hana, employee_id=ines.pk)
        record("headshot.approved", ines, hana, employee_id=ines.pk, name=ines.name)
        record("shoot_started", ines, hana, employee_id=ines.pk, style="House v1", engine="studio")
        record("consent.given", ines, hana, employee_id=ines.pk, text_version=1)
    page = cast.client("hana").get(LOG).content.decode()
    lines = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in page.split("<tr>")[2:]]
    assert [line.rpartition(" Hana")[0] for line in lines] == [
        "Consent given Ines Northwind consent text 1",
        "Pictures asked for Ines Northwind from their own photos",
        "Headshot approved Ines Northwind",
        "Photo removed Ines Northwind",
    ]
