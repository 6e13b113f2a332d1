"""A lifted side keeps its black hair: lifted with the skin it would be grey haze before a bright backdrop."""

import cv2
import numpy as np

from branding.look import LightRig
from generation.imaging import color
from generation.imaging.landmarks import FACE_OVAL, face_unit, region
from generation.imaging.lighting import estimate, relight, scene
from generation.imaging.rig import shrunk
from tests.imaging import people


def test_the_shadow_side_is_lifted_and_its_black_hair_is_not() -> None:
    master = people.master()
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    shape = (small.shape[0], small.shape[1])
    # A lamp from the camera's left: two stops darker from one side of the face to the other.
    middle, unit = float(landmarks[1, 0]), face_unit(landmarks)
    across = np.clip((np.arange(shape[1]) - middle) / unit, -1, 1)
    lit = np.asarray(small * np.exp2(-across)[None, :, None], np.float32)
    face = region(landmarks, FACE_OVAL, shape)
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]]
    dark_side = (xs > middle + 0.2 * unit) & (ys < landmarks[152, 1])
    around = cv2.dilate(face, np.ones((41, 41), np.uint8)) == 0
    hair = dark_side & around & (xs < middle + 1.2 * unit)
    lit[hair] = 0.012
    seen = scene.scene(lit, shrunk(master.alpha, small), landmarks)
    gain = color.luminance(relight.plan(seen, LightRig(key_azimuth_deg=35.0, rim=0.0)).gain)
    skin = dark_side & (cv2.erode(face, np.ones((9, 9), np.uint8)) > 0)
    lifted, black = np.log2(np.median(gain[skin])), np.log2(np.median(gain[hair]))
    assert lifted > 0.5
    assert black < 0.75 * lifted
