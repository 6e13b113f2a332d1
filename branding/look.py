"""The Look: what a brand style says about a picture, as plain validated values.

No Django here: `generation.imaging` imports this module and must stay importable without a
settings module. A Look is frozen; a StyleVersion stores `look.model_dump(mode="json")`.
"""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from branding.words import guarded_word


def _about_clothes_and_light(text: str) -> str:
    """Words of a style never describe the person; see `branding.words`."""
    found = guarded_word(text)
    if found:
        word, kind = found
        raise PydanticCustomError("guarded_word", "leave out “{word}”", {"word": word, "kind": kind})
    return text


Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Strength = Annotated[float, Field(ge=0.0, le=1.5)]
Signed = Annotated[float, Field(ge=-1.0, le=1.0)]
# The sha256 of an uploaded file, or nothing: the same id is the same bytes for ever.
ContentId = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
HexColor = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Words = Annotated[str, Field(max_length=300), AfterValidator(_about_clothes_and_light)]


class Part(BaseModel):
    """Base of every part of a Look: frozen, and unknown keys are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Backdrop(Part):
    """What stands behind the person. `color` is the sRGB colour at the backdrop's brightest part."""

    kind: Literal["solid", "gradient", "paper", "canvas", "office"] = "gradient"
    color: HexColor = "#c9ced6"
    # Outer colour of a gradient and a canvas; ignored by the other kinds.
    color_edge: HexColor = "#8f97a3"
    vignette: Fraction = 0.15
    texture: Fraction = 0.35
    # The rest is for an office, an uploaded picture out of focus. Its content id:
    image: ContentId = Field("", validate_default=True)
    # Diameter of the lens's disc of confusion; at 1 a twelfth of the frame's height, at 0 all is sharp.
    blur: Fraction = 0.45
    # The place of the picture that stays in the middle of the frame, as far as its edges allow.
    focus_x: Fraction = 0.5
    focus_y: Fraction = 0.5
    # To match the picture to the person's light: stops, amber (+) or blue, magenta (+) or green.
    exposure_ev: float = Field(0.0, ge=-2.0, le=2.0)
    warmth: Signed = 0.0
    tint: Signed = 0.0

    @field_validator("image")
    @classmethod
    def _needs_image(cls, image: str, info: ValidationInfo) -> str:
        if info.data.get("kind") == "office" and not image:
            raise PydanticCustomError("no_image", "an office needs an uploaded picture")
        return image


class LightRig(Part):
    """The brand's light. Azimuth is positive to the camera's right, elevation upwards."""

    key_azimuth_deg: float = Field(35.0, ge=-80.0, le=80.0)
    key_elevation_deg: float = Field(30.0, ge=0.0, le=75.0)
    # Luminance of the key side over the shadow side of a matte sphere's equator.
    key_fill_ratio: float = Field(1.8, ge=1.0, le=4.0)
    rim: Fraction = 0.15
    temperature_k: float = Field(5600.0, ge=3000.0, le=9000.0)
    # How far the person's own light is moved towards the rig: 0 leaves it, 1 moves all of it.
    strength: Fraction = 1.0


# How large a head may be, and where its eyes may stand sideways; what varies a framing asks as well.
HEAD_HEIGHTS: Final = (0.10, 0.35)
EYE_CENTERS: Final = (0.35, 0.65)


class Framing(Part):
    """Where the head stands. Heights are fractions of the frame's height."""

    # Midpoint between the eyes, measured from the top.
    eye_line: float = Field(0.50, ge=0.25, le=0.60)
    # Midpoint between the eyes down to the chin.
    head_height: float = Field(0.34, ge=HEAD_HEIGHTS[0], le=HEAD_HEIGHTS[1])
    # Horizontal place of the middle of the face; of one that looks straight ahead, between the eyes.
    eye_center: float = Field(0.50, ge=EYE_CENTERS[0], le=EYE_CENTERS[1])


class Grade(Part):
    """Colour after the composite."""

    exposure_ev: float = Field(0.0, ge=-1.0, le=1.0)
    # The brightness that becomes white: below 1 whites come sooner, above 1 they stay short of it.
    white_point: float = Field(1.0, ge=0.8, le=1.25)
    contrast: float = Field(0.15, ge=-0.5, le=0.6)
    # How early and softly bright parts roll off towards white, and how far dark parts are opened.
    highlights: Fraction = 0.0
    shadows: Fraction = 0.0
    saturation: float = Field(0.0, ge=-1.0, le=0.5)
    # Content id of an uploaded `.cube` table, and how much of it is mixed in.
    lut: ContentId = ""
    lut_strength: Fraction = 1.0


class ControlWeights(Part):
    """How firmly a generated picture follows the person's own photo, by what is taken from it.

    0 leaves a condition out; above 1 it overrules the words.
    """

    # Head, shoulders and face points, moved to the style's framing.
    pose: Strength = 0.9
    # Shape of head and body.
    depth: Strength = 0.5
    # Edges: features and outline, but clothes too, hence the lowest.
    canny: Strength = 0.25
    # Share of the steps after which the conditions let go, so that cloth and light settle freely.
    until: float = Field(0.8, ge=0.1, le=1.0)


# Reference pictures of a style; the adapter that follows them takes their mean.
MOST_REFERENCES = 4


class EngineOptions(Part):
    """How an engine that generates works; the studio has nothing to decide here."""

    # `preview` takes few steps with a scheduler made for that, and no second pass.
    quality: Literal["preview", "final"] = "final"
    steps: int = Field(30, ge=20, le=50)
    guidance: float = Field(5.0, ge=1.0, le=12.0)
    # DPM-Solver++ 2M SDE or UniPC, both with Karras' noise levels.
    sampler: Literal["dpm++ sde", "unipc"] = "dpm++ sde"
    control: ControlWeights = Field(default_factory=ControlWeights)
    # How strongly the person's photos, and the style's reference pictures, condition the picture.
    identity: Strength = 0.8
    style: Strength = 0.4
    # Content ids of pictures whose colour and light are wanted; without any, the studio's own picture.
    references: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = Field(
        (), max_length=MOST_REFERENCES
    )
    # How much of the picture is drawn anew: 1 starts from noise, less from the person before the plate.
    strength: float = Field(0.7, ge=0.02, le=1.0)
    # The same for the second pass at full size; 0 leaves the second pass out.
    refine: float = Field(0.3, ge=0.0, le=0.6)
    # Further rounds with other seeds for pictures that failed a gate.
    retries: int = Field(2, ge=0, le=5)


EngineName = Literal["studio", "sdxl", "edit", "wardrobe"]


class Look(Part):
    """Everything a style decides about a picture."""

    backdrop: Backdrop = Field(default_factory=Backdrop)
    light: LightRig = Field(default_factory=LightRig)
    framing: Framing = Field(default_factory=Framing)
    grade: Grade = Field(default_factory=Grade)
    # Temporary blemishes only; 0 leaves the skin alone.
    retouch: Fraction = 0.2
    wardrobe: Words = "business casual"
    mood: Words = "confident, approachable"
    engine: EngineName = "studio"
    engine_options: EngineOptions = Field(default_factory=EngineOptions)

    def files(self) -> dict[tuple[str, str], str]:
        """Content ids of the uploaded files that its pictures need, by where the look names them."""
        found = {}
        if self.backdrop.kind == "office":
            found["backdrop", "image"] = self.backdrop.image
        if self.grade.lut:
            found["grade", "lut"] = self.grade.lut
        for at, key in enumerate(self.engine_options.references):
            found["engine_options", f"references.{at}"] = key
        return found


# Industry starters offered when a style is created; also the names `headshots --style` knows.
STARTERS: dict[str, Look] = {
    "corporate": Look(),
    "creative": Look(
        backdrop=Backdrop(kind="paper", color="#d8cfc4", color_edge="#b9ac9c", vignette=0.2),
        light=LightRig(key_azimuth_deg=-40.0, key_fill_ratio=2.2, rim=0.25, temperature_k=5200.0),
        framing=Framing(eye_line=0.49, head_height=0.34),
        grade=Grade(contrast=0.2),
        wardrobe="smart casual, plain colours",
        mood="warm, curious",
    ),
    "healthcare": Look(
        backdrop=Backdrop(kind="gradient", color="#e9f0f2", color_edge="#c3d3d8", vignette=0.08),
        light=LightRig(key_azimuth_deg=25.0, key_fill_ratio=1.4, rim=0.1, temperature_k=5800.0),
        grade=Grade(contrast=0.1),
        wardrobe="scrubs or white coat",
        mood="calm, kind",
    ),
    "legal": Look(
        backdrop=Backdrop(kind="canvas", color="#5b6470", color_edge="#2f363f", vignette=0.35),
        light=LightRig(key_azimuth_deg=40.0, key_fill_ratio=2.4, rim=0.3, temperature_k=5400.0),
        framing=Framing(eye_line=0.49, head_height=0.33),
        grade=Grade(contrast=0.22),
        wardrobe="dark suit",
        mood="composed, attentive",
    ),
}
