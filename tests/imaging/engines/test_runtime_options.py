"""Faster ways of the runtime give the same picture, and what conditions it survives every one of them."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

pytest.importorskip("torch")

from generation.imaging.engines import edit, edit_pipelines
from generation.imaging.engines.edit_pipelines import Request
from generation.imaging.engines.placement import Needs
from generation.imaging.engines.runtime import Runtime, RuntimeOptions
from generation.imaging.engines.steps import Steps
from generation.imaging.engines.tuning import Tuned, Tuning
from generation.imaging.errors import EngineError
from generation.imaging.models import shipped
from generation.imaging.types import SRGB8
from tests.imaging.engines.sitters import photos

PLAIN = RuntimeOptions(device="cpu", tuning=Tuning(channels_last=False))
# Kernels and layouts add up in other orders; of 255.
TOLERANCE = 1
WAYS = {
    "channels last": RuntimeOptions(device="cpu"),
    "another attention": RuntimeOptions(device="cpu", tuning=Tuning(attention="_native_math")),
    "components take turns": RuntimeOptions(device="cpu", offload="model"),
    "layers take turns": RuntimeOptions(device="cpu", offload="group"),
    "one layer at a time": RuntimeOptions(device="cpu", offload="sequential"),
}


def _request(other: bool = False) -> Request:
    """Two photos of a person, or of somebody who looks as different as can be: their negatives."""
    photographs = [edit.reference(photo, (64, 80)) for photo in photos()[:2]]
    if other:
        photographs = [ImageOps.invert(one) for one in photographs]
    return Request(tuple(photographs), "A dark suit.", "hat", 5, (64, 80))


def _draw(model: str, root: Path, options: RuntimeOptions, *asked: Request) -> tuple[list[SRGB8], Tuned]:
    """The pictures one after the other, by one resident pipeline."""
    preview = model == shipped.FLUX2_KLEIN
    load = edit_pipelines.load_klein if preview else edit_pipelines.load_qwen
    runtime = Runtime(options)
    made: list[Image.Image] = []
    with runtime.use(
        model, lambda dtype: load(root / model / "files", dtype), Needs(0, 0, preview)
    ) as loaded:
        for one in asked:
            steps = Steps(lambda stage, share: None, 2)
            if preview:
                made += edit_pipelines.draw_klein(loaded, [one], steps)
            else:
                made.append(edit_pipelines.draw_qwen(loaded, one, steps, 4.0))
        return [np.asarray(picture) for picture in made], loaded.tuned


def _most(one: SRGB8, other: SRGB8) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


@cache
def _plain(model: str, root: Path) -> list[SRGB8]:
    """Both people by a runtime that does nothing to be faster."""
    made, _ = _draw(model, root, PLAIN, _request(), _request(other=True))
    return made


@pytest.mark.parametrize("model", [shipped.FLUX2_KLEIN, shipped.QWEN_EDIT])
@pytest.mark.parametrize("way", WAYS)
def test_each_way_gives_the_same_picture_of_the_same_person(edit_models: Path, model: str, way: str) -> None:
    plain = _plain(model, edit_models)
    other, _ = _draw(model, edit_models, WAYS[way], _request(), _request(other=True))
    assert _most(plain[0], plain[1]) > 3 * TOLERANCE, "the person does not show at all"
    assert [_most(*pair) for pair in zip(plain, other, strict=True)] <= [TOLERANCE] * 2


@pytest.mark.slow
@pytest.mark.parametrize("model", [shipped.FLUX2_KLEIN, shipped.QWEN_EDIT])
def test_compiled_blocks_draw_the_same_person(edit_models: Path, model: str) -> None:
    plain = _plain(model, edit_models)
    compiled = RuntimeOptions(device="cpu", tuning=Tuning(compile=True))
    other, tuned = _draw(model, edit_models, compiled, _request(), _request(other=True))
    assert "compile" in tuned.applied
    assert [_most(*pair) for pair in zip(plain, other, strict=True)] <= [TOLERANCE] * 2


def test_a_cache_is_used_where_the_model_and_its_steps_have_one(edit_models: Path) -> None:
    options = RuntimeOptions(device="cpu", tuning=Tuning(cache="first_block"))
    (one, other), tuned = _draw(shipped.QWEN_EDIT, edit_models, options, _request(), _request(other=True))
    assert "cache first_block" in tuned.applied
    # Nothing of the first picture is reused for the second.
    (alone,), _ = _draw(shipped.QWEN_EDIT, edit_models, options, _request(other=True))
    assert _most(other, alone) == 0 < _most(one, other)
    _, klein = _draw(shipped.FLUX2_KLEIN, edit_models, options, _request())
    assert klein.left_out["cache first_block"] == "so few steps leave nothing to reuse"


def test_half_precision_draws_nearly_the_same(edit_models: Path) -> None:
    plain, other = _plain(shipped.QWEN_EDIT, edit_models)
    (half,), _ = _draw(
        shipped.QWEN_EDIT, edit_models, RuntimeOptions(device="cpu", dtype="bfloat16"), _request()
    )
    assert 0 < _apart(plain, half) < _apart(plain, other)


def _apart(one: SRGB8, other: SRGB8) -> float:
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


@pytest.mark.parametrize("backend", ["flash", "of tomorrow"])
def test_an_attention_backend_that_cannot_be_used_is_said_so(edit_models: Path, backend: str) -> None:
    options = RuntimeOptions(device="cpu", tuning=Tuning(attention=backend))
    with pytest.raises(EngineError) as error:
        _draw(shipped.FLUX2_KLEIN, edit_models, options, _request())
    assert error.value.code == "attention_backend"
    assert error.value.data["backend"] == backend


def test_a_card_that_is_not_there_is_said_so() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a graphics card")
    with pytest.raises(EngineError, match="gpu_absent"):
        Runtime(RuntimeOptions(device="cuda"))
    assert Runtime().device == "cpu"


def test_models_trained_in_bfloat16_never_run_in_float16() -> None:
    import torch

    runtime = Runtime(RuntimeOptions(device="cpu", dtype="float16"))
    assert runtime.dtype() == torch.float16
    assert runtime.dtype(bf16_only=True) == torch.float32
