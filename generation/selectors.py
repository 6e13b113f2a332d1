"""What an employee's pages show: photos with verdicts, what the set still lacks, the shoot, the pictures."""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.utils import timezone

from branding.models import StyleVersion
from generation import sentences, turns
from generation.imaging import photoset
from generation.imaging.engines.table import ENGINES, installed
from generation.imaging.models.configured import store
from generation.members import member
from generation.models import (
    Candidate,
    Headshot,
    HeadshotStatus,
    Nudge,
    PhotoStatus,
    Shoot,
    ShootStatus,
    SourcePhoto,
    Verdict,
)
from teams.models import Company, Employee
from teams.selectors import live_consent

OPEN: Final = (ShootStatus.QUEUED, ShootStatus.RUNNING)
# Shoots that count against the company's limit: one that failed or was cancelled gave nothing.
COUNTED: Final = (*OPEN, ShootStatus.DONE)
# From here on hours are said instead of minutes.
_HOURS_FROM_S: Final = 5400
# Below this share the time left is a guess of a guess.
_MIN_PROGRESS_FOR_PACE: Final = 0.2


@dataclass(frozen=True, slots=True)
class PhotoCard:
    """One uploaded photo as its owner sees it. `advice` is the one thing to do better."""

    photo: SourcePhoto
    # checking, good, usable, unusable
    state: str
    advice: str


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """All photos of a person and what they add up to."""

    cards: list[PhotoCard] = field(default_factory=list)
    usable: list[SourcePhoto] = field(default_factory=list)
    covered: tuple[str, ...] = ()
    # How many are good; what would help most; and whether somebody else is among them.
    headline: str = ""
    hint: str = ""
    warning: str = ""
    checking: bool = False
    # Whether verdicts wait for a worker that is not there.
    stranded: bool = False

    @property
    def ready(self) -> bool:
        """Whether a shoot can be started now."""
        return bool(self.usable) and not self.checking


def photo_set(employee: Employee) -> PhotoSet:
    """The person's photos, each with its verdict, judged together too."""
    photos = list(SourcePhoto.objects.filter(employee=employee).exclude(status=PhotoStatus.DELETED))
    checked = [photo for photo in photos if photo.status == PhotoStatus.CHECKED]
    summary = photoset.summarise([member(photo) for photo in checked])
    by_id = {str(photo.pk): photo for photo in photos}
    repeated = {name: by_id[other].original_name for name, other in summary.duplicates}
    words = [sentences.sentence(code, data) for code, data in summary.parts()]
    usable = [
        photo
        for photo in checked
        if photo.verdict != Verdict.REJECT
        and photo.embedding is not None
        and str(photo.pk) not in summary.outliers
    ]
    cards = [_card(photo, summary.outliers, repeated) for photo in photos]
    checking = len(checked) < len(photos)
    headline, hint, warning = [*words, "", ""][:3]
    if warning:
        names = [by_id[name].original_name for name in summary.outliers]
        warning = f"{warning} ({', '.join(names)})"
    stranded = checking and not turns.served(turns.INTAKE)
    return PhotoSet(cards, usable, summary.covered, headline, hint, warning, checking, stranded)


def _card(photo: SourcePhoto, strangers: Sequence[str], repeated: dict[str, str]) -> PhotoCard:
    name = str(photo.pk)
    if photo.status == PhotoStatus.RECEIVED:
        return PhotoCard(photo, "checking", "")
    if name in strangers:
        return PhotoCard(photo, "unusable", sentences.sentence("other_person"))
    if photo.verdict == Verdict.REJECT:
        return PhotoCard(photo, "unusable", _first_reason(photo))
    if name in repeated:
        return PhotoCard(photo, "usable", sentences.sentence("near_duplicate", {"other": repeated[name]}))
    return PhotoCard(photo, "good" if photo.verdict == Verdict.ACCEPT else "usable", _first_reason(photo))


def _first_reason(photo: SourcePhoto) -> str:
    if not photo.reasons:
        return ""
    first = photo.reasons[0]
    return sentences.sentence(first["code"], first.get("data"), first.get("message", ""))


def latest_shoot(employee: Employee) -> Shoot | None:
    """The newest shoot that was not cancelled."""
    return (
        Shoot.objects.filter(employee=employee)
        .exclude(status=ShootStatus.CANCELLED)
        .select_related("style_version__style")
        .order_by("-created_at")
        .first()
    )


def shoots_left(employee: Employee) -> int:
    """How many more times this person may be photographed."""
    used = Shoot.objects.filter(employee=employee, status__in=COUNTED).count()
    return max(0, employee.company.max_shoots - used)


@dataclass(frozen=True, slots=True)
class ShootView:
    """A shoot while it is made: what happens now, how far it is, how long it may still take."""

    shoot: Shoot
    # With its step, where it has one, and without.
    stage: str
    stage_name: str
    percent: int
    seconds_left: int | None
    waiting: bool
    retrying_at: datetime | None
    slots: "list[Slot]"
    # Pictures are drawn, so the person may rather have their own photo.
    drawn: bool
    # Why the studio works instead of the style's engine; empty where it does not.
    fallback: str
    # Colleagues' shoots before this one, workers that serve the queue, and whether they lack a card.
    ahead: int = 0
    workers: int = 1
    slow: bool = False

    @property
    def minutes_left(self) -> int:
        """The time left in minutes, rounded up."""
        return math.ceil((self.seconds_left or 0) / 60)

    @property
    def hours_left(self) -> int:
        """The time left in hours, rounded up; 0 below an hour and a half, which minutes say better."""
        seconds = self.seconds_left or 0
        return math.ceil(seconds / 3600) if seconds > _HOURS_FROM_S else 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a picture in the making, filled or not."""

    number: int
    candidate: Candidate | None


def watch(shoot: Shoot) -> ShootView:
    """What the making page shows."""
    waiting = shoot.status == ShootStatus.QUEUED
    later = shoot.not_before if shoot.not_before and shoot.not_before > timezone.now() else None
    wait = turns.wait_of(shoot)
    left = wait.done_s if waiting else _seconds_left(shoot, wait.own_s)
    return ShootView(
        shoot=shoot,
        stage=sentences.stage(shoot.stage),
        stage_name=sentences.stage(shoot.stage.partition(":")[0]),
        percent=round(100 * min(max(shoot.progress, 0.0), 1.0)),
        seconds_left=None if later or left is None else max(1, round(left)),
        waiting=waiting,
        retrying_at=later if waiting else None,
        slots=_slots(shoot),
        drawn=draws(shoot),
        fallback=sentences.fallback(shoot.fallback),
        ahead=wait.ahead if waiting else 0,
        workers=wait.workers,
        slow=shoot.queue == "gpu" and wait.on_cpu,
    )


def draws(shoot: Shoot) -> bool:
    """Whether this shoot's engine draws new pictures of the person."""
    offer = ENGINES.get(shoot.engine)
    return offer is not None and offer.source == "generated"


@dataclass(frozen=True, slots=True)
class EngineCard:
    """An engine as the settings show it."""

    name: str
    title: str
    words: str
    on: bool
    # Whether this machine holds its models, with the licences to use them.
    installed: bool
    # Styles whose newest version uses it.
    styles: list[str]


def engine_cards(company: Company) -> list[EngineCard]:
    """The engines that draw, with the styles that use them."""
    newest = StyleVersion.objects.filter(company=company, style__archived_at=None).select_related("style")
    users: dict[str, list[str]] = {}
    for version in newest.order_by("style_id", "-number").distinct("style_id"):
        users.setdefault(str(version.data.get("engine", "")), []).append(version.style.name)
    return [
        EngineCard(
            offer.name,
            *sentences.engine(offer.name),
            on=offer.name not in company.engines_off,
            installed=installed(offer, store()),
            styles=sorted(users.get(offer.name, [])),
        )
        for offer in ENGINES.values()
        if offer.source == "generated"
    ]


def _slots(shoot: Shoot) -> list[Slot]:
    arrived = {candidate.rank: candidate for candidate in shoot.candidates.all()}
    last = max([shoot.count, *arrived])
    return [Slot(number, arrived.get(number)) for number in range(1, last + 1)]


def _seconds_left(shoot: Shoot, usual: float | None) -> float | None:
    """Of a running shoot, from its own pace; before there is any, from how long such shoots take."""
    if shoot.started_at is None:
        return usual
    elapsed = (timezone.now() - shoot.started_at).total_seconds()
    if shoot.progress >= _MIN_PROGRESS_FOR_PACE:
        return elapsed * (1 - shoot.progress) / shoot.progress
    return None if usual is None else usual - elapsed


@dataclass(frozen=True, slots=True)
class Picture:
    """A candidate as the gallery shows it."""

    candidate: Candidate
    likeness_words: str
    likeness_percent: int
    chosen: bool
    # What the person had changed in it, in words; empty for a picture as it was made.
    adjusted: str = ""
    # What sets it apart from the others that were made from the same photo; empty where they are of several.
    varied: str = ""


def galleries(employee: Employee) -> list[tuple[Shoot, list[Picture]]]:
    """The finished shoots with their pictures, newest shoot first, best picture first, a changed one behind
    the one that it is a change of. Each shoot with `instead`, why its pictures are the person's own photos
    though the style draws, and `note`, what to know about all of them."""
    shoots = Shoot.objects.filter(employee=employee, status=ShootStatus.DONE).prefetch_related("candidates")
    current = current_headshot(employee)
    changed = _changed(employee)
    found = []
    for shoot in shoots.order_by("-created_at"):
        candidates = [one for one in shoot.candidates.all() if one.nudged_from_id is None]
        failed = any("fallback" in candidate.variation for candidate in candidates)
        code = "generated_failed" if failed else shoot.fallback
        shoot.instead = sentences.fallback(code)  # type: ignore[attr-defined]
        shoot.note = _note(candidates)  # type: ignore[attr-defined]
        rows = [row for one in candidates for row in (one, changed.get(one.pk)) if row is not None]
        pictures = [picture(row, current) for row in rows]
        found.append((shoot, [_told_apart(one) for one in pictures] if shoot.note else pictures))  # type: ignore[attr-defined]
    return found


def _told_apart(one: Picture) -> Picture:
    """With what sets it apart, in words; an adjusted picture has the person's own, and of drawn ones each was
    drawn anew."""
    drawn = one.candidate.source == Candidate.Source.GENERATED
    return one if one.adjusted or drawn else replace(one, varied=sentences.varied(one.candidate.variation))


def _changed(employee: Employee) -> dict[uuid.UUID, Candidate]:
    """The pictures that came of the person's wishes, by the picture that they are a change of."""
    if not employee.company.allow_nudges:
        return {}
    rows = Nudge.objects.filter(candidate__shoot__employee=employee).exclude(result=None)
    return {row.candidate_id: row.result for row in rows.select_related("result") if row.result}


def _note(candidates: Sequence[Candidate]) -> str:
    """That all pictures come from one photo: who wonders why they look alike reads what would help."""
    takes = [candidate.variation.get("take") for candidate in candidates]
    photos = {take.get("photo") for take in takes if isinstance(take, dict)}
    return sentences.sentence("one_photo") if len(takes) > 1 and len(photos) == 1 and all(takes) else ""


def picture(candidate: Candidate, current: Headshot | None) -> Picture:
    """A candidate with its likeness in words; `current` is the person's choice that counts."""
    percent = round(100 * candidate.likeness)
    words = sentences.likeness(candidate.likeness)
    counts = current is not None and current.status != HeadshotStatus.RETURNED
    chosen = counts and current is not None and current.candidate_id == candidate.pk
    return Picture(candidate, words, percent, chosen, sentences.nudged(candidate.nudge_steps))


def current_headshot(employee: Employee) -> Headshot | None:
    """The choice that counts: the one in review or returned, else the approved one."""
    live = [HeadshotStatus.CHOSEN, HeadshotStatus.RETURNED, HeadshotStatus.APPROVED]
    rows = Headshot.objects.filter(employee=employee, status__in=live).select_related("candidate__shoot")
    return rows.order_by("-chosen_at").first()


def approved_headshot(employee: Employee) -> Headshot | None:
    """The headshot in use; stays while a newer choice is in review."""
    rows = Headshot.objects.filter(employee=employee, status=HeadshotStatus.APPROVED)
    return rows.select_related("candidate__shoot").first()


def _photos_since(failed: Shoot) -> bool:
    """Whether photos were added after a shoot had failed: then those are the way on."""
    if failed.status != ShootStatus.FAILED or failed.finished_at is None:
        return False
    photos = SourcePhoto.objects.filter(employee=failed.employee_id, created_at__gt=failed.finished_at)
    return photos.exclude(status=PhotoStatus.DELETED).exists()


def step(employee: Employee) -> str:
    """Where the person is: consent, photos, making, choose or done."""
    if live_consent(employee) is None:
        return "consent"
    shoot, headshot = latest_shoot(employee), current_headshot(employee)
    if shoot is not None and shoot.status in OPEN:
        return "making"
    if headshot is not None and (shoot is None or headshot.chosen_at > shoot.created_at):
        return "done"
    if shoot is None or _photos_since(shoot):
        return "photos"
    return "choose" if shoot.status == ShootStatus.DONE else "making"
