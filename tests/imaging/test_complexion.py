"""Skin that is moved to another lightness gets the colour that this person's skin has there."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from generation.imaging import color
from generation.imaging.lighting.complexion import coloured, complexion
from generation.imaging.types import LinearRGB

Array = NDArray[Any]
_SIZE, _UNIT = 96, 90.0
_TONES = {"deep": (0.16, 0.075, 0.045), "light": (0.62, 0.42, 0.33)}


def _chroma(linear: Array) -> float:
    """How much colour there is for its light: log2 of red against blue."""
    mean = linear.reshape(-1, 3).mean(axis=0)
    return float(np.log2(mean[0] / mean[2]))


def _own_colour(linear: LinearRGB, gain: Array, bare: Array, face: Array) -> Array:
    seen = coloured(linear, bare, face, _UNIT)
    assert seen is not None
    return seen.own(np.broadcast_to(gain, linear.shape), np.zeros(linear.shape))


def _everywhere(value: float) -> Array:
    return np.full((_SIZE, _SIZE), value, np.float32)


def _in_light(tone: tuple[float, float, float], stops: Array) -> LinearRGB:
    """Skin as a camera shows it: the darker, the deeper its colour (a fifth more for each stop)."""
    grey = float(color.luminance(np.array(tone, np.float32)))
    depth = 1 - 0.2 * stops[..., None]
    shares = np.exp2(np.log2(np.array(tone) / grey) * depth)
    shares = shares / color.luminance(np.asarray(shares, np.float32))[..., None]
    return np.asarray(shares * (grey * np.exp2(stops))[..., None], np.float32)


@pytest.mark.parametrize("tone", _TONES.values(), ids=_TONES.keys())
def test_shadow_that_is_lifted_does_not_glow(tone: tuple[float, float, float]) -> None:
    """One half lies 1.2 stops in shadow, over a soft edge, and is lifted to the other."""
    across = np.linspace(-1, 1, _SIZE, dtype=np.float32)
    stops = np.broadcast_to(-1.2 / (1 + np.exp(-12 * across)), (_SIZE, _SIZE))
    linear = _in_light(tone, stops)
    gain = np.repeat(np.exp2(-stops)[..., None], 3, axis=2)

    after = linear * _own_colour(linear, gain, _everywhere(1), _everywhere(1))

    lit, shadow = np.s_[:, : _SIZE // 4], np.s_[:, -_SIZE // 4 :]
    assert _chroma((linear * gain)[shadow]) - _chroma(linear[lit]) > 0.2
    assert abs(_chroma(after[shadow]) - _chroma(after[lit])) < 0.06


@pytest.mark.parametrize("tone", _TONES.values(), ids=_TONES.keys())
def test_a_shine_that_is_taken_down_leaves_no_grey_patch(tone: tuple[float, float, float]) -> None:
    """White gloss on the forehead, darkened until it is as bright as the skin around."""
    ys, xs = np.mgrid[:_SIZE, :_SIZE]
    spot = np.exp(-((xs - _SIZE / 2) ** 2 + (ys - _SIZE / 4) ** 2) / (2 * 8.0**2))
    shade = -0.5 * ys / _SIZE
    bare = _in_light(tone, shade)
    linear = np.asarray(bare + 0.5 * bare.mean() * spot[..., None], np.float32)
    down = color.luminance(bare) / color.luminance(linear)
    gain = np.repeat(down[..., None], 3, axis=2)

    after = linear * _own_colour(linear, gain, _everywhere(1), _everywhere(1))

    there = spot > 0.7
    grey = _chroma(bare[there]) - _chroma((linear * gain)[there])
    left = _chroma(bare[there]) - _chroma(after[there])
    assert grey > 0.15
    assert abs(left) < 0.5 * grey


def test_freckles_and_rosy_cheeks_stay() -> None:
    """A red cheek is as much redder than the skin around after its side was lifted as before."""
    stops = np.broadcast_to(np.linspace(-1, 0, _SIZE, dtype=np.float32), (_SIZE, _SIZE))
    linear = _in_light(_TONES["light"], stops)
    cheek = np.zeros((_SIZE, _SIZE), bool)
    cheek[40:56, 20:36] = True
    around = np.zeros_like(cheek)
    around[64:80, 20:36] = True
    linear[cheek] *= np.array([1.1, 0.97, 1.0], np.float32)
    gain = np.repeat(np.exp2(-0.5 * stops)[..., None], 3, axis=2)

    after = linear * _own_colour(linear, gain, _everywhere(1), _everywhere(1))

    before = np.log2(linear[cheek].mean(axis=0)[0] / linear[around].mean(axis=0)[0])
    assert abs(np.log2(after[cheek].mean(axis=0)[0] / after[around].mean(axis=0)[0]) - before) < 0.04


def _glossy(tone: str) -> tuple[LinearRGB, Array]:
    """The left half shines white towards its edge, the right one lies a stop lower and does not; and a gain
    that makes the right half the lit one."""
    across = np.linspace(-1, 1, _SIZE, dtype=np.float32)
    stops = np.broadcast_to(np.where(across > 0, -1.0, -0.25 * np.abs(across)), (_SIZE, _SIZE))
    linear = _in_light(_TONES[tone], np.asarray(stops, np.float32))
    gloss = np.clip((-across - 0.6) * 2.5, 0, 1)
    linear += (1.2 * linear.mean() * gloss)[None, :, None].astype(np.float32)
    return linear, np.repeat(np.exp2(np.where(across > 0, 1.2, -0.2))[None, :, None], _SIZE, axis=0)


@pytest.mark.parametrize("tone", sorted(_TONES))
def test_a_cheek_that_is_lifted_gets_no_gloss(tone: str) -> None:
    """Brighter than all but the gloss of the other half, and yet of skin's colour: it came out pink."""
    linear, gain = _glossy(tone)

    after = linear * _own_colour(linear, gain, _everywhere(1), _everywhere(1))

    lit, lifted = np.s_[:, _SIZE // 4 : _SIZE // 2 - 8], np.s_[:, -_SIZE // 4 :]
    plain = abs(_chroma((linear * gain)[lit]) - _chroma((linear * gain)[lifted]))
    assert abs(_chroma(after[lit]) - _chroma(after[lifted])) < 0.8 * plain


@pytest.mark.parametrize("tone", sorted(_TONES))
def test_the_sky_in_a_shadow_does_not_stay_when_it_is_lifted(tone: str) -> None:
    """A part of the shadow is lit blue by a window: lifted as it is it was a lavender patch."""
    stops = np.broadcast_to(np.where(np.arange(_SIZE) > _SIZE // 2, -1.0, 0.0), (_SIZE, _SIZE))
    linear = _in_light(_TONES[tone], np.asarray(stops, np.float32))
    blue, beside = np.s_[20:44, 64:88], np.s_[60:84, 64:88]
    linear[blue] *= np.array([0.93, 1.0, 1.15], np.float32)
    gain = np.repeat(np.exp2(-stops)[..., None], 3, axis=2)

    after = linear * _own_colour(linear, gain, _everywhere(1), _everywhere(1))

    before = _chroma(linear[beside]) - _chroma(linear[blue])
    assert abs(_chroma(after[beside]) - _chroma(after[blue])) < 0.55 * before


def test_a_white_moustache_stays_white() -> None:
    stops = np.broadcast_to(np.linspace(-1.2, 0, _SIZE, dtype=np.float32), (_SIZE, _SIZE))
    linear = _in_light(_TONES["light"], stops)
    white = np.s_[60:72, 20:76]
    linear[white] = color.luminance(linear[white])[..., None]
    gain = np.repeat(np.exp2(-0.8 * stops)[..., None], 3, axis=2)
    bare = _everywhere(1)
    bare[white] = 0

    after = linear * _own_colour(linear, gain, bare, _everywhere(1))

    assert abs(_chroma(after[64:68, 24:72])) < 0.2


@pytest.mark.parametrize("tone", sorted(_TONES))
def test_what_is_no_skin_keeps_its_colour(tone: str) -> None:
    """A blue collar and white teeth beside a lifted face, some of which shines as white as they are."""
    stops = np.broadcast_to(np.linspace(-1.2, 0, _SIZE, dtype=np.float32), (_SIZE, _SIZE))
    linear, face = _in_light(_TONES[tone], stops), _everywhere(1)
    linear[4:16, -40:] += np.linspace(0, 0.6, 40, dtype=np.float32)[None, :, None]
    for rows, colour in ((np.s_[72:], (0.05, 0.08, 0.3)), (np.s_[40:52], (0.7, 0.7, 0.68))):
        linear[rows], face[rows] = np.array(colour, np.float32), 0
    bare = np.asarray(face > 0, np.float32)
    gain = np.repeat(np.exp2(-stops)[..., None], 3, axis=2)

    after = _own_colour(linear, gain, bare, face)

    for rows in (np.s_[80:], np.s_[44:48]):
        assert float(np.abs(np.log2(after[rows] / gain[rows])).max()) < 0.05


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(sorted(_TONES)),
    st.floats(-1.5, 1.5),
    st.floats(-1.0, 1.0),
    st.integers(0, 2**31 - 1),
)
def test_the_light_is_left_as_it_is(tone: str, left: float, right: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.1, (_SIZE, _SIZE))
    across = np.linspace(left, right, _SIZE)[None, :] + noise
    linear = _in_light(_TONES[tone], np.asarray(-np.abs(across), np.float32))
    gain = np.repeat(np.exp2(across)[..., None], 3, axis=2)

    out = _own_colour(linear, gain, _everywhere(1), _everywhere(1))

    wanted = color.luminance(np.asarray(linear * gain, np.float32))
    got = color.luminance(np.asarray(linear * out, np.float32))
    assert np.allclose(got, wanted, rtol=2e-3, atol=1e-5)


def test_too_little_skin_says_nothing() -> None:
    assert complexion(np.zeros(20), np.zeros((20, 2))) is None
    linear = _in_light(_TONES["deep"], np.zeros((_SIZE, _SIZE), np.float32))

    assert coloured(linear, _everywhere(0), _everywhere(0), _UNIT) is None
