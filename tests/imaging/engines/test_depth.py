"""Depth seen by a network that the operator installs, the mesh's where there is none."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from branding.look import Look
from generation.imaging.engines import depth
from generation.imaging.engines.base import Posed
from generation.imaging.engines.table import find_engine
from generation.imaging.errors import EngineError
from generation.imaging.models import shipped
from generation.imaging.models.store import ModelStore
from generation.imaging.types import SRGB8
from tests.imaging.engines import shoots

SIDE = 56


def tiny_network(folder: Path) -> Path:
    """Depth Anything V2 with four narrow layers and random weights, as the hub has it."""
    import torch
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

    torch.manual_seed(3)
    backbone = Dinov2Config(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, image_size=SIDE, patch_size=14,
        out_indices=[1, 2, 3, 4], apply_layernorm=True, reshape_hidden_states=False,
    )  # fmt: skip
    config = DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=16, neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8, head_hidden_size=8,
    )  # fmt: skip
    net = DepthAnythingForDepthEstimation(config)
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(3)
        # A random head is as likely to answer nothing as something.
        net.head.conv3.bias.fill_(5.0)
    net.save_pretrained(folder)
    told = {"size": {"height": SIDE, "width": SIDE}, "ensure_multiple_of": 14}
    (folder / "preprocessor_config.json").write_text(json.dumps(told))
    return folder


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """The tiny SDXL's store with a network for depth."""
    made = tmp_path_factory.mktemp("depth")
    shutil.copytree(shoots.store().root, made / "store")
    store = ModelStore(made / "store", offline=True)
    store.install_from_directory(shipped.DEPTH, tiny_network(made / "network"))
    return store


@pytest.fixture(autouse=True)
def _weights(seeing: ModelStore) -> Iterator[None]:
    with shoots.using(seeing):
        yield


def _plain(look: Look = shoots.LOOK) -> SRGB8:
    """The picture without a network."""
    with shoots.using(shoots.store()):
        return shoots.drawn(look)[0]


def test_what_the_network_sees_conditions_the_picture() -> None:
    assert (shoots.drawn()[0] != _plain()).any()
    np.testing.assert_array_equal(shoots.drawn()[0], shoots.drawn()[0])
    silent = shoots.with_options(control={"depth": 0.0})
    np.testing.assert_array_equal(shoots.drawn(silent)[0], _plain(silent))


def test_a_picture_tells_which_network_saw_its_depth() -> None:
    def how() -> dict[str, object]:
        made = find_engine("sdxl").photograph(
            shoots.gallery(), shoots.LOOK, sitting=shoots.sitting(), seed=3, count=1, progress=lambda *_: None
        )
        return dict(next(iter(made)).how)

    assert how()["depth_model"] == shipped.DEPTH
    with shoots.using(shoots.store()):
        assert "depth_model" not in how()


def test_a_photo_is_looked_at_once_whatever_is_drawn_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []
    look_at = depth.DepthNet.__call__

    def counted(self: depth.DepthNet, pixels: SRGB8) -> NDArray[np.float32]:
        seen.append(pixels.shape)
        return look_at(self, pixels)

    monkeypatch.setattr(depth.DepthNet, "__call__", counted)
    assert len(shoots.drawn(shoots.with_options(refine=0.1), size=(960, 1200), count=2)) == 2
    assert len(seen) == 1


def _posed() -> Posed:
    return shoots.pose(shoots.photo(), (96, 120), 0.9)


def test_near_is_bright_and_nobody_is_black(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scene that comes nearer from top to bottom and, as published networks say it, has no scale."""
    ramp = np.linspace(3.0, 11.0, 120, dtype=np.float32)[:, None].repeat(96, 1)
    monkeypatch.setattr(depth, "net", lambda folder: lambda pixels: ramp)
    posed = _posed()
    image = depth.Depths(Path())(posed)
    assert image.shape == posed.picture.shape and image.dtype == np.uint8
    assert image[posed.alpha == 0].max() == 0
    inside = posed.alpha > 0.99
    rows = [float(image[row][inside[row]].mean()) for row in range(120) if inside[row].any()]
    assert rows == sorted(rows) and rows[-1] > 250
    # Hair, shoulders and clothes have depth of their own, not only the face.
    assert (image[..., 0] > 0)[inside].mean() > 0.95


def test_metres_are_turned_into_nearness(tmp_path: Path) -> None:
    folder = tiny_network(tmp_path / "network")
    near = depth.DepthNet(folder)(_posed().picture)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(
        json.dumps(config | {"depth_estimation_type": "metric", "max_depth": 20})
    )
    metres = depth.DepthNet(folder)(_posed().picture)
    assert near.shape == metres.shape == (120, 96)
    assert np.corrcoef(near.ravel(), metres.ravel())[0, 1] < 0


def test_a_network_that_cannot_be_read_is_named(tmp_path: Path, seeing: ModelStore) -> None:
    broken = ModelStore(tmp_path / "store", offline=True)
    shutil.copytree(seeing.root, broken.root)
    network = tiny_network(tmp_path / "network")
    config = json.loads((network / "config.json").read_text())
    (network / "config.json").write_text(json.dumps(config | {"model_type": "of tomorrow"}))
    broken.install_from_directory(shipped.DEPTH, network)
    with shoots.using(broken), pytest.raises(EngineError) as error:
        shoots.drawn()
    assert error.value.code == "weights_unreadable"
    assert error.value.data["model"] == shipped.DEPTH


def test_two_people_of_one_number_are_not_mixed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python reuses the number of an object that is gone; the photos are kept as long as their depth is."""
    seen = iter((np.zeros((4, 4), np.float32), np.eye(4, dtype=np.float32)))
    monkeypatch.setattr(depth, "net", lambda folder: lambda pixels: next(seen))
    depths, posed = depth.Depths(Path()), _posed()
    first = depths(replace(posed, photo=replace(posed.photo, name="one.jpg")))
    second = depths(replace(posed, photo=replace(posed.photo, name="two.jpg")))
    assert first.max() == 0 < second.max()
