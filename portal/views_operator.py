"""What the operator sees: who runs this installation, across companies."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from generation.imaging.errors import EngineError
from generation.imaging.messages import told
from generation.imaging.models.configured import store
from generation.imaging.models.store import ModelState
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
        request, "portal/operator_models.html", {"rows": rows, "trouble": trouble, "root": places.root}
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
