"""Photos of a screen and of a print, simulated: what a phone sees that is held before somebody's portrait.

The display's pixels are drawn large with their stripes of red, green and blue and the gaps between them, seen
in perspective, blurred by the lens, averaged by the sensor's pixels and given its noise; moire comes about by
itself wherever the sensor's grid and the display's nearly agree.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.types import SRGB8

# Points that a display pixel is drawn with, a side.
_POINTS: Final = 6
_GAMMA: Final = 2.2


def of_a_screen(
    portrait: SRGB8, step: float, *, turn_deg: float = 3.0, keystone: float = 0.04, blur: float = 0.6,
    noise: float = 2.0, bezel: bool = False, glare: bool = False, seed: int = 1,
) -> SRGB8:  # fmt: skip
    """The portrait on a display, photographed with `step` camera pixels to one display pixel."""
    drawn = _display(portrait)
    if bezel:
        drawn = cv2.copyMakeBorder(drawn, *[40 * _POINTS] * 4, cv2.BORDER_CONSTANT, value=(0.004,) * 3)
        drawn = cv2.copyMakeBorder(drawn, *[60 * _POINTS] * 4, cv2.BORDER_CONSTANT, value=(0.35, 0.32, 0.28))
    return _photographed(drawn, step / _POINTS, turn_deg, keystone, blur, noise, glare, seed)


def of_a_print(
    portrait: SRGB8, step: float, *, screen_px: float = 6.0, turn_deg: float = 2.0, seed: int = 1
) -> SRGB8:
    """The portrait printed with dots (four screens at their usual angles) and photographed."""
    large = cv2.resize(portrait, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
    rows, columns = np.mgrid[: large.shape[0], : large.shape[1]].astype(np.float32)
    inks = []
    for channel, angle in enumerate((15.0, 75.0, 0.0)):
        turn, pitch = np.radians(angle), 2 * np.pi / (screen_px * 1.0)
        wave = np.cos((columns * np.cos(turn) + rows * np.sin(turn)) * pitch)
        wave *= np.cos((rows * np.cos(turn) - columns * np.sin(turn)) * pitch)
        inks.append((large[..., channel] > 0.5 + 0.45 * wave).astype(np.float32) * 0.9 + 0.05)
    return _photographed(np.stack(inks, axis=-1), step / 4, turn_deg, 0.03, 0.8, 2.0, False, seed)


def _display(portrait: SRGB8) -> NDArray[np.float32]:
    """Linear light of the display's stripes, each `_POINTS` wide for three colours."""
    light = (portrait.astype(np.float32) / 255.0) ** _GAMMA
    large = np.repeat(np.repeat(light, _POINTS, axis=0), _POINTS, axis=1)
    cell = np.zeros((_POINTS, _POINTS, 3), dtype=np.float32)
    for channel in range(3):
        cell[: _POINTS - 1, 2 * channel : 2 * channel + 2, channel] = 1.0
    mask = np.tile(cell, (portrait.shape[0], portrait.shape[1], 1))
    return np.asarray(large * mask / cell.mean(axis=(0, 1)), dtype=np.float32)


def _photographed(
    light: NDArray[np.float32], scale: float, turn_deg: float, keystone: float, blur: float, noise: float,
    glare: bool, seed: int,
) -> SRGB8:  # fmt: skip
    height, width = light.shape[:2]
    size = (round(width * scale), round(height * scale))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    inset = keystone * size[0]
    placed = np.array(
        [[inset, inset / 2], [size[0] - inset, 0], [size[0], size[1]], [0, size[1] - inset / 2]], np.float32
    )
    middle = (size[0] / 2, size[1] / 2)
    placed = cv2.transform(placed[None], cv2.getRotationMatrix2D(middle, turn_deg, 1.06))[0]
    # Averaging over a sensor pixel comes before sampling, as in a camera.
    spread = max(0.3 / scale, 0.3)
    soft = cv2.GaussianBlur(light, (0, 0), spread)
    seen = cv2.warpPerspective(
        soft, cv2.getPerspectiveTransform(corners, placed), size, flags=cv2.INTER_LINEAR
    )
    seen = cv2.GaussianBlur(seen, (0, 0), blur)
    if glare:
        rows, columns = np.mgrid[: size[1], : size[0]].astype(np.float32)
        spot = np.exp(
            -(
                ((columns - 0.75 * size[0]) / (0.2 * size[0])) ** 2
                + ((rows - 0.2 * size[1]) / (0.12 * size[1])) ** 2
            )
        )
        seen = seen + 0.5 * spot[..., None]
    code = 255 * np.clip(seen, 0, 1) ** (1 / _GAMMA)
    code += np.random.default_rng(seed).normal(0, noise, code.shape)
    return np.clip(code, 0, 255).astype(np.uint8)
