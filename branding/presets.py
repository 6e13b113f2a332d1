"""Rendition presets: what each directory wants. Plain values, no rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Preset:
    """One delivery form. `width_px`/`height_px` None keep the master's size."""

    key: str
    label: "StrPromise | str"
    width_px: int | None
    height_px: int | None
    format: Literal["jpeg", "png"]
    # Larger files are compressed further until they fit; None has no limit.
    max_bytes: int | None = None
    # In another shape than the Look's: where the eyes stand, and from there to the chin, as fractions of
    # the height. None keeps what the Look says.
    eye_line: float | None = None
    head_height: float | None = None
    note: "StrPromise | str" = ""

    @property
    def suffix(self) -> str:
        """The file name's ending."""
        return "jpg" if self.format == "jpeg" else "png"

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels; None keeps the picture's own."""
        return (self.width_px, self.height_px) if self.width_px and self.height_px else None


# A square has less room above and beside a head than 4:5: the widest head that still leaves hair and chin
# clear of the circle that directories cut out of it.
SQUARE_EYES, SQUARE_HEAD = 0.48, 0.35


PRESETS: dict[str, Preset] = {
    preset.key: preset
    for preset in (
        # Microsoft Graph keeps 648×648 as the largest profile photo and refuses more than 4 MB.
        Preset(
            "microsoft365",
            "Microsoft 365",
            648,
            648,
            "jpeg",
            4_000_000,
            SQUARE_EYES,
            SQUARE_HEAD,
            _("Profile photo, shown in a circle"),
        ),
        # Slack: users.setPhoto takes a square of at least 512, shows up to 1024.
        Preset("slack", "Slack", 1024, 1024, "jpeg", None, SQUARE_EYES, SQUARE_HEAD, _("Profile photo")),
        Preset("web", _("Website card"), 800, 1000, "jpeg", note=_("Team page, 4:5")),
        Preset("master", _("Master"), None, None, "png", note=_("Full size, lossless, for print")),
    )
}
