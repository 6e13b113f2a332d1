"""Small lists that the employee's pages show: the way, what photos show, sizes to download."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branding.presets import PRESETS, Preset
from generation.models import Headshot

# Five stand side by side on a phone: a label has about nine letters of room.
_WAY: Final = (
    ("consent", pgettext_lazy("step", "Agree")),
    ("photos", _("Photos")),
    ("making", _("Studio")),
    ("choose", pgettext_lazy("step", "Choose")),
    ("done", _("Done")),
)
_COVERAGE: Final = (
    ("front", _("Straight on"), "scan-face"),
    ("slight_left", _("Slightly left"), "arrow-left"),
    ("slight_right", _("Slightly right"), "arrow-right"),
    ("expression", _("Another expression"), "smile"),
)


def way(now: str) -> list[dict[str, str]]:
    """The stepper with the step `now`; empty for pages beside the way."""
    names = [name for name, _label in _WAY]
    if now not in names:
        return []
    at = names.index(now)
    states = ["done" if i < at else "now" if i == at else "next" for i in range(len(names))]
    return [{"label": str(row[1]), "state": state} for row, state in zip(_WAY, states, strict=True)]


def coverage(covered: tuple[str, ...]) -> list[dict[str, Any]]:
    """What a full set of photos shows, and which of it is there."""
    return [
        {"label": str(label), "icon": icon, "covered": part in covered} for part, label, icon in _COVERAGE
    ]


@dataclass(frozen=True, slots=True)
class Download:
    """One size of the approved picture."""

    key: str
    label: str
    note: str


def downloads(approved: Headshot) -> list[Download]:
    """The sizes that an employee may download."""
    candidate = approved.candidate
    return [
        Download(preset.key, str(preset.label), _note(preset, candidate.width_px, candidate.height_px))
        for preset in PRESETS.values()
    ]


def _note(preset: Preset, width_px: int, height_px: int) -> str:
    width, height = preset.size or (width_px, height_px)
    return f"{preset.note} · {width} × {height} · {preset.format.upper()}"
