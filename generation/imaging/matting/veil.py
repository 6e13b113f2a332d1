"""What least squares leaves beside a person: faint, broad alpha where nobody was seen, which no strand is."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.landmarks import Landmarks, eye_middle, face_unit
from generation.imaging.matting.trimap import depths
from generation.imaging.types import Alpha

# A strand is narrower than twice this, a veil is not (eye-to-chin units).
_STRAND: Final = 0.03
# A veil begins that far outside of the segmenter's edge and is taken off whole from the second distance on.
_OUTSIDE: Final = (0.02, 0.05)
# A frayed edge of cloth likewise.
_FRAYED: Final = (0.015, 0.035)
# Up to the first of these a prior outside of the segmenter's edge says that the colours are not hers.
_LONG_HAIR: Final = (0.10, 0.30)
# What is at least as solid as the second of these is hair that the segmenter missed.
_FAINT: Final = (0.50, 0.75)
# Strands are expected down to the first of these below the eyes, cloth alone from the second on.
_CLOTH: Final = (0.95, 1.15)


def without_veil(alpha: Alpha, probability: Alpha, prior: Alpha, landmarks: Landmarks) -> Alpha:
    """`alpha` (h, w) without what is faint and broad where the segmenter sees nobody.

    That is its morphological opening. What stands out of it (the white top-hat of mathematical morphology;
    Serra 1982) are strands and stay as they are around the head; beside cloth they go too, unless `prior`,
    what `alpha.belief` says of segmenter and colours together, takes them for long hair.
    `probability` (h, w) is the segmenter's, `landmarks` the face's in the same pixels.
    """
    unit, (_, eye_y) = face_unit(landmarks), eye_middle(landmarks)
    cloth = _ramp((np.arange(alpha.shape[0], dtype=np.float32) - eye_y) / unit, _CLOTH)[:, None]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, round(_STRAND * unit)) + 1,) * 2)
    # A spike of the segmenter's own is a fold of what hangs behind: it sees no strands.
    person = cv2.morphologyEx((probability > 0.5).astype(np.uint8), cv2.MORPH_OPEN, disc)
    outside = depths(person == 0, unit)
    broad = cv2.morphologyEx(alpha, cv2.MORPH_OPEN, disc)
    faint = 1 - _ramp(broad, _FAINT)
    thin = cloth * _ramp(outside, _FRAYED) * (1 - _ramp(prior, _LONG_HAIR)) * (alpha - broad)
    return np.asarray(alpha - faint * (_ramp(outside, _OUTSIDE) * broad + thin), np.float32)


def _ramp(values: NDArray[Any], ends: tuple[float, float]) -> NDArray[np.float32]:
    """0 up to the first end, 1 from the second on."""
    return np.asarray(np.clip((values - ends[0]) / (ends[1] - ends[0]), 0, 1), np.float32)
