"""What a new style can start from: four industries, or blank."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from branding.look import STARTERS, Backdrop, Framing, Grade, LightRig, Look

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Starter:
    """A look with the words that introduce it."""

    key: str
    name: "StrOrPromise"
    about: "StrOrPromise"
    look: Look


# Nothing decided yet: even light from the front, an untextured mid-light grey, no grade and no words.
BLANK: Final = Look(
    backdrop=Backdrop(kind="solid", color="#d2d2d2", color_edge="#b4b4b4", vignette=0.0, texture=0.0),
    light=LightRig(key_azimuth_deg=0.0, key_elevation_deg=20.0, key_fill_ratio=1.2, rim=0.0, strength=0.6),
    framing=Framing(),
    grade=Grade(contrast=0.0),
    retouch=0.0,
    wardrobe="",
    mood="",
)
START: Final[dict[str, Starter]] = {
    starter.key: starter
    for starter in (
        Starter(
            "corporate",
            _("Corporate Executive"),
            _("Cool grey pool of light, clear key from the right, calm contrast."),
            STARTERS["corporate"],
        ),
        Starter(
            "creative",
            _("Creative Professional"),
            _("Warm paper, key from the left, a little closer."),
            STARTERS["creative"],
        ),
        Starter(
            "healthcare",
            _("Healthcare"),
            _("Bright and clean, soft even light."),
            STARTERS["healthcare"],
        ),
        Starter(
            "legal",
            _("Legal"),
            _("Dark painted canvas, modelled light, a bright rim."),
            STARTERS["legal"],
        ),
        Starter("blank", _("Blank"), _("Plain grey and even light: decide everything yourself."), BLANK),
    )
}
