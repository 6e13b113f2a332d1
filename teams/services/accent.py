"""Contrast of the company's accent (WCAG 2.2, success criterion 1.4.3)."""

import re

# Smallest contrast of normal text (WCAG 1.4.3, level AA).
AA_TEXT = 4.5
# Smallest contrast of controls and their boundaries (WCAG 1.4.11).
AA_CONTROL = 3.0
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def is_hex(colour: str) -> bool:
    """Whether this is an sRGB colour like #3355cc."""
    return _HEX.fullmatch(colour) is not None


def luminance(colour: str) -> float:
    """Relative luminance 0..1 of an sRGB hex colour, as WCAG defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two sRGB hex colours."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def readable_on(colour: str) -> str:
    """White or black, whichever reads better on this colour (one of them always reaches 4.5)."""
    return max(("#ffffff", "#000000"), key=lambda text: contrast(text, colour))
