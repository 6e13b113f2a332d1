"""What reviewers and marketing see: the queue, one person beside their photos, the wall, the library."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from generation import sentences, verdicts
from generation.imaging import consistency
from generation.models import Candidate, Headshot, HeadshotStatus, PhotoStatus, SourcePhoto, Verdict
from portal.lib.keyset import Page, page
from teams.models import Company, Department, Employee

# Colleagues around the one in review: with them a square of three by three.
NEIGHBOURS: Final = 8
# Own photos beside the headshot.
SELFIES: Final = 8
# A wall is looked at as one picture; beyond this it is sorted and cut, and says so.
WALL_MOST: Final = 600
LIBRARY_PAGE: Final = 48
# Consistency of a team above these is good or fair.
_GOOD, _FAIR = 85, 70

_WITH_PICTURE: Final = (
    "employee__department", "candidate__shoot__style_version__style", "decided_by"
)  # fmt: skip


def headshots() -> QuerySet[Headshot]:
    """Headshots with everything that a page shows of them. People on the archive's shelf are left out."""
    return Headshot.objects.filter(employee__archived_at=None).select_related(*_WITH_PICTURE)


def waiting() -> QuerySet[Headshot]:
    """Those in review, who has waited longest first."""
    return headshots().filter(status=HeadshotStatus.CHOSEN).order_by("chosen_at", "id")


def waiting_count() -> int:
    """How many are in review."""
    return Headshot.objects.filter(status=HeadshotStatus.CHOSEN, employee__archived_at=None).count()


def approved() -> QuerySet[Headshot]:
    """Those in use."""
    return headshots().filter(status=HeadshotStatus.APPROVED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a headshot stands in the queue. `number` is 0 for one that no longer waits."""

    number: int
    total: int
    previous: uuid.UUID | None
    next: uuid.UUID | None
    # Its picture, to be fetched ahead.
    next_candidate: uuid.UUID | None = None


def place(headshot: Headshot) -> Place:
    """Its place, and its neighbours in the queue; from the end the queue goes round."""
    queue = Headshot.objects.filter(status=HeadshotStatus.CHOSEN, employee__archived_at=None)
    order = ("chosen_at", "id")
    before = Q(chosen_at__lt=headshot.chosen_at) | Q(chosen_at=headshot.chosen_at, id__lt=headshot.pk)
    after = Q(chosen_at__gt=headshot.chosen_at) | Q(chosen_at=headshot.chosen_at, id__gt=headshot.pk)
    others = queue.exclude(pk=headshot.pk)
    first, last = others.order_by(*order).first(), others.order_by("-chosen_at", "-id").first()
    previous = others.filter(before).order_by("-chosen_at", "-id").first() or last
    following = others.filter(after).order_by(*order).first() or first
    waits = headshot.status == HeadshotStatus.CHOSEN
    number = others.filter(before).count() + 1 if waits else 0
    return Place(
        number,
        queue.count(),
        previous.pk if previous else None,
        following.pk if following else None,
        following.candidate_id if following else None,
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One person in review, with all that a decision needs."""

    headshot: Headshot
    place: Place
    selfies: list[SourcePhoto]
    neighbours: list[Headshot]
    likeness_words: str
    likeness_percent: int
    likeness_tone: str
    gates: list[verdicts.Finding]
    departures: list[verdicts.Finding]
    numbers: list[tuple[str, str, str]]
    # The headshot in use until now, when there is one.
    in_use: Headshot | None
    # What the person had changed in the picture, in words; empty for nothing.
    adjusted: str

    @property
    def team(self) -> list[Headshot]:
        """The neighbours with this person in their middle; nobody when there are none yet."""
        half = len(self.neighbours) // 2
        return [*self.neighbours[:half], self.headshot, *self.neighbours[half:]] if self.neighbours else []

    @property
    def remarks(self) -> list[verdicts.Finding]:
        """What deserves a look, worst first."""
        return [*(one for one in self.gates if one.tone != "ok"), *self.departures]


def case(headshot: Headshot) -> Case:
    """Everything about one headshot in review."""
    candidate = headshot.candidate
    team = team_of([*_same_style(headshot)[:WALL_MOST], headshot])
    percent = round(100 * candidate.likeness)
    in_use = approved().filter(employee=headshot.employee_id).exclude(pk=headshot.pk).first()
    return Case(
        headshot=headshot,
        place=place(headshot),
        selfies=selfies(candidate),
        neighbours=neighbours(headshot),
        likeness_words=sentences.likeness(candidate.likeness),
        likeness_percent=percent,
        likeness_tone=_likeness_tone(candidate.likeness),
        gates=verdicts.gates(candidate),
        departures=team.departures.get(headshot.pk, []),
        numbers=verdicts.numbers(candidate),
        in_use=in_use,
        adjusted=sentences.nudged(candidate.nudge_steps),
    )


def _likeness_tone(value: float) -> str:
    # As in `sentences`: "very close", "close", "good".
    return "strong" if value >= 0.93 else "good" if value >= 0.84 else "weak"


def selfies(candidate: Candidate) -> list[SourcePhoto]:
    """The person's own photos, those that the picture was made from first."""
    made_from = set(candidate.shoot.photos.values_list("pk", flat=True))
    photos = SourcePhoto.objects.filter(
        employee=candidate.shoot.employee_id, status=PhotoStatus.CHECKED
    ).exclude(thumbnail="")
    ordered = sorted(photos, key=lambda one: (one.pk not in made_from, one.verdict == Verdict.REJECT))
    return ordered[:SELFIES]


def _same_style(headshot: Headshot) -> QuerySet[Headshot]:
    style = headshot.candidate.shoot.style_version.style_id
    return (
        approved().filter(candidate__shoot__style_version__style=style).exclude(employee=headshot.employee_id)
    )


def neighbours(headshot: Headshot) -> list[Headshot]:
    """Approved colleagues who will stand beside this one: of the same department first, then by name."""
    others = _same_style(headshot)
    near = list(
        others.filter(employee__department=headshot.employee.department_id).order_by("employee__name")[
            :NEIGHBOURS
        ]
    )
    if len(near) < NEIGHBOURS:
        have = [one.pk for one in near]
        near += others.exclude(pk__in=have).order_by("employee__name")[: NEIGHBOURS - len(near)]
    return near


# --- one team --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Team:
    """How alike a set of headshots is: score 0..100 (None for an empty set), who sticks out and why."""

    score: float | None
    # Headshot id → what sticks out, the farthest first; only those with something.
    departures: dict[uuid.UUID, list[verdicts.Finding]] = field(default_factory=dict)
    # Headshot id → own score 0..100.
    scores: dict[uuid.UUID, float] = field(default_factory=dict)

    @property
    def tone(self) -> str:
        """ok, warn or bad."""
        score = self.score or 0.0
        return "ok" if score >= _GOOD else "warn" if score >= _FAIR else "bad"


def team_of(rows: Iterable[Headshot]) -> Team:
    """Measure a set of headshots; people of one style are compared with each other and with its newest
    look, so that a second style is not an outlier of the first."""
    by_style: dict[uuid.UUID, list[Headshot]] = defaultdict(list)
    for row in rows:
        by_style[row.candidate.shoot.style_version.style_id].append(row)
    departures: dict[uuid.UUID, list[verdicts.Finding]] = {}
    scores: dict[uuid.UUID, float] = {}
    for group in by_style.values():
        newest = max((row.candidate.shoot.style_version for row in group), key=lambda one: one.number)
        measured = consistency.measure([_shown(row) for row in group], newest.look)
        for row, person in zip(group, measured["people"], strict=True):
            scores[row.pk] = person["score"]
            found = verdicts.deviations(person["deviations"])
            if found:
                departures[row.pk] = found
    score = sum(scores.values()) / len(scores) if scores else None
    return Team(score, departures, scores)


def _shown(row: Headshot) -> consistency.Shown:
    made = row.candidate
    return consistency.Shown(
        name=str(row.pk),
        azimuth_deg=float(made.light.get("azimuth_deg", 0.0)),
        key_fill_ratio=float(made.light.get("key_fill_ratio", 1.0)),
        temperature_k=float(made.light.get("temperature_k", 0.0)) or 6500.0,
        eye_line=float(made.framing.get("eye_line", 0.0)),
        head_height=float(made.framing.get("head_height", 0.0)),
        roll_deg=float(made.framing.get("roll_deg", 0.0)),
        measures=made.measures,
    )


@dataclass(frozen=True, slots=True)
class Tile:
    """One person on the wall."""

    headshot: Headshot
    score: float
    departures: list[verdicts.Finding]


@dataclass(frozen=True, slots=True)
class Wall:
    """Everyone on one page."""

    tiles: list[Tile]
    team: Team
    # People that did not fit on the page.
    more: int

    @property
    def outliers(self) -> list[Tile]:
        """Who sticks out, the farthest first."""
        return sorted((tile for tile in self.tiles if tile.departures), key=lambda one: one.score)


SORTS: Final = ("name", "department", "outlier")


def wall(*, in_review: bool = False, sort: str = "name", most: int = WALL_MOST) -> Wall:
    """The company's approved headshots, with those in review where asked for: for a person who has both,
    the newer one."""
    statuses = [HeadshotStatus.APPROVED, *([HeadshotStatus.CHOSEN] if in_review else [])]
    found = headshots().filter(status__in=statuses)
    total = found.values("employee").distinct().count()
    newest = {row.employee_id: row for row in found.order_by("chosen_at")}
    rows = sorted(newest.values(), key=lambda row: row.employee.name.casefold())[:most]
    team = team_of(rows)
    tiles = [Tile(row, team.scores[row.pk], team.departures.get(row.pk, [])) for row in rows]
    if sort == "department":
        tiles.sort(key=lambda tile: (_department(tile.headshot) == "", _department(tile.headshot)))
    elif sort == "outlier":
        tiles.sort(key=lambda tile: tile.score)
    return Wall(tiles, team, total - len(tiles))


def _department(row: Headshot) -> str:
    return row.employee.department.name.casefold() if row.employee.department else ""


# --- bulk ------------------------------------------------------------------------------------------


def clean(most: int) -> list[Headshot]:
    """At most `most` of those in review whose picture passed all gates, longest waiting first."""
    passed = (row for row in waiting().iterator() if verdicts.passes_all(row.candidate.gates))
    return list(islice(passed, most))


def clean_count(most: int) -> int:
    """How many `clean` would give."""
    judged = Headshot.objects.filter(status=HeadshotStatus.CHOSEN, employee__archived_at=None)
    gates = judged.values_list("candidate__gates", flat=True).iterator()
    return len(list(islice(filter(verdicts.passes_all, gates), most)))


# --- library ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Search:
    """What the library is narrowed to."""

    q: str = ""
    department: uuid.UUID | None = None
    location: str = ""
    since: dt.date | None = None

    def words(self) -> dict[str, str]:
        """As a query string's words; empty ones are left out."""
        own = {
            "q": self.q,
            "department": str(self.department or ""),
            "location": self.location,
            "since": self.since.isoformat() if self.since else "",
        }
        return {key: value for key, value in own.items() if value}


def find(search: Search) -> QuerySet[Headshot]:
    """Approved headshots that the search leaves."""
    rows = approved()
    for word in search.q.split():
        rows = rows.filter(
            Q(employee__name__icontains=word)
            | Q(employee__email__icontains=word)
            | Q(employee__title__icontains=word)
        )
    if search.department:
        rows = rows.filter(employee__department=search.department)
    if search.location:
        rows = rows.filter(employee__location=search.location)
    if search.since:
        rows = rows.filter(decided_at__date__gte=search.since)
    return rows


def library_page(search: Search, cursor: str = "", size: int = LIBRARY_PAGE) -> Page[Headshot]:
    """One page, by name."""
    rows = find(search).annotate(name_key=Lower("employee__name"))
    return page(rows, ("name_key", "id"), cursor, size)


def locations(company: Company) -> list[str]:
    """Places that people of the roster work at."""
    found = Employee.objects.filter(company=company, archived_at=None).exclude(location="")
    return list(found.order_by("location").values_list("location", flat=True).distinct())


def departments(company: Company) -> QuerySet[Department]:
    """The company's departments by name."""
    return Department.objects.filter(company=company)


def by_ids(ids: Sequence[uuid.UUID]) -> QuerySet[Headshot]:
    """Approved headshots among these, by department and name."""
    return ordered(approved().filter(pk__in=ids))


def ordered(rows: QuerySet[Headshot]) -> QuerySet[Headshot]:
    """By department and name, those without a department last: the order of a face book."""
    department = Lower("employee__department__name").asc(nulls_last=True)
    return rows.order_by(department, Lower("employee__name"), "id")
