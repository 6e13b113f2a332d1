"""Deep skin is lit, and no cheek of it glows: no side is lifted far beyond the face's own brightness."""

import numpy as np
import pytest

from branding.look import LightRig
from generation.imaging import color
from generation.imaging.landmarks import face_unit, skin_region
from generation.imaging.lighting import estimate, relight, scene
from generation.imaging.rig import shrunk
from tests.imaging import people


@pytest.mark.parametrize("depth", [0.25, 0.5])
def test_the_lifted_side_stays_near_the_faces_own_brightness(depth: float) -> None:
    """A face of deep skin under a lamp from the left with a dark temple at the right, as hair throws it: a
    fit of all of it reads too little light at the right, whatever the cheek has."""
    master = people.master()
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    shape = (small.shape[0], small.shape[1])
    middle, unit = float(landmarks[1, 0]), face_unit(landmarks)
    across = (np.arange(shape[1]) - middle) / unit
    lamp = np.exp2(-0.8 * np.clip(across, -1, 1))
    temple = np.where(across > 0.42, 0.3, 1.0)
    lit = np.asarray(depth * small * (lamp * temple)[None, :, None], np.float32)
    skin = skin_region(landmarks, shape) > 0
    own = float(np.percentile(color.luminance(lit)[skin], 75))

    seen = scene.scene(lit, shrunk(master.alpha, small), landmarks)
    gain = relight.plan(seen, LightRig(key_azimuth_deg=35.0, rim=0.0)).gain

    after = color.luminance(np.asarray(lit * gain, np.float32))
    cheek = skin & (across > 0.1)[None, :] & (across < 0.4)[None, :]
    assert float(np.median(gain[..., 1][cheek])) > 1.15
    assert float(np.percentile(after[cheek], 90)) < 1.25 * own
