"""Where weights go by measured free memory: the fastest way that fits, or a sentence that says what lacks."""

import pytest

pytest.importorskip("torch")

from generation.imaging.engines import placement
from generation.imaging.engines.placement import Needs, Sizes
from generation.imaging.engines.runtime import Runtime, RuntimeOptions
from generation.imaging.errors import EngineError
from generation.imaging.messages import sentence

GB = 10**9
# Qwen-Image-Edit in bfloat16: a 41 GB transformer, a 17 GB text encoder, the embedding as its largest layer.
QWEN = Sizes(total=58 * GB, largest_model=41 * GB, largest_layer=int(1.1 * GB), beside_layers=int(0.25 * GB))


@pytest.mark.parametrize(
    ("card_gb", "way"),
    [(139, "full"), (78, "full"), (47, "model"), (23, "group"), (7, "group"), (4.8, "sequential")],
)
def test_each_card_gets_the_fastest_way_that_fits(card_gb: float, way: str) -> None:
    assert placement.decide(QWEN, 3 * GB, int(card_gb * GB)) == way


# SDXL with ControlNet-Union and two adapters in bfloat16; the ControlNet stays beside the UNet.
SDXL = Sizes(total=14 * GB, largest_model=int(9.3 * GB), largest_layer=int(0.1 * GB), beside_layers=GB)


@pytest.mark.parametrize(("card_gb", "way"), [(78, "full"), (22.5, "model"), (14.6, "group")])
def test_finals_of_sdxl_fit_the_cards_that_people_have(
    card_gb: float, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """80, 24 and 16 GB, at the size of the second pass."""
    from pathlib import Path

    from generation.imaging.engines import sdxl_load

    monkeypatch.setattr(sdxl_load, "file_bytes", lambda folder: 0)
    parts = ("base", "control", "face", "style", "encoder", "vae")
    weights = sdxl_load.Weights(*map(Path, parts), None, None, None, "")  # type: ignore[arg-type]
    working = weights.needs((1856, 2304)).working
    assert placement.decide(SDXL, working, int(card_gb * GB)) == way


def test_a_card_that_is_too_small_says_what_is_needed() -> None:
    with pytest.raises(EngineError) as error:
        placement.decide(QWEN, 3 * GB, 4 * GB)
    assert error.value.code == "gpu_too_small"
    assert error.value.data == {"need_gb": 4.6, "free_gb": 4.0}
    assert "4.6 GB" in sentence(error.value.code, **error.value.data)


def test_room_is_made_by_forgetting_what_was_unused_longest() -> None:
    free, gone = [10], []

    class Pipe:
        def __init__(self, name: str) -> None:
            self.name = name

        def remove_all_hooks(self) -> None:
            gone.append(self.name)
            free[0] += 30

    from generation.imaging.engines.runtime import Loaded
    from generation.imaging.engines.tuning import Tuned

    runtime = Runtime(RuntimeOptions(device="cpu"), free=lambda device: free[0])
    for at, name in enumerate(("sdxl", "klein", "edit")):
        kept = Loaded(name, Pipe(name), Needs(0, 0), "full", Tuned(), runtime, 0.0, last_used=(7, 3, 5)[at])
        runtime._residents[name] = kept
    runtime.make_room(60)
    assert gone == ["klein", "edit"]
    assert list(runtime.residents()) == ["sdxl"]
