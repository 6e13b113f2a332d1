"""The person's own colour where the old backdrop shines through."""

import cv2
import numpy as np
from pymatting import estimate_foreground_ml

from generation.imaging.types import Alpha, LinearRGB


def foreground(small: LinearRGB, small_alpha: Alpha, image: LinearRGB, alpha: Alpha) -> LinearRGB:
    """(H, W, 3) linear foreground without spill.

    Multi-level foreground estimation (Germer et al. 2020) at the small size, then one step of the
    blur-fusion update (Forte 2021) at full size: what the estimate does not explain of the picture
    goes to the foreground in proportion to alpha, so strands keep their detail.
    """
    fore, back = estimate_foreground_ml(
        small.astype(np.float64), small_alpha.astype(np.float64), return_background=True
    )
    full = (image.shape[1], image.shape[0])
    fore = cv2.resize(fore.astype(np.float32), full, interpolation=cv2.INTER_LINEAR)
    back = cv2.resize(back.astype(np.float32), full, interpolation=cv2.INTER_LINEAR)
    a = alpha[..., None]
    left_over = image - a * fore - (1 - a) * back
    out = fore + a * left_over
    sure = np.clip((a - 0.9) / 0.1, 0, 1)
    return np.asarray(np.clip(out + sure * (image - out), 0.0, 1.0).astype(np.float32), np.float32)
