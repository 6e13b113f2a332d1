"""The person's face goes into SDXL through attention processors: no way of running it may lose them."""

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from generation.imaging.engines import runtime
from generation.imaging.engines.runtime import Runtime, RuntimeOptions
from generation.imaging.engines.tuning import Tuning
from tests.imaging.engines import shoots

# Kernels and layouts add up in other orders; of 255.
TOLERANCE = 2
WAYS = {
    "channels last": RuntimeOptions(device="cpu"),
    "components take turns": RuntimeOptions(device="cpu", offload="model"),
    "layers take turns": RuntimeOptions(device="cpu", offload="group"),
    "a cache is asked for": RuntimeOptions(device="cpu", tuning=Tuning(cache="first_block")),
    "another attention": RuntimeOptions(device="cpu", tuning=Tuning(attention="_native_math")),
}


@pytest.fixture(autouse=True)
def _weights() -> Iterator[None]:
    with shoots.using(shoots.store()):
        yield


def _with(options: RuntimeOptions, monkeypatch: pytest.MonkeyPatch, identity: float) -> np.ndarray:
    monkeypatch.setattr(runtime, "_shared", Runtime(options))
    return shoots.drawn(shoots.with_options(identity=identity))[0].astype(int)


def _check(options: RuntimeOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _with(RuntimeOptions(device="cpu", tuning=Tuning(channels_last=False)), monkeypatch, 0.8)
    other, without = (_with(options, monkeypatch, identity) for identity in (0.8, 0.0))
    assert np.abs(plain - other).max() <= TOLERANCE
    assert (other != without).any(), "the face was lost"
    assert np.abs(plain - without).mean() > np.abs(plain - other).mean()


@pytest.mark.parametrize("way", WAYS)
def test_the_face_survives(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _check(WAYS[way], monkeypatch)


@pytest.mark.slow
def test_the_face_survives_compiled_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    _check(RuntimeOptions(device="cpu", tuning=Tuning(compile=True)), monkeypatch)
