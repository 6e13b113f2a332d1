"""Small differences between candidates of one photo, all inside what the style tolerates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from branding.look import EYE_CENTERS, HEAD_HEIGHTS, Framing, LightRig

# What a team is held to is 1.5 % of the frame's height for the head and 0.5 % for the eye line: the eye line
# stays where the style has it, and the head keeps two thirds of its bound for what readings differ by.
_HEAD_HEIGHT: Final = 0.005
# Sideways nobody holds a team to a number; a wall still looks straight within this share of the width.
_EYE_CENTER: Final = 0.020
# A third of the 12 degrees that the key may lie off the rig, and changes of ratio, height and rim that a
# photographer makes between two frames without touching the set.
_AZIMUTH_DEG: Final = 4.0
_ELEVATION_DEG: Final = 8.0
_RATIO: Final = 0.20
_RIM: Final = 0.20
# Shares of those, in the order in which they differ most from each other: head, sideways, azimuth,
# elevation, ratio, rim.
_STEPS: Final = (
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (0.8, -1.0, 0.5, 0.5, 1.0, 1.0),
    (-0.8, 1.0, -0.5, -0.5, -1.0, -0.5),
    (0.0, -0.6, -1.0, 1.0, -0.6, 0.5),
    (1.0, 0.6, 1.0, -1.0, 0.6, -0.5),
    (-1.0, -1.0, 0.0, -0.6, 0.3, 1.0),
    (0.4, 1.0, 0.3, 0.8, -0.3, 0.3),
)
# Names under which a candidate tells its variation; stored with it, so they stay.
NAMES: Final = {"head": "crop", "shift": "shift", "azimuth_deg": "key_azimuth_deg",
                 "elevation_deg": "key_elevation_deg", "ratio": "key_fill", "rim": "rim",
                 "exposure_ev": "exposure_ev"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variation:
    """Offsets to the look. `head` is added to the head's height (of the frame's), `shift` to the eyes'
    place sideways, the angles to the key, `rim` to the rim; `ratio` is a share of the key's excess over fill.
    `exposure_ev` is stops more or less light on the person, never on the backdrop: only what a person asks
    for (`imaging.nudge`).
    """

    head: float = 0.0
    shift: float = 0.0
    azimuth_deg: float = 0.0
    ratio: float = 0.0
    elevation_deg: float = 0.0
    rim: float = 0.0
    exposure_ev: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether this is the look itself."""
        return self == Variation()

    @property
    def relit(self) -> bool:
        """Whether the light differs from the look's."""
        return any((self.azimuth_deg, self.ratio, self.elevation_deg, self.rim))

    def framing(self, framing: Framing) -> Framing:
        """The framing with this variation's offsets, kept inside the field's ranges."""
        return framing.model_copy(
            update={
                "head_height": float(np.clip(framing.head_height + self.head, *HEAD_HEIGHTS)),
                "eye_center": float(np.clip(framing.eye_center + self.shift, *EYE_CENTERS)),
            }
        )

    def light(self, rig: LightRig) -> LightRig:
        """The rig with this variation's offsets, kept inside the field's ranges."""
        if not self.relit:
            return rig
        return rig.model_copy(
            update={
                "key_azimuth_deg": float(np.clip(rig.key_azimuth_deg + self.azimuth_deg, -80, 80)),
                "key_elevation_deg": float(np.clip(rig.key_elevation_deg + self.elevation_deg, 0, 75)),
                "key_fill_ratio": float(np.clip(1 + (rig.key_fill_ratio - 1) * (1 + self.ratio), 1, 4)),
                "rim": float(np.clip(rig.rim + self.rim, 0, 1)),
            }
        )

    def told(self) -> dict[str, float]:
        """As JSON; empty for the look itself. The exposure only where there is one."""
        if self.plain:
            return {}
        names = {field: name for field, name in NAMES.items() if field != "exposure_ev" or self.exposure_ev}
        return {name: round(getattr(self, field), 4) for field, name in names.items()}

    @classmethod
    def read(cls, told: Mapping[str, Any], *, framed: bool = True) -> "Variation":
        """The inverse of `told`; unknown keys are ignored. Without `framed` only its light."""
        found = {field: float(told.get(name, 0.0)) for field, name in NAMES.items()}
        return cls(**(found if framed else found | {"head": 0.0, "shift": 0.0}))


def variations(count: int, seed: int) -> list[Variation]:
    """`count` variations, the plain look first; the same seed gives the same ones."""
    rng = np.random.default_rng(seed)
    sign = 1.0 if seed % 2 == 0 else -1.0
    out = []
    for index in range(count):
        shares = _STEPS[index] if index < len(_STEPS) else tuple(sign * rng.uniform(-1, 1, 6))
        head, shift, azimuth, elevation, ratio, rim = (sign * float(share) for share in shares)
        out.append(
            Variation(
                head=round(head * _HEAD_HEIGHT, 4),
                shift=round(shift * _EYE_CENTER, 4),
                azimuth_deg=round(azimuth * _AZIMUTH_DEG, 2),
                ratio=round(ratio * _RATIO, 3),
                elevation_deg=round(elevation * _ELEVATION_DEG, 2),
                rim=round(abs(rim) * _RIM, 3),
            )
        )
    return out
