"""The person's own colour where the old backdrop shines through."""

import cv2
import numpy as np
from pymatting import estimate_foreground_ml

from generation.imaging import codes, color
from generation.imaging.matting.sampling import sampled
from generation.imaging.types import SRGB8, Alpha, LinearRGB


def foreground(small: SRGB8, small_alpha: Alpha, pixels: SRGB8, alpha: Alpha) -> LinearRGB:
    """(H, W, 3) linear foreground without spill, as a stored master keeps it (see `codes.settle`).

    Multi-level foreground estimation (Germer et al. 2020) at the small size, then one step of the
    blur-fusion update (Forte 2021) at full size: what the estimate does not explain of the picture
    goes to the foreground in proportion to alpha, so strands keep their detail. Only the edge needs
    that: inside, the picture itself is the foreground, and outside nobody sees it. So it stays in the
    photo's 8 bits but for the edge.
    """
    fore, back = estimate_foreground_ml(color.srgb8_to_linear(small), small_alpha, return_background=True)
    edge = (alpha > 0) & (alpha < 1)
    a, seen = alpha[edge][:, None], color.srgb8_to_linear(pixels[edge])
    both = sampled(np.concatenate([fore, back], axis=2), edge)
    near = both[:, :3]
    near += a * (seen - a * near - (1 - a) * both[:, 3:])
    near += np.clip((a - 0.9) / 0.1, 0, 1) * (seen - near)
    size = (pixels.shape[1], pixels.shape[0])
    code = cv2.resize(color.linear_to_srgb8(fore), size, interpolation=cv2.INTER_LINEAR)
    cv2.copyTo(pixels, (alpha >= 1).astype(np.uint8), code)
    out = codes.decode_8(np.asarray(code, np.uint8))
    out[edge] = codes.decode_16(codes.encode_16(np.clip(near, 0.0, 1.0)))
    return out
