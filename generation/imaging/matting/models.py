"""Matting networks that the operator installs, as ONNX files: BiRefNet, MODNet, or one of the same form.

BiRefNet (Zheng et al. 2024, arXiv:2401.03407) answers with logits at a fixed size, MODNet (Ke et al. 2022,
arXiv:2011.11961) with probabilities at any size that 32 divides. Neither knows whose picture it is: tying the
answer to one face stays `segment`'s.
"""

import functools
import json
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging import threads
from generation.imaging.errors import EngineError
from generation.imaging.models.configured import Configuration, configuration
from generation.imaging.types import SRGB8, Alpha

# What the published networks were trained with, where no preprocessor_config.json says otherwise.
_SHORTEST: Final = 512
_DIVISIBLE: Final = 32
_MEAN: Final = (0.5, 0.5, 0.5)
_STD: Final = (0.5, 0.5, 0.5)


class MattingNet:
    """One network: (H, W, 3) uint8 sRGB to (H, W) float32 0..1, how likely a pixel is a person's."""

    def __init__(self, name: str, folder: Path) -> None:
        """Raises EngineError `engine_not_installed` or `weights_unreadable`."""
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            raise EngineError("engine_not_installed", missing="onnxruntime") from error
        told = next(iter(sorted(folder.rglob("preprocessor_config.json"))), None)
        settings: dict[str, Any] = json.loads(told.read_text()) if told else {}
        self._mean = np.array(settings.get("image_mean", _MEAN), np.float32)
        self._std = np.array(settings.get("image_std", _STD), np.float32)
        size = settings.get("size")
        self._shortest = int(size.get("shortest_edge", _SHORTEST)) if isinstance(size, dict) else _SHORTEST
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads.share()
        try:
            file = next(iter(sorted(folder.rglob("*.onnx"))))
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
            self._input = self._session.get_inputs()[0]
        except Exception as error:
            # onnxruntime's errors have no class of their own.
            raise EngineError("weights_unreadable", model=name, detail=str(error)[:300]) from error

    def __call__(self, pixels: SRGB8) -> Alpha:
        size = self._size(pixels.shape[1], pixels.shape[0])
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        planes = ((small - self._mean) / self._std).transpose(2, 0, 1)[None]
        found: NDArray[np.float32] = np.squeeze(
            self._session.run(None, {self._input.name: np.ascontiguousarray(planes, np.float32)})[0]
        )
        if float(found.min()) < 0 or float(found.max()) > 1:
            # Logits.
            found = 1 / (1 + np.exp(-np.clip(found, -30, 30)))
        full = cv2.resize(found, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(full, 0, 1), np.float32)

    def _size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) that the network is given: its own, or the picture's at its usual resolution."""
        rows, columns = self._input.shape[-2:]
        if isinstance(rows, int) and isinstance(columns, int):
            return columns, rows
        scale = self._shortest / min(width, height)
        across, down = (max(1, round(side * scale / _DIVISIBLE)) * _DIVISIBLE for side in (width, height))
        return across, down


def chosen() -> MattingNet | None:
    """The network that the operator chose (`Configuration.matte`), None without one.

    Raises EngineError: the store's codes for a model that is not there or not allowed, or as `MattingNet`.
    """
    return _chosen(configuration())


@functools.lru_cache(maxsize=2)
def _chosen(told: Configuration) -> MattingNet | None:
    if not told.matte:
        return None
    if told.store.entry(told.matte).role != "matte":
        raise EngineError("model_role", model=told.matte, role="matte")
    return MattingNet(told.matte, told.store.locate(told.matte))
