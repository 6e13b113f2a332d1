"""Two libraries alone, as IMAGING.md timed them: how fast this machine is beside the one of the budget.

Nothing of Onelight runs in them, so that a slow machine and slow code can be told apart.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from tests.benchmarks import probe

# IMAGING.md's table, "speed seen on 2 cores".
EMBEDDING_S: Final = 0.075
MATTE_S: Final = 0.6
_MATTE_PX: Final = (456, 570)


def rows(rounds: int) -> list[dict[str, Any]]:
    """Name, seconds here, seconds in IMAGING.md."""
    works: list[tuple[str, float, Callable[[], Any]]] = [
        ("dlib, one embedding", EMBEDDING_S, _embedding()),
        ("pymatting, closed-form alpha of 0.26 MP", MATTE_S, _matte()),
    ]
    return [{"name": name, "theirs": theirs, **probe.measure(work, max(rounds, 5)).row()}
            for name, theirs, work in works]  # fmt: skip


def _embedding() -> Callable[[], Any]:
    import dlib

    from generation.imaging.models.wheels import IDENTITY_ENCODER

    network = dlib.face_recognition_model_v1(str(IDENTITY_ENCODER.locate()))
    chip = np.random.default_rng(0).integers(0, 255, (150, 150, 3), dtype=np.uint8)
    return lambda: network.compute_face_descriptor(chip)


def _matte() -> Callable[[], Any]:
    """A noisy disc before a noisy ground, an eighth of it unknown."""
    import pymatting

    width, height = _MATTE_PX
    ys, xs = np.mgrid[:height, :width]
    radius = np.hypot((xs - width / 2) / width, (ys - height / 2) / height)
    trimap = np.where(radius < 0.28, 1.0, np.where(radius > 0.35, 0.0, 0.5))
    image = np.where(radius[..., None] < 0.31, (0.7, 0.5, 0.4), (0.2, 0.3, 0.5))
    image = np.clip(image + np.random.default_rng(0).normal(0, 0.02, image.shape), 0, 1)
    return lambda: pymatting.estimate_alpha_cf(image, trimap)


def say(found: list[dict[str, Any]]) -> None:
    """Print them beside IMAGING.md's figures."""
    print(f"\n{'This machine (libraries alone)':<44} {'here':>8} {'IMAGING.md':>11} {'slower':>8}")
    for row in found:
        print(f"{row['name']:<44} {row['seconds']:>6.3f} s {row['theirs']:>9.3f} s "
              f"{row['seconds'] / row['theirs']:>6.1f} x")  # fmt: skip
