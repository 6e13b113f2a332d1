"""Identity survives what makes pictures faster, FaceID joins only behind its licence, previews are quick."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from generation.imaging.engines import sdxl_load
from generation.imaging.engines.runtime import Runtime
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


def test_identity_conditions_a_compiled_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regional compilation as on a card (with the backend that needs no compiler of machine code)."""
    import torch

    from generation.imaging.engines import runtime

    compile_ = torch.nn.Module.compile
    monkeypatch.setattr(
        torch.nn.Module, "compile", lambda self, *a, **k: compile_(self, *a, **{**k, "backend": "aot_eager"})
    )
    fast = Runtime(runtime.RuntimeOptions(tuning=Tuning(compile=True)))
    monkeypatch.setattr("generation.imaging.engines.sdxl.shared", lambda: fast)
    try:
        mine, other = shoots.drawn()[0], shoots.drawn(who=_somebody_else())[0]
        nobody = shoots.drawn(shoots.with_options(identity=0.0))[0]
        applied = next(iter(fast._residents.values())).tuned.applied
    finally:
        fast.close()
    assert "compile" in applied
    assert (mine != other).any() and (mine != nobody).any()


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
