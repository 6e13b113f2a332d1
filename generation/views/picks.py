"""One picture by itself: looked at closely, changed a little, chosen."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from generation import nudging, selectors, sentences, turns
from generation.forms import NudgeForm
from generation.imaging.nudge import STEPS
from generation.models import Candidate, Nudge, NudgeStatus
from generation.selectors import Picture
from generation.services import choices, nudges
from generation.views.consented import consented
from generation.views.personal import away, go, own_candidate, page, part
from teams.actor import Actor
from teams.http import EmployeeRequest
from teams.permissions import PERSONAL_LINK, access


@dataclass(frozen=True, slots=True)
class Choice:
    """One step of a scale."""

    step: int
    words: str
    on: bool
    allowed: bool

    @property
    def short(self) -> str:
        """What stands on it: +1, 0, −2."""
        return f"{self.step:+d}".replace("-", "\N{MINUS SIGN}") if self.step else "0"


@dataclass(frozen=True, slots=True)
class Scale:
    """One thing that can be changed, by steps."""

    name: str
    label: str
    choices: list[Choice]

    @property
    def ends(self) -> tuple[str, str]:
        """The words of its lowest and highest step."""
        return self.choices[0].words, self.choices[-1].words


@dataclass(frozen=True, slots=True)
class Adjusting:
    """The part of the page on which a picture is changed. `obstacle`: why it cannot be, in words."""

    obstacle: str
    scales: list[Scale]
    # Whether it is being made, what happens now, how far it is, and why it could not be made.
    running: bool = False
    # It waits, and nobody is there who could make it.
    stranded: bool = False
    stage: str = ""
    percent: int = 0
    failure: str = ""
    asked: str = ""
    result: Picture | None = None

    @property
    def open(self) -> bool:
        """Whether the person has been here: then it stays unfolded."""
        return bool(self.running or self.failure or self.result)

    @property
    def bounded(self) -> bool:
        """Whether some steps are not offered."""
        return any(not choice.allowed for scale in self.scales for choice in scale.choices)


@access(PERSONAL_LINK)
@require_http_methods(["GET", "HEAD", "POST"])
@consented
def pick(request: EmployeeRequest, candidate: uuid.UUID) -> HttpResponse:
    """Look at one picture closely, change it a little, and choose it."""
    row = own_candidate(request, candidate)
    if request.method == "POST":
        return _choose(request, row)
    if row.nudged_from_id is not None:
        return go(request, "studio:pick", candidate=row.nudged_from_id)
    context = _context(request, row)
    if not request.htmx:
        return page(request, "pick", "choose", **context)
    if context["adjusting"].running:
        return part(request, "pick.html#progress", **context)
    # It is over: the whole of the page's middle has changed.
    response = part(request, "pick.html#middle", **context)
    response["HX-Retarget"] = "#pick"
    return response


def _choose(request: EmployeeRequest, row: Candidate) -> HttpResponse:
    if row.nudged_from_id is not None and not request.company.allow_nudges:
        raise PermissionDenied
    try:
        choices.choose(row, Actor.employee(request.employee))
    except choices.ChoiceRefused:
        return go(request, "studio:here")
    return go(request, "studio:done")


def _context(request: EmployeeRequest, row: Candidate) -> dict[str, Any]:
    current = selectors.current_headshot(request.employee)
    return {"picture": selectors.picture(row, current), "adjusting": _adjusting(row, current)}


def _adjusting(row: Candidate, current: Any) -> Adjusting:
    code = nudges.obstacle(row)
    if code:
        silent = code in {"off", "unfinished"}
        return Adjusting("" if silent else sentences.nudge_failure("subject", f"nudge_{code}"), [])
    nudge = Nudge.objects.filter(candidate=row).select_related("result").first()
    if nudge is None or nudge.status == NudgeStatus.UNDONE:
        return Adjusting("", _scales(row, {}))
    steps = nudging.steps_of(nudge).told()
    failed = nudge.status == NudgeStatus.FAILED
    return Adjusting(
        "",
        _scales(row, steps),
        running=nudge.status in nudges.OPEN,
        stranded=nudge.status == NudgeStatus.QUEUED and not turns.served(nudges.QUEUE),
        stage=_("Waiting for a free place in the studio")
        if nudge.status == NudgeStatus.QUEUED
        else sentences.stage(nudge.stage),
        percent=round(100 * min(max(nudge.progress, 0.0), 1.0)),
        failure=sentences.nudge_failure(nudge.error_kind, nudge.error_code) if failed else "",
        asked=sentences.nudged(steps),
        result=None if nudge.result is None else selectors.picture(nudge.result, current),
    )


def _scales(row: Candidate, steps: dict[str, int]) -> list[Scale]:
    room = nudging.room(row)
    labels = {"brightness": _("Brightness"), "size": _("Size of the head"), "side": _("Place")}
    scales = []
    for name, label in labels.items():
        low, high = getattr(room, name)
        scale = [
            Choice(step, sentences.nudge_step(name, step), step == steps.get(name, 0), low <= step <= high)
            for step in range(-STEPS, STEPS + 1)
        ]
        scales.append(Scale(name, label, scale))
    return scales


@access(PERSONAL_LINK)
@require_POST
@consented
def adjust(request: EmployeeRequest, candidate: uuid.UUID) -> HttpResponse:
    """Have the picture made a little lighter, larger or to the side; no change takes an earlier one back."""
    row = own_candidate(request, candidate)
    by, form = Actor.employee(request.employee), NudgeForm(request.POST)
    if nudges.obstacle(row) == "off":
        raise PermissionDenied
    if not form.is_valid():
        messages.error(request, _("Choose one step of each scale."))
    elif form.nudge.plain:
        nudges.undo(row, by)
    else:
        try:
            nudges.ask(row, form.nudge, by)
        except nudges.NudgeRefused as refused:
            messages.error(request, _refused(refused.code))
            return away(request, "studio:pick", candidate=row.pk)
    return _after(request, row)


def _refused(code: str) -> str:
    if code == "beyond":
        return _("This picture does not leave that much room. Ask for less.")
    return sentences.nudge_failure("subject", f"nudge_{code}")


@access(PERSONAL_LINK)
@require_POST
@consented
def undo_adjust(request: EmployeeRequest, candidate: uuid.UUID) -> HttpResponse:
    """Back to the picture as it was made."""
    row = own_candidate(request, candidate)
    nudges.undo(row, Actor.employee(request.employee))
    return _after(request, row)


def _after(request: EmployeeRequest, row: Candidate) -> HttpResponse:
    if request.htmx:
        return part(request, "pick.html#middle", **_context(request, row))
    response = go(request, "studio:pick", candidate=row.pk)
    response["Location"] += "#adjust"
    return response
