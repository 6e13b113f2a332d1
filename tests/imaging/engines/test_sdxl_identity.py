"""Identity survives what makes pictures faster, FaceID joins only behind its licence, previews are quick."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from generation.imaging.engines import sdxl_load
from generation.imaging.engines.runtime import Runtime, RuntimeOptions
from generation.imaging.engines.table import find_engine
from generation.imaging.engines.tuning import Tuning, tune
from generation.imaging.models import shipped
from generation.imaging.types import Gallery
from tests.imaging.engines import shoots

OTHER_FACE = 40


@pytest.fixture(autouse=True)
def _weights() -> Iterator[None]:
    with shoots.using(shoots.store()):
        yield


def _how(look: Any) -> dict[str, Any]:
    found = find_engine("sdxl").photograph(
        shoots.gallery(), look, sitting=shoots.sitting(), seed=3, count=1, progress=lambda *_: None
    )
    return dict(next(found).how)


def _somebody_else() -> Gallery:
    """The same photo, its face turned into colours of another one."""
    photo = shoots.gallery().photos[0]
    assert photo.decoded is not None
    pixels = np.ascontiguousarray(np.roll(photo.decoded.pixels, OTHER_FACE, axis=2)[..., ::-1])
    return Gallery((replace(photo, decoded=replace(photo.decoded, pixels=pixels)),), ())


def _built() -> Any:
    import torch

    return sdxl_load.build(sdxl_load.installed(shoots.store(), "final"))(torch.float32)


def _adapters(pipe: Any) -> set[str]:
    return {
        type(one).__name__
        for name, one in pipe.unet.attn_processors.items()
        if name.endswith("attn2.processor")
    }


def test_tuning_leaves_the_adapters_in_their_place() -> None:
    pipe = _built()
    assert _adapters(pipe) == {"IPAdapterAttnProcessor2_0"}
    tune(pipe, Tuning(channels_last=True, attention="native"), in_layers=False)
    assert _adapters(pipe) == {"IPAdapterAttnProcessor2_0"}


def test_fusing_projections_would_lose_them() -> None:
    """The trap that nothing here may step into: it raises nothing and removes the person."""
    pipe = _built()
    pipe.unet.fuse_qkv_projections()
    assert "IPAdapterAttnProcessor2_0" not in _adapters(pipe)


@pytest.fixture(scope="module")
def compiling() -> Iterator[Runtime]:
    """A runtime that compiles; what it has compiled stays for all tests here."""
    fast = Runtime(RuntimeOptions(tuning=Tuning(compile=True)))
    yield fast
    fast.close()


@pytest.fixture
def compiled(compiling: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """Regional compilation as on a card (with the backend that needs no compiler of machine code)."""
    import torch

    compile_ = torch.nn.Module.compile
    monkeypatch.setattr(
        torch.nn.Module, "compile", lambda self, *a, **k: compile_(self, *a, **{**k, "backend": "aot_eager"})
    )
    monkeypatch.setattr("generation.imaging.engines.sdxl.shared", lambda: compiling)
    return compiling


def _graphs() -> int:
    """Pieces of code that were compiled so far."""
    import torch

    return int(torch._dynamo.utils.counters["stats"]["unique_graphs"])


def test_identity_conditions_a_compiled_model(compiled: Runtime) -> None:
    mine, other = shoots.drawn()[0], shoots.drawn(who=_somebody_else())[0]
    nobody = shoots.drawn(shoots.with_options(identity=0.0))[0]
    assert "compile" in next(iter(compiled._residents.values())).tuned.applied
    assert _graphs() > 0
    assert (mine != other).any() and (mine != nobody).any()


def test_other_weights_and_sizes_compile_nothing_anew(compiled: Runtime) -> None:
    """A resident process meets styles of every strength; PyTorch gives up on code that it compiles often."""
    first = shoots.drawn()[0]
    before = _graphs()
    assert (shoots.drawn(shoots.with_options(identity=0.3, style=0.9))[0] != first).any()
    shoots.drawn(shoots.with_options(identity=0.5, style=0.1), size=(160, 120), count=3)
    assert _graphs() == before


def test_short_of_memory_layers_take_turns_uncompiled(compiled: Runtime) -> None:
    """Layers move to the card and back while a block runs, which compiled code does not expect."""
    from generation.imaging.engines.tuning import denoiser_of, uncompile

    fast = shoots.drawn()[0]
    loaded = next(iter(compiled._residents.values()))
    uncompile(loaded.pipe, loaded.tuned)
    assert "compile" not in loaded.tuned.applied and "take turns" in loaded.tuned.left_out["compile"]
    assert not any(one._compiled_call_impl for one in denoiser_of(loaded.pipe).modules())
    assert int(np.abs(shoots.drawn()[0].astype(int) - fast.astype(int)).max()) <= 1
    # The next test's pipeline compiles again.
    compiled.close()


def test_faceid_needs_the_operators_word() -> None:
    assert _how(shoots.LOOK)["conditioned_by"] == shipped.IP_ADAPTER_ENCODER
    with shoots.using(shoots.licensed_store()):
        how = _how(shoots.LOOK)
    assert how["conditioned_by"].split() == [shipped.IP_ADAPTER_ENCODER, shipped.BUFFALO_L]


def test_faceid_takes_the_gallerys_embedding() -> None:
    silent = shoots.with_options(identity=0.0)
    without = shoots.drawn(silent)[0]
    with shoots.using(shoots.licensed_store()):
        mine, other = shoots.drawn()[0], shoots.drawn(who=_somebody_else())[0]
        nobody = shoots.drawn(silent)[0]
    assert (mine != other).any() and (mine != nobody).any()
    # Its LoRAs are part of the UNet then, whatever the weight of the adapter.
    assert (nobody != without).any()


def test_faceid_alone_makes_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the face adapter's pictures the same, the ArcFace embedding still decides."""
    from generation.imaging.engines import sdxl_identity

    with shoots.using(shoots.licensed_store()):
        mine = shoots.drawn()[0]
        known = np.random.default_rng(0).normal(size=512).astype(np.float32)
        monkeypatch.setattr(
            sdxl_identity, "gallery_embedding", lambda pack, gallery: known / np.linalg.norm(known)
        )
        assert (shoots.drawn()[0] != mine).any()


def test_faceid_plus_takes_embedding_and_face(monkeypatch: pytest.MonkeyPatch) -> None:
    from generation.imaging.engines import sdxl_identity
    from generation.imaging.engines.runtime import shared

    with shoots.using(shoots.licensed_store()):
        plain = shoots.drawn()[0]
    with shoots.using(shoots.plus_store()):
        mine = shoots.drawn()[0]
        assert (mine != plain).any()
        np.testing.assert_array_equal(shoots.drawn()[0], mine)
        assert (shoots.drawn(count=2)[0].astype(int) - mine.astype(int)).max() <= 1
        # Nobody's face stays in the UNet.
        weights = sdxl_load.installed(shoots.plus_store(), "final")
        assert sdxl_identity.plus_layer(shared()._residents[weights.key].pipe).clip_embeds is None
        given = sdxl_identity.faceid

        def other_embedding(pipe: Any, known: Any, face: Any, *, guided: bool) -> list[Any]:
            return given(pipe, known[::-1].copy(), face, guided=guided)

        def other_face(pipe: Any, known: Any, face: Any, *, guided: bool) -> list[Any]:
            return given(pipe, known, np.ascontiguousarray(255 - face), guided=guided)

        for changed in (other_embedding, other_face):
            monkeypatch.setattr(sdxl_identity, "faceid", changed)
            assert (shoots.drawn()[0] != mine).any()


def test_a_preview_has_the_loras_of_faceid_as_well() -> None:
    """Of two LoRAs that are loaded only one is merged: both must be in the weights."""
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import load_file

    weights = sdxl_load.installed(shoots.licensed_store(), "preview")
    assert weights.faceid and weights.few
    plain = UNet2DConditionModel.from_pretrained(weights.base / "unet", variant="fp16")
    unet = sdxl_load.build(weights)(torch.float32).unet
    faceid = torch.load(next(weights.faceid.iterdir()), weights_only=True)["ip_adapter"]
    few = load_file(next(weights.few.iterdir()))
    number, name = next(
        (at, one) for at, one in enumerate(plain.attn_processors) if one.endswith("attn2.processor")
    )
    layer = f"{name.rpartition('.')[0]}.to_q"
    moved = unet.get_submodule(layer).weight - plain.get_submodule(layer).weight
    own = faceid[f"{number}.to_q_lora.up.weight"] @ faceid[f"{number}.to_q_lora.down.weight"]
    fast = few[f"unet.{layer}.lora_B.weight"] @ few[f"unet.{layer}.lora_A.weight"]
    torch.testing.assert_close(moved, own + fast, atol=1e-4, rtol=1e-4)


def test_a_gallerys_embedding_is_the_mean_of_its_photos() -> None:
    from generation.imaging.engines.sdxl_identity import gallery_embedding

    pack = shoots.licensed_store().locate(shipped.BUFFALO_L)
    mine, other = shoots.gallery(), _somebody_else()
    both = Gallery((*mine.photos, *other.photos), ())
    one, two, mean = (gallery_embedding(pack, who) for who in (mine, other, both))
    np.testing.assert_allclose(mean, (one + two) / np.linalg.norm(one + two), atol=1e-5)
    assert np.linalg.norm(mean) == pytest.approx(1.0, abs=1e-5)


def test_a_preview_takes_few_steps_and_no_second_pass() -> None:
    look = shoots.with_options(quality="preview", refine=0.3)
    how = _how(look)
    assert (how["sampler"], how["steps"], how["refine"]) == ("lcm", 6, 0.0)
    assert shoots.drawn(look, size=(960, 1200))[0].shape == shoots.drawn(look)[0].shape
    assert (shoots.drawn(look)[0] != shoots.drawn(shoots.with_options(refine=0.0))[0]).any()


def test_warming_up_loads_what_a_shoot_then_uses() -> None:
    from generation.imaging.engines.runtime import shared

    for name in list(shared().residents()):
        shared().forget(name)
    find_engine("wardrobe").warm_up()  # type: ignore[attr-defined]
    assert list(shared().residents()) == [sdxl_load.installed(shoots.store(), "final").key]
    before = shared()._residents.copy()
    shoots.drawn()
    assert shared()._residents == before
