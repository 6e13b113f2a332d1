"""What `make bench-gpu` builds on a card is as large as the published models; here without their memory."""

from typing import Any

import pytest

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

import torch

from tests.benchmarks import gpu_architectures as made


def _billions(module: Any) -> float:
    return sum(weight.numel() for weight in module.parameters()) / 1e9


def test_klein_has_four_billion_parameters_and_qwen3_4b_beside_it() -> None:
    pipe = made.klein(torch.bfloat16, "meta")
    assert _billions(pipe.transformer) == pytest.approx(3.9, abs=0.1)
    assert _billions(pipe.text_encoder) == pytest.approx(4.0, abs=0.1)
    from generation.imaging.engines.edit_pipelines import klein_layers

    assert klein_layers(pipe) == (9, 18, 27)


def test_qwen_image_edit_has_twenty_billion_parameters_and_qwen2_5_vl_7b_beside_it() -> None:
    transformer, _, text = made.qwen_parts(torch.bfloat16, "meta")
    assert _billions(transformer) == pytest.approx(20.4, abs=0.2)
    assert _billions(text) == pytest.approx(8.3, abs=0.2)


def test_sdxl_and_its_controlnet_have_their_published_sizes() -> None:
    unet, control, vae, (first, second) = made.sdxl_parts(torch.bfloat16, "meta")
    assert _billions(unet) == pytest.approx(2.57, abs=0.01)
    assert _billions(control) == pytest.approx(1.25, abs=0.05)
    assert _billions(vae) == pytest.approx(0.084, abs=0.001)
    assert _billions(first) + _billions(second) == pytest.approx(0.817, abs=0.005)
