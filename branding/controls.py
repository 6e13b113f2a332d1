"""The controls of a Look in the photographer's words: one table for forms, differences and captions.

Bounds come from `branding.look`, which decides them; here stand label, unit and the size of a step.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from annotated_types import Ge, Le
from django.utils.formats import number_format
from django.utils.text import format_lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from branding import engines
from branding.look import Look

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise as Text
else:
    Text = Any
Kind = Literal["number", "color", "choice", "words", "picture", "table"]
# Names of uploaded files by content id.
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Control:
    """One value of a Look. `scale` turns the stored number into the shown one (0.15 → 15 %)."""

    path: tuple[str, ...]
    label: Text
    kind: Kind = "number"
    unit: str = ""
    scale: int = 1
    step: str = "1"
    help: Text = ""
    # What the two ends of a slider mean, where the number alone does not say it.
    ends: tuple[Text, Text] | None = None
    # The kinds of backdrop that use it; empty for all.
    only: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The form field and query parameter."""
        return "_".join(self.path)

    @property
    def field(self) -> FieldInfo:
        """The pydantic field that decides what is allowed."""
        model: type[BaseModel] = Look
        for step in self.path[:-1]:
            annotation = model.model_fields[step].annotation
            assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
            model = annotation
        return model.model_fields[self.path[-1]]

    @property
    def bounds(self) -> tuple[str, str]:
        """Lowest and highest shown number, as they are typed."""
        low = next(meta.ge for meta in self.field.metadata if isinstance(meta, Ge))
        high = next(meta.le for meta in self.field.metadata if isinstance(meta, Le))
        return self.shown(low), self.shown(high)  # type: ignore[arg-type]

    @property
    def options(self) -> tuple[str, ...]:
        """The values of a choice."""
        return get_args(self.field.annotation)

    def value(self, look: Look) -> Any:
        """This control's value in a look."""
        value: Any = look
        for step in self.path:
            value = getattr(value, step)
        return value

    def shown(self, value: float) -> str:
        """A stored number as it is typed into the form: 0.15 → "15". Exact, see `stored`."""
        number = (Decimal(repr(float(value))) * self.scale).normalize()
        return format(number + 0, "f")

    def stored(self, number: Decimal) -> float:
        """The inverse of `shown`, exactly: a look that goes through the form is the same look."""
        return float(number / self.scale)

    def words(self, value: Any, names: Names | None = None) -> str:
        """A value as a person would say it; `names` knows what uploaded files are called."""
        if self.kind == "choice":
            return str(KINDS[value])
        if self.kind in ("picture", "table"):
            return (names or {}).get(value, gettext("a deleted file")) if value else gettext("none")
        if self.kind == "words":
            return value or gettext("nothing")
        if self.kind == "color":
            return str(value)
        if self.path == ("light", "key_azimuth_deg"):
            return _side(value)
        shown = number_format(self.shown(round(value, 6)))
        return f"{shown}{self.unit}" if self.unit in {"°", ":1"} else f"{shown} {self.unit}".strip()


def _side(azimuth_deg: float) -> str:
    degrees = format(Decimal(repr(abs(float(azimuth_deg)))).normalize() + 0, "f")
    if azimuth_deg == 0:
        return gettext("straight from the camera")
    side = (
        gettext("%(degrees)s° right of the camera")
        if azimuth_deg > 0
        else gettext("%(degrees)s° left of the camera")
    )
    return side % {"degrees": number_format(degrees)}


KINDS: Final[dict[str, Text]] = {
    "solid": pgettext_lazy("backdrop", "Plain colour"),
    "gradient": pgettext_lazy("backdrop", "Pool of light"),
    "paper": pgettext_lazy("backdrop", "Paper roll"),
    "canvas": pgettext_lazy("backdrop", "Painted canvas"),
    "office": pgettext_lazy("backdrop", "Room"),
}
PERCENT: Final = "%"


_PLAIN: Final = ("solid", "gradient", "paper", "canvas")
_ROOM: Final = ("office",)


def _percent(
    *path: str,
    label: Text,
    help: Text = "",
    ends: tuple[Text, Text] | None = None,
    only: tuple[str, ...] = (),
) -> Control:
    return Control(path, label, unit=PERCENT, scale=100, help=help, ends=ends, only=only)


@dataclass(frozen=True, slots=True)
class Group:
    """Controls that a photographer sets together."""

    key: str
    label: Text
    controls: tuple[Control, ...]


GROUPS: Final = (
    Group(
        "backdrop",
        _("Backdrop"),
        (
            Control(("backdrop", "kind"), _("Kind"), "choice"),
            Control(
                ("backdrop", "color"),
                _("Colour"),
                "color",
                help=_("Behind the head, where it is brightest."),
                only=_PLAIN,
            ),
            Control(
                ("backdrop", "color_edge"),
                _("Colour at the edge"),
                "color",
                help=_("Towards the corners."),
                only=("gradient", "canvas"),
            ),
            Control(("backdrop", "image"), _("Picture of the room"), "picture", only=_ROOM),
            _percent(
                "backdrop",
                "blur",
                label=_("Depth of field"),
                help=_("How far the lens throws the room out of focus."),
                ends=(_("sharp"), _("soft")),
                only=_ROOM,
            ),
            _percent("backdrop", "focus_x", label=_("Middle, sideways"), only=_ROOM),
            _percent("backdrop", "focus_y", label=_("Middle, up and down"), only=_ROOM),
            Control(
                ("backdrop", "exposure_ev"),
                _("Brightness of the room"),
                unit="EV",
                step="0.05",
                ends=(_("darker"), _("brighter")),
                only=_ROOM,
            ),
            Control(
                ("backdrop", "warmth"),
                _("Warmth of the room"),
                scale=100,
                ends=(_("blue"), _("amber")),
                only=_ROOM,
            ),
            Control(
                ("backdrop", "tint"),
                _("Tint of the room"),
                scale=100,
                ends=(_("green"), _("magenta")),
                only=_ROOM,
            ),
            _percent("backdrop", "vignette", label=_("Vignette"), help=_("Darkens the corners.")),
            _percent("backdrop", "texture", label=_("Texture"), only=("paper", "canvas")),
        ),
    ),
    Group(
        "light",
        _("Light"),
        (
            Control(
                ("light", "key_azimuth_deg"),
                _("Key light, sideways"),
                unit="°",
                help=_("Positive is the camera's right."),
                ends=(_("left"), _("right")),
            ),
            Control(
                ("light", "key_elevation_deg"), _("Key light, height"), unit="°", help=_("Above the eyes.")
            ),
            Control(
                ("light", "key_fill_ratio"),
                _("Key to fill"),
                unit=":1",
                step="0.1",
                help=_("How much brighter the lit side of the face is."),
                ends=(_("flat"), _("dramatic")),
            ),
            _percent("light", "rim", label=_("Rim light"), help=_("A bright line along hair and shoulders.")),
            Control(
                ("light", "temperature_k"),
                _("Colour temperature"),
                unit="K",
                step="50",
                ends=(_("warm"), _("cool")),
            ),
            _percent(
                "light",
                "strength",
                label=_("Strength"),
                help=_("How far each person's own light is moved towards this rig."),
                ends=(_("as photographed"), _("all the way")),
            ),
        ),
    ),
    Group(
        "framing",
        _("Framing"),
        (
            Control(
                ("framing", "eye_line"),
                _("Eye line"),
                unit=PERCENT,
                scale=100,
                step="0.5",
                help=_("From the top of the frame down to the eyes."),
            ),
            Control(
                ("framing", "head_height"),
                _("Head height"),
                unit=PERCENT,
                scale=100,
                step="0.5",
                help=_("From the eyes to the chin, of the frame's height."),
            ),
            Control(
                ("framing", "eye_center"),
                _("Sideways"),
                unit=PERCENT,
                scale=100,
                step="0.5",
                help=_("50 % is the middle of the frame."),
            ),
        ),
    ),
    Group(
        "grade",
        _("Grade"),
        (
            Control(
                ("grade", "exposure_ev"),
                _("Exposure"),
                unit="EV",
                step="0.05",
                ends=(_("darker"), _("brighter")),
            ),
            _percent(
                "grade",
                "white_point",
                label=_("White point"),
                help=_("The brightness that becomes white."),
                ends=(_("whiter"), _("greyer")),
            ),
            _percent("grade", "contrast", label=_("Contrast"), ends=(_("soft"), _("hard"))),
            _percent(
                "grade",
                "highlights",
                label=_("Highlight roll-off"),
                help=_("Keeps detail in bright shirts and walls."),
            ),
            _percent("grade", "shadows", label=_("Open shadows"), help=_("Keeps detail in dark suits.")),
            _percent(
                "grade",
                "saturation",
                label=_("Saturation"),
                help=_("Skin is protected."),
                ends=(_("black and white"), _("vivid")),
            ),
            Control(
                ("grade", "lut"),
                _("Colour table"),
                "table",
                help=_("A .cube file of your agency or photographer. Skin is protected."),
            ),
            _percent("grade", "lut_strength", label=_("Strength of the table")),
        ),
    ),
    Group(
        "retouch",
        _("Retouch"),
        (
            _percent(
                "retouch",
                label=_("Blemishes"),
                help=_("Temporary ones only. Moles, scars, freckles and lines always stay."),
                ends=(_("left alone"), _("softened")),
            ),
        ),
    ),
    Group(
        "words",
        _("Wardrobe and mood"),
        (
            Control(("wardrobe",), _("Wardrobe"), "words", help=_("What people should wear.")),
            Control(("mood",), _("Mood"), "words", help=_("The expression you are looking for.")),
        ),
    ),
)


def controls() -> Iterator[Control]:
    """All controls in the order of the editor."""
    for group in GROUPS:
        yield from group.controls


def by_path(path: tuple[Any, ...]) -> Control | None:
    """The control of a pydantic error's location."""
    return next((control for control in controls() if control.path == path), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """One control that two looks set differently. Colours also come as hex for a swatch."""

    group: Text
    label: Text
    before: str
    after: str
    is_color: bool

    @property
    def sentence(self) -> Text:
        """“Vignette from 15 % to 20 %”."""
        return format_lazy(
            _("{label} from {before} to {after}"), label=self.label, before=self.before, after=self.after
        )


def differences(before: Look, after: Look, names: Names | None = None) -> list[Difference]:
    """What changed between two looks, in the order of the editor; `names` of uploaded files by content id."""
    found = [
        Difference(
            group.label,
            item.label,
            item.words(item.value(before), names),
            item.words(item.value(after), names),
            item.kind == "color",
        )
        for group in GROUPS
        for item in group.controls
        if item.value(before) != item.value(after)
    ]
    if before.engine != after.engine:
        words = str(engines.WORDS[before.engine]), str(engines.WORDS[after.engine])
        found.append(Difference(_("Engine"), _("How pictures are made"), *words, is_color=False))
    if before.engine_options.references != after.engine_options.references:
        was, now = (_called(look.engine_options.references, names) for look in (before, after))
        found.append(Difference(_("Engine"), _("Reference pictures"), was, now, is_color=False))
    return found


def _called(keys: Iterable[str], names: Names | None) -> str:
    """The names of uploaded files."""
    told = [(names or {}).get(key, gettext("a deleted file")) for key in keys]
    return ", ".join(told) or gettext("none")
