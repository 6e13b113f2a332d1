"""Pictures of people that are no photographs: portraits turned into drawings, paintings and sculptures."""

import cv2
import numpy as np

from generation.imaging.types import SRGB8


def cartoon(portrait: SRGB8) -> SRGB8:
    """Flat areas with black outlines."""
    smooth = cv2.pyrMeanShiftFiltering(portrait, 12, 35)
    smooth = np.asarray(smooth // 40 * 40 + 20, np.uint8)
    grey = cv2.medianBlur(cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY), 7)
    lines = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 15, 4)
    return np.asarray(cv2.bitwise_and(smooth, smooth, mask=lines), np.uint8)


def poster(portrait: SRGB8) -> SRGB8:
    """A few flat tones."""
    smooth = cv2.edgePreservingFilter(portrait, flags=1, sigma_s=60, sigma_r=0.5)
    return np.asarray(smooth // 48 * 48 + 24, np.uint8)


def watercolour(portrait: SRGB8) -> SRGB8:
    """OpenCV's stylization (Gastal & Oliveira 2011)."""
    return np.asarray(cv2.stylization(portrait, sigma_s=60, sigma_r=0.45), np.uint8)


def pencil(portrait: SRGB8) -> SRGB8:
    """A grey pencil sketch on white paper."""
    grey, _ = cv2.pencilSketch(portrait, sigma_s=60, sigma_r=0.07, shade_factor=0.05)
    return np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2)


def crayons(portrait: SRGB8) -> SRGB8:
    """A coloured pencil sketch."""
    return np.asarray(cv2.pencilSketch(portrait, sigma_s=60, sigma_r=0.07, shade_factor=0.05)[1], np.uint8)


def oil(portrait: SRGB8) -> SRGB8:
    """Broad strokes (OpenCV's oil painting)."""
    return np.asarray(cv2.xphoto.oilPainting(portrait, 6, 1), np.uint8)


def stone(portrait: SRGB8) -> SRGB8:
    """Eyes without pupils and a rough grey surface before a photo's blue sky."""
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grain = cv2.GaussianBlur(
        np.random.default_rng(7).normal(0, 30, grey.shape).astype(np.float32), (0, 0), 1.2
    )
    lit = cv2.createCLAHE(2.0, (4, 4)).apply(np.clip(grey * 0.8 + 40, 0, 255).astype(np.uint8))
    body = np.clip((lit + grain)[..., None] * np.array((1.0, 0.99, 0.96), np.float32), 0, 255)
    sky = np.full_like(portrait, (120, 165, 225))
    rows = np.arange(portrait.shape[0])[:, None]
    columns = np.abs(np.arange(portrait.shape[1])[None, :] - 0.46 * portrait.shape[1])
    figure = (columns < 0.24 * portrait.shape[1]) | (rows > 0.55 * portrait.shape[0])
    return np.where(figure[..., None], body, sky).astype(np.uint8)
