"""Small differences between candidates of one photo, all inside what the style tolerates."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from branding.look import Framing, LightRig

# Half of the bounds that team consistency is held to (0.5 % eye line, 1.5 % head height, 12 degrees),
# so that a variation still measures as the style.
_EYE_LINE: Final = 0.0015
_HEAD_HEIGHT: Final = 0.008
_EYE_CENTER: Final = 0.012
_AZIMUTH_DEG: Final = 4.0
_RATIO: Final = 0.08
_STEPS: Final = ((0, 0, 0, 0), (1, -1, 0.6, 1), (-1, 1, -0.6, -1), (1, 1, -1, 0), (-1, -1, 1, 0.5))


@dataclass(frozen=True, slots=True)
class Variation:
    """Offsets to the look: tighter (+) or wider (-) head, horizontal shift, key direction and ratio."""

    head: float = 0.0
    shift: float = 0.0
    azimuth_deg: float = 0.0
    ratio: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether this is the look itself."""
        return self == Variation()

    def framing(self, framing: Framing) -> Framing:
        """The framing with this variation's offsets, kept inside the field's ranges."""
        return framing.model_copy(
            update={
                "head_height": float(np.clip(framing.head_height * (1 + self.head), 0.10, 0.35)),
                "eye_center": float(np.clip(framing.eye_center + self.shift, 0.35, 0.65)),
                "eye_line": float(np.clip(framing.eye_line + np.sign(self.head) * _EYE_LINE, 0.25, 0.60)),
            }
        )

    def light(self, rig: LightRig) -> LightRig:
        """The rig with this variation's offsets."""
        return rig.model_copy(
            update={
                "key_azimuth_deg": float(np.clip(rig.key_azimuth_deg + self.azimuth_deg, -80, 80)),
                "key_fill_ratio": float(np.clip(1 + (rig.key_fill_ratio - 1) * (1 + self.ratio), 1, 4)),
            }
        )


def variations(count: int, seed: int) -> list[Variation]:
    """`count` variations, the plain look first; the same seed gives the same ones."""
    rng = np.random.default_rng(seed)
    sign = 1.0 if seed % 2 == 0 else -1.0
    out = []
    for index in range(count):
        if index < len(_STEPS):
            head, shift, azimuth, ratio = (sign * value for value in _STEPS[index])
        else:
            head, shift, azimuth, ratio = rng.uniform(-1, 1, 4)
        out.append(
            Variation(head * _HEAD_HEIGHT, shift * _EYE_CENTER, azimuth * _AZIMUTH_DEG, ratio * _RATIO)
        )
    return out
