"""Rendition presets: what each directory wants. Plain values, no rows."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Preset:
    """One delivery form. `width_px`/`height_px` None keep the master's size."""

    key: str
    label: str
    width_px: int | None
    height_px: int | None
    format: Literal["jpeg", "png"]
    # Larger files are compressed further until they fit; None has no limit.
    max_bytes: int | None = None
    # Where the eyes stand in a crop of another shape, as a fraction of its height; None keeps the Look's.
    eye_line: float | None = None
    note: str = ""


PRESETS: dict[str, Preset] = {
    preset.key: preset
    for preset in (
        # Microsoft Graph keeps 648×648 as the largest profile photo and refuses more than 4 MB.
        Preset("microsoft365", "Microsoft 365", 648, 648, "jpeg", 4_000_000, 0.42, str(_("Profile photo"))),
        # Slack: users.setPhoto takes a square of at least 512, shows up to 1024.
        Preset("slack", "Slack", 1024, 1024, "jpeg", None, 0.42, str(_("Profile photo"))),
        Preset("web", "Website card", 800, 1000, "jpeg", None, None, str(_("Team page, 4:5"))),
        Preset("master", "Master", None, None, "png", None, None, str(_("Full size, lossless"))),
    )
}
