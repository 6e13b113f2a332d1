"""What the dashboard shows: how far the company is, who is stuck, what happened today. Reads only."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import DateTimeField, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.base import Model
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from branding.selectors import current_version
from generation import review_selectors, turns
from generation.models import Headshot, Shoot, SourcePhoto
from portal import people
from portal.exports import selectors as export_selectors
from portal.exports.selectors import Choice
from portal.models import ExportChoice
from portal.people import Filter, Step
from teams.models import AuditEvent, Company, Consent, Employee, Invite
from teams.services import happenings

STUCK_SHOWN: Final = 6
TODAY_SHOWN: Final = 8
# Events that are looked through for them.
_TODAY_READ: Final = 400
WALL_SHOWN: Final = 12
# Somebody who did something today or yesterday is not stuck.
_STUCK_AFTER: Final = dt.timedelta(days=2)
# Presets of the directories that everybody fills first; "new since the last export" is asked for these.
_USUAL: Final = ("microsoft365", "slack", "web", "master")


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the funnel: who has come at least this far, and who stands exactly here."""

    label: str
    count: int
    here: int
    percent: int
    url: str


def funnel(company: Company, counts: Mapping[Step, int]) -> list[Stage]:
    """The way from the invite to the approved headshot."""
    everybody = sum(counts.values())
    base = reverse("people:list", args=[company.slug])
    stages = []
    for label, step, reached in people.funnel_counts(counts):
        # Returned people made a choice once; they stand before the next one.
        here = counts[step] + (counts[Step.RETURNED] if step == Step.MADE else 0)
        percent = round(100 * reached / everybody) if everybody else 0
        url = f"{base}?{urlencode(Filter(step=step.value).words())}"
        stages.append(Stage(label, reached, here, percent, url))
    return stages


def waiting_count(counts: Mapping[Step, int]) -> int:
    """People whose move is next: whom a reminder can help."""
    return sum(counts[step] for step in people.WAITING_FOR_PERSON)


@dataclass(frozen=True, slots=True)
class Stuck:
    """Somebody who has not moved for a while."""

    employee: Employee
    step: str
    since: dt.datetime


def stuck(company: Company, most: int = STUCK_SHOWN) -> list[Stuck]:
    """Who waits longest at a step where the next move is theirs."""
    rows = people.people(company, Filter(step="waiting")).annotate(since=_last_move())
    late = rows.filter(since__lt=timezone.now() - _STUCK_AFTER).select_related("department")
    return [
        Stuck(row, people.label_of(row.step), row.since)  # type: ignore[attr-defined]
        for row in late.order_by("since", "name")[:most]
    ]


def _last_move() -> Greatest:
    """When anything last happened to a person; PostgreSQL's GREATEST passes over what is missing."""
    return Greatest(
        _newest(Invite.objects.all(), "created_at"),
        _newest(Invite.objects.all(), "opened_at"),
        _newest(Consent.objects.all(), "signed_at"),
        _newest(SourcePhoto.objects.all(), "created_at"),
        _newest(Shoot.objects.all(), "finished_at"),
        _newest(Headshot.objects.all(), "decided_at"),
        F("created_at"),
    )


def _newest(rows: "QuerySet[Model]", column: str) -> Subquery:
    mine = rows.filter(employee=OuterRef("pk")).order_by().values("employee")
    return Subquery(mine.annotate(at=Max(column)).values("at"), output_field=DateTimeField())


@dataclass
class Happened:
    """One kind of thing that somebody did today: the newest one, and to how many others."""

    line: happenings.Line
    name: str
    more: int = 0


def today(company: Company) -> list[Happened]:
    """Today's decisions in words, newest first; the same thing done by one member to many people, or by
    many people for themselves, is one line."""
    begin = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    events = AuditEvent.objects.filter(company=company, at__gte=begin).order_by("-at", "-id")
    lines = happenings.described(events[:_TODAY_READ])
    ids = {line.event.employee_id for line in lines if line.event.employee_id}
    names = dict(Employee.objects.filter(pk__in=ids).values_list("pk", "name"))
    grouped: dict[tuple[str, str], Happened] = {}
    people_of: dict[tuple[str, str], set[object]] = {}
    for line in lines:
        who = line.event.employee_id
        own = line.event.actor_kind == "employee"
        key = (line.event.action, "" if own else line.event.actor_name)
        first = grouped.setdefault(key, Happened(line, names.get(who, "") if who else ""))
        people_of.setdefault(key, set()).add(who or line.event.pk)
        first.more = len(people_of[key]) - 1
    return list(grouped.values())[:TODAY_SHOWN]


@dataclass(frozen=True, slots=True)
class Start:
    """The first way through: style, people, invites."""

    style: bool
    roster: bool
    invited: bool

    @property
    def done(self) -> bool:
        """Whether the company is past its first run."""
        return self.style and self.roster and self.invited


def start(company: Company, counts: Mapping[Step, int]) -> Start:
    """How far the first run is."""
    everybody = sum(counts.values())
    return Start(
        style=current_version(company.pk) is not None,
        roster=everybody > 0,
        invited=everybody > counts[Step.NOT_INVITED],
    )


@dataclass(frozen=True, slots=True)
class Due:
    """The due date, and how many days are left (negative: it has passed)."""

    day: dt.date
    days: int


def due(company: Company) -> Due | None:
    """When everybody should be done."""
    if company.due_on is None:
        return None
    return Due(company.due_on, (company.due_on - timezone.localdate()).days)


@dataclass(frozen=True, slots=True)
class InTheStudio:
    """Whose pictures are being made or wait, and when the last ones are ready."""

    people: int
    running: int
    stranded: int
    minutes: int | None
    ready_at: dt.datetime | None


def in_the_studio(company: Company) -> InTheStudio | None:
    """The company's part of the queues; None when nothing waits."""
    now = turns.standing_of(company.pk)
    if not now.waiting and not now.running:
        return None
    minutes = None if now.done_s is None else max(1, math.ceil(now.done_s / 60))
    ready_at = timezone.now() + dt.timedelta(seconds=now.done_s) if now.done_s is not None else None
    return InTheStudio(now.waiting + now.running, now.running, now.stranded, minutes, ready_at)


def not_exported() -> int:
    """Approved headshots that no export has delivered yet in the usual sizes."""
    return export_selectors.people(Choice(ExportChoice.CHANGED), _USUAL).count()


def to_review() -> int:
    """Headshots that wait for a reviewer."""
    return review_selectors.waiting_count()
