"""Real-ESRGAN, where the operator installs it: a small photo drawn larger before it is developed.

The network is RRDBNet (Wang et al. 2018, arXiv:1809.00219; Real-ESRGAN, Wang et al. 2021,
arXiv:2107.10833), built here after its published weights' names: the packages that carry it need torchvision.
PyTorch is imported late.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from generation.imaging.errors import EngineError
from generation.imaging.models.configured import Configuration, configuration
from generation.imaging.types import SRGB8

# The network's own factor.
_FACTOR: Final = 4
# Side of what it is given at a time, and how much of its surroundings it sees with it: 64 features at four
# times the size of all of a photo would take gigabytes.
_TILE_PX: Final = 256
_AROUND_PX: Final = 16
# Published files keep the weights under these.
_PREFIXES: Final = ("params_ema.", "params.")


class RealEsrgan:
    """`detail.Enlarger`: draws detail that a small photo does not have."""

    def __init__(self, name: str, folder: Path) -> None:
        """Raises EngineError `engine_not_installed` or `weights_unreadable`."""
        try:
            from safetensors.torch import load_file

            weights = load_file(next(iter(sorted(folder.rglob("*.safetensors")))))
            self._net = _network(_named(weights))
        except ModuleNotFoundError as error:
            raise EngineError("engine_not_installed", missing=error.name or "torch") from error
        except Exception as error:
            # A file of another network has other names and shapes; the libraries say so each their way.
            raise EngineError("weights_unreadable", model=name, detail=str(error)[:300]) from error

    def __call__(self, pixels: SRGB8, factor: float) -> SRGB8:
        import torch

        height, width = pixels.shape[:2]
        padded = cv2.copyMakeBorder(pixels, *(_AROUND_PX,) * 4, cv2.BORDER_REFLECT_101)
        side = _TILE_PX + 2 * _AROUND_PX
        out = np.empty((height * _FACTOR, width * _FACTOR, 3), np.uint8)
        with torch.inference_mode():
            for top in range(0, height, _TILE_PX):
                for left in range(0, width, _TILE_PX):
                    inside = self._drawn(padded[top : top + side, left : left + side])
                    rows, columns = inside.shape[:2]
                    y, x = top * _FACTOR, left * _FACTOR
                    out[y : y + rows, x : x + columns] = inside
        size = (round(width * factor), round(height * factor))
        way = cv2.INTER_AREA if factor < _FACTOR else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(out, size, interpolation=way), np.uint8)

    def _drawn(self, tile: SRGB8) -> SRGB8:
        """The tile four times as large, without what was around it."""
        import torch

        planes = torch.from_numpy(np.ascontiguousarray(tile.transpose(2, 0, 1))).float()[None] / 255
        drawn = self._net(planes)[0].clamp(0, 1).mul(255).round().byte().numpy().transpose(1, 2, 0)
        edge = _AROUND_PX * _FACTOR
        return np.asarray(drawn[edge:-edge, edge:-edge], np.uint8)


def _named(weights: Mapping[str, Any]) -> dict[str, Any]:
    """The weights without what publishers put before their names."""
    found = dict(weights)
    for prefix in _PREFIXES:
        if all(key.startswith(prefix) for key in found):
            found = {key.removeprefix(prefix): value for key, value in found.items()}
    return found


def _network(weights: dict[str, Any]) -> Any:
    """RRDBNet of the sizes that the weights have, with them. Raises KeyError or RuntimeError for others."""
    from torch import nn
    from torch.nn import functional

    features, colours = weights["conv_first.weight"].shape[:2]
    growth = weights["body.0.rdb1.conv1.weight"].shape[0]
    blocks = 1 + max(int(key.split(".")[1]) for key in weights if key.startswith("body."))

    def conv(inside: int, outside: int) -> nn.Conv2d:
        return nn.Conv2d(inside, outside, 3, padding=1)

    class Dense(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for number in range(1, 6):
                self.add_module(
                    f"conv{number}",
                    conv(features + (number - 1) * growth, growth if number < 5 else features),
                )

        def forward(self, x: Any) -> Any:
            import torch

            seen = [x]
            for number in range(1, 5):
                layer = self.get_submodule(f"conv{number}")
                seen.append(functional.leaky_relu(layer(torch.cat(seen, 1)), 0.2))
            return self.get_submodule("conv5")(torch.cat(seen, 1)) * 0.2 + x

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rdb1, self.rdb2, self.rdb3 = Dense(), Dense(), Dense()

        def forward(self, x: Any) -> Any:
            return self.rdb3(self.rdb2(self.rdb1(x))) * 0.2 + x

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv_first = conv(colours, features)
            self.body = nn.Sequential(*(Block() for _ in range(blocks)))
            self.conv_body = conv(features, features)
            self.conv_up1, self.conv_up2 = conv(features, features), conv(features, features)
            self.conv_hr, self.conv_last = conv(features, features), conv(features, colours)

        def forward(self, x: Any) -> Any:
            seen = self.conv_first(x)
            seen = seen + self.conv_body(self.body(seen))
            for layer in (self.conv_up1, self.conv_up2):
                seen = functional.interpolate(seen, scale_factor=2, mode="nearest")
                seen = functional.leaky_relu(layer(seen), 0.2)
            return self.conv_last(functional.leaky_relu(self.conv_hr(seen), 0.2))

    net = Net()
    net.load_state_dict(weights)
    return net.eval().float()


def chosen() -> RealEsrgan | None:
    """The network that the operator chose (`Configuration.upscale`), None without one.

    Raises EngineError: the store's codes for a model that is not there or not allowed, or as `RealEsrgan`.
    """
    return _chosen(configuration())


@functools.lru_cache(maxsize=2)
def _chosen(told: Configuration) -> RealEsrgan | None:
    if not told.upscale:
        return None
    if told.store.entry(told.upscale).role != "upscale":
        raise EngineError("model_role", model=told.upscale, role="upscale")
    return RealEsrgan(told.upscale, told.store.locate(told.upscale))
