"""Depth of a posed picture by a network, where the operator has installed one (role `depth`).

Depth Anything V2 (Yang et al. 2024, arXiv:2406.09414) or another of transformers' depth models. It sees what
the face mesh and the silhouette cannot tell: how hair falls, which shoulder is nearer, a collar before a
neck. It runs on the processor in float32, whatever draws: a picture is then held to the same shape on every
machine, and half a second is little beside drawing.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.engines.base import Posed
from generation.imaging.errors import EngineError
from generation.imaging.types import SRGB8, CheckedPhoto

# What the published network was trained with, where no preprocessor_config.json says otherwise.
_SIDE: Final = 518
_DIVISIBLE: Final = 14
_MEAN: Final = (0.485, 0.456, 0.406)
_STD: Final = (0.229, 0.224, 0.225)
# Parts of the picture that may be nearer or farther than what becomes white and black: single wrong pixels.
_NEAREST, _FARTHEST = 99.5, 1.0


class DepthNet:
    """One network: (H, W, 3) uint8 sRGB to (H, W) float32, greater where nearer, on no scale."""

    def __init__(self, folder: Path) -> None:
        """Raises EngineError `weights_unreadable`."""
        from transformers import AutoModelForDepthEstimation

        auto: Any = AutoModelForDepthEstimation
        try:
            self._net = auto.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise EngineError(
                "weights_unreadable", model=folder.parent.name, detail=str(error)[:300]
            ) from error
        self._net = self._net.eval().float()
        told = folder / "preprocessor_config.json"
        settings: dict[str, Any] = json.loads(told.read_text("utf-8")) if told.is_file() else {}
        size = settings.get("size")
        self._side = int(size.get("height", _SIDE)) if isinstance(size, dict) else _SIDE
        self._divisible = int(settings.get("ensure_multiple_of") or _DIVISIBLE)
        self._mean = np.array(settings.get("image_mean", _MEAN), np.float32)
        self._std = np.array(settings.get("image_std", _STD), np.float32)
        # Metric models tell metres from the camera, the others nearness.
        self._metres = getattr(self._net.config, "depth_estimation_type", "relative") == "metric"

    def __call__(self, pixels: SRGB8) -> NDArray[np.float32]:
        import torch

        height, width = pixels.shape[:2]
        scale = self._side / min(width, height)
        across, down = (
            max(1, round(side * scale / self._divisible)) * self._divisible for side in (width, height)
        )
        small = cv2.resize(
            pixels, (across, down), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        )
        planes = ((small.astype(np.float32) / 255 - self._mean) / self._std).transpose(2, 0, 1)[None]
        with torch.inference_mode():
            found = self._net(pixel_values=torch.from_numpy(np.ascontiguousarray(planes))).predicted_depth
        seen = found[0].float().numpy()
        near = 1 / np.maximum(seen, 1e-3) if self._metres else seen
        return np.asarray(cv2.resize(near, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


@lru_cache(maxsize=2)
def net(folder: Path) -> DepthNet:
    """The network of that folder, kept. Raises EngineError `weights_unreadable`."""
    return DepthNet(folder)


class Depths:
    """Depth images of posed pictures, each looked at once whatever sizes it is drawn in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[int, tuple[CheckedPhoto, NDArray[np.float32]]] = {}

    def __call__(self, posed: Posed) -> SRGB8:
        """(h, w, 3) with near bright, as `conditions.depth_image`: black where nobody stands."""
        known = self._seen.get(id(posed.photo))
        if known is None:
            # With the photo, whose number nothing else gets as long as it is kept.
            known = self._seen[id(posed.photo)] = (posed.photo, net(self._folder)(posed.picture))
        near, (height, width) = known[1], posed.alpha.shape
        low, high = np.percentile(near, [_FARTHEST, _NEAREST])
        full = cv2.resize(
            (near - low) / max(high - low, 1e-6), (width, height), interpolation=cv2.INTER_CUBIC
        )
        grey = np.asarray(np.clip(full, 0, 1) * posed.alpha * 255, np.uint8)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
