"""What the operator sees: who runs this installation, across companies."""

import math
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_safe

from generation.imaging.errors import EngineError
from generation.imaging.messages import told
from generation.imaging.models.configured import store
from generation.imaging.models.store import ModelState
from portal.queuestate import collect
from teams.permissions import OPERATOR, access

_ROLES: Final = {
    "face": _("Finding faces"),
    "segmentation": _("Finding people"),
    "identity": _("Likeness"),
    "matte": _("Cutting out"),
    "upscale": _("Enlarging"),
    "base": _("Generating"),
    "vae": _("Generating: pixels"),
    "control": _("Generating: pose and depth"),
    "depth": _("Generating: depth"),
    "adapter": _("Generating: face and style"),
    "image encoder": _("Generating: looking at pictures"),
    "few steps": _("Generating: previews"),
    "edit": _("Editing"),
    "edit preview": _("Editing: previews"),
}
# Word, tone of the chip and icon of a state.
_STATES: Final = {
    "carried": (_("Always there"), "ok", "package-check"),
    "installed": (_("Installed"), "ok", "circle-check"),
    "missing": (_("Not installed"), "", "circle-dashed"),
    "partial": (_("Half installed"), "warn", "circle-dashed"),
    "changed": (_("Changed"), "bad", "triangle-alert"),
    "incomplete": (_("Incomplete"), "bad", "triangle-alert"),
}
_REFUSED: Final = {
    "model_licence": _("Switched off: needs a licence of your own"),
    "model_not_accepted": _("Licence not accepted yet"),
}


@access(OPERATOR)
def models(request: HttpRequest) -> HttpResponse:
    """The model table: name, role, licence, size, state."""
    places, trouble = store(), ""
    rows: list[dict[str, Any]] = []
    try:
        rows = [_row(places.state(name)) for name in places.table()]
    except EngineError as error:
        trouble = told(error)
    return render(
        request,
        "portal/operator_models.html",
        {"tab": "models", "rows": rows, "trouble": trouble, "root": places.root},
    )


def _row(state: ModelState) -> dict[str, Any]:
    entry = state.entry
    word, tone, icon = _STATES[state.state]
    return {
        "entry": entry,
        "role": gettext(_ROLES[entry.role]),
        "state": {"label": gettext(word), "tone": tone, "icon": icon},
        "refused": gettext(_REFUSED[state.refused]) if state.refused else "",
        "size": state.size_bytes or entry.needs.disk,
        "exact": bool(state.size_bytes),
        "revision": state.revision if state.state == "installed" else "",
        "accepted_by": state.accepted_by,
    }


# What makes the pictures of a queue, and what is done on the others.
_QUEUES: Final = {"studio": _("Own photos"), "gpu": _("Drawn")}
_JOBS: Final = {"intake": _("Photo checks"), "exports": _("Exports"), "mail": _("Mails")}
# Word, tone of the chip and icon of what a worker does.
_DOING: Final = {
    "starting": (_("Starting"), "", "loader"),
    "ready": (_("Ready"), "ok", "circle-check"),
    "busy": (_("Busy"), "info", "camera"),
    "stopping": (_("Stopping"), "", "circle-stop"),
    "silent": (_("Silent"), "bad", "triangle-alert"),
}
_MINUTES_FROM_S, _HOURS_FROM_S = 120, 7200


@access(OPERATOR)
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What `manage.py queues` says, renewed by itself."""
    seen = collect()
    context = {
        "tab": "queue",
        "queues": [_queue(name, state) for name, state in seen["shoots"].items()],
        "jobs": [(gettext(_JOBS.get(name, name)), count) for name, count in seen["jobs"].items()],
        "workers": [_worker(one) for one in seen["workers"]],
        "failures": sorted(seen["failures"].items()),
        "given_up": sum(seen["failures"].values()),
    }
    part = "#figures" if request.headers.get("HX-Request") else ""
    return render(request, f"portal/operator_queue.html{part}", context)


def _queue(name: str, state: dict[str, Any]) -> dict[str, Any]:
    takes = [f"{engine} {_time(seconds)}" for engine, seconds in state["shoot_takes_s"].items()]
    return {
        **state,
        "name": name,
        "label": gettext(_QUEUES.get(name, name)),
        "starts": _in(state["newcomer_starts_in_s"]),
        "takes": ", ".join(takes),
        "stuck": bool(state["waiting"]) and not state["workers"],
        "parts": [_part(part) for part in state["companies"]],
    }


def _part(part: dict[str, Any]) -> dict[str, Any]:
    percents = {name: round(100 * part[name]) for name in ("used", "entitled")}
    return {**part, **percents, "next": _in(part["next_s"]), "last": _in(part["last_s"])}


def _worker(one: dict[str, Any]) -> dict[str, Any]:
    word, tone, icon = _DOING.get(one["doing"], (one["doing"], "", "circle-dashed"))
    return {
        **one,
        "state": {"label": gettext(word), "tone": tone, "icon": icon},
        "heard": gettext("%s ago") % _time(one["heard_of_s"]),
        "mean": _time(one["mean_s"]),
    }


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < _MINUTES_FROM_S:
        return pgettext("seconds", "%d s") % round(seconds)
    if seconds < _HOURS_FROM_S:
        return pgettext("minutes", "%d min") % round(seconds / 60)
    return pgettext("hours", "%d h") % math.ceil(seconds / 3600)


def _in(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return gettext("now") if seconds < 1 else gettext("in %s") % _time(seconds)
