"""Models for mattes and small photos that an operator installs and chooses, on tiny weights of their form."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra `diffusion` is not installed")
pytest.importorskip("onnxruntime")

import onnx
import torch

from generation.imaging import prepare, run
from generation.imaging.errors import EngineError
from generation.imaging.finishing import upscale
from generation.imaging.matting import models
from generation.imaging.matting.segment import person_probability
from generation.imaging.messages import sentence
from generation.imaging.models import configured
from generation.imaging.models.configured import Configuration
from generation.imaging.models.store import ModelStore
from generation.imaging.types import SRGB8
from tests.imaging import people

BLUE = np.array([20, 60, 200], np.uint8)


def red_is_a_person(folder: Path, kind: str) -> Path:
    """A network in the form of BiRefNet (logits, a fixed size) or MODNet (0..1, any size) that calls what is
    redder than blue a person."""
    from onnx import TensorProto, helper, numpy_helper

    fixed = kind == "birefnet"
    names = ("input_image", "output_image") if fixed else ("input", "output")
    shape: list[Any] = [1, 3, 256, 256] if fixed else [1, 3, "height", "width"]
    weight = np.array([40, 0, -40], np.float32).reshape(1, 3, 1, 1)
    nodes = [helper.make_node("Conv", [names[0], "weight"], [names[1] if fixed else "logits"])]
    if not fixed:
        nodes.append(helper.make_node("Sigmoid", ["logits"], [names[1]]))
    graph = helper.make_graph(
        nodes, kind,
        [helper.make_tensor_value_info(names[0], TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(names[1], TensorProto.FLOAT, [1, 1, *shape[2:]])],
        [numpy_helper.from_array(weight, "weight")],
    )  # fmt: skip
    (folder / "onnx").mkdir(parents=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, folder / "onnx/model.onnx")
    told = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"shortest_edge": 320}}
    (folder / "preprocessor_config.json").write_text(json.dumps(told))
    return folder


def tiny_esrgan(folder: Path) -> Path:
    """RRDBNet with one block and few features, named as published."""
    from safetensors.torch import save_file

    torch.manual_seed(0)
    features, growth = 8, 4
    shapes = {"conv_first": (features, 3), "conv_body": (features, features), "conv_last": (3, features)}
    shapes |= dict.fromkeys(("conv_up1", "conv_up2", "conv_hr"), (features, features))
    for dense in (1, 2, 3):
        for number in range(1, 6):
            out = growth if number < 5 else features
            shapes[f"body.0.rdb{dense}.conv{number}"] = (out, features + (number - 1) * growth)
    weights = {}
    for name, (out, into) in shapes.items():
        weights[f"params_ema.{name}.weight"] = torch.randn(out, into, 3, 3) * (2 / (into * 9)) ** 0.5
        weights[f"params_ema.{name}.bias"] = torch.full((out,), 0.1)
    folder.mkdir(parents=True)
    save_file(weights, folder / "RealESRGAN_x4plus.safetensors")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ModelStore]:
    made = ModelStore(tmp_path / "store", offline=True)
    for name in ("birefnet", "modnet"):
        made.install_from_directory(name, red_is_a_person(tmp_path / name, name))
    made.install_from_directory("real-esrgan-x4plus", tiny_esrgan(tmp_path / "esrgan"))
    before = configured.configuration()
    yield made
    configured.configure(before)


def choose(store: ModelStore, **names: str) -> None:
    configured.configure(Configuration(store, **names))


def before_blue() -> SRGB8:
    """The astronaut, warmed, before a blue wall with a warm lamp far from her."""
    photo = people.check(people.astronaut())
    matte = run.develop(photo)
    assert photo.face is not None
    pixels, _ = prepare.prepared(photo)
    warm = pixels.astype(np.float32) * (1.0, 0.85, 0.55)
    alpha = cv2.resize(matte.alpha, pixels.shape[1::-1])[..., None]
    scene = (warm * alpha + BLUE * (1 - alpha)).astype(np.uint8)
    scene[20:90, 20:90] = (250, 180, 60)
    return scene


@pytest.mark.parametrize("name", ["birefnet", "modnet"])
def test_a_chosen_network_says_what_the_person_is(store: ModelStore, name: str) -> None:
    scene = before_blue()
    seen = people.check(scene)
    assert seen.face is not None
    usual = person_probability(scene, seen.face).probability
    choose(store, matte=name)
    found = person_probability(scene, seen.face)
    redder = scene[..., 0].astype(int) > scene[..., 2].astype(int) + 12
    redder[20:90, 20:90] = False
    assert (found.probability != usual).any()
    assert np.abs(found.probability - redder).mean() < 0.06
    # What does not hang together with the face is not hers, whatever the network calls it.
    assert found.probability[30:80, 30:80].max() == 0
    assert found.contested.shape == found.probability.shape
    made = run.finish(run.develop(people.check(scene)), people.Look(), (320, 400))
    assert made.shape == (400, 320, 3)


def test_small_photos_are_drawn_larger_by_the_chosen_network(store: ModelStore) -> None:
    photo = people.check(people.astronaut())
    before, face = prepare.prepared(photo)
    choose(store, upscale="real-esrgan-x4plus")
    after, larger = prepare.prepared(photo)
    factor = after.shape[1] / before.shape[1]
    assert factor > 1.2
    # Where the face is in a picture of a random network is still known from the photo.
    assert larger.box[2] == pytest.approx(factor * face.box[2], rel=0.01)


def test_tiles_leave_no_seam(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    net = upscale.RealEsrgan("real-esrgan-x4plus", store.locate("real-esrgan-x4plus"))
    picture = people.astronaut()[200:360, 200:390]
    whole = net(picture, 4.0)
    monkeypatch.setattr(upscale, "_TILE_PX", 64)
    tiled = net(picture, 4.0)
    assert whole.shape == (640, 760, 3) and whole.std() > 1
    # At the picture's own edge a tile sees its mirror image instead of nothing.
    assert np.abs(whole.astype(int) - tiled.astype(int))[64:-64, 64:-64].max() <= 1
    assert net(picture, 2.5).shape == (400, 475, 3)


def test_what_cannot_be_used_is_said_in_words(store: ModelStore, tmp_path: Path) -> None:
    for wrong in ({"matte": "real-esrgan-x4plus"}, {"upscale": "modnet"}):
        choose(store, **wrong)
        with pytest.raises(EngineError) as error:
            (models if "matte" in wrong else upscale).chosen()
        assert "its role is not" in sentence(error.value.code, **error.value.data)
    choose(ModelStore(tmp_path / "empty", offline=True), matte="birefnet")
    with pytest.raises(EngineError, match="model_missing"):
        models.chosen()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/model.onnx").write_bytes(b"no network")
    (tmp_path / "broken/x.safetensors").write_bytes(b"no weights")
    for load in (models.MattingNet, upscale.RealEsrgan):
        with pytest.raises(EngineError, match="weights_unreadable"):
            load("broken", tmp_path / "broken")


def test_without_a_choice_nothing_is_loaded(store: ModelStore) -> None:
    choose(store)
    assert models.chosen() is None and upscale.chosen() is None
