"""How the operator's settings reach the engines that draw, and that no setting loses the person's face."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured

from generation.apps import runtime_options
from generation.imaging.engines import runtime
from portal.lib import env
from tests.workers import ROOT

TOLD = {
    "GPU_OFFLOAD": "model",
    "GPU_DTYPE": "bfloat16",
    "GPU_ATTENTION": "_native_math",
    "GPU_COMPILE": "yes",
    "GPU_CACHE": "first_block",
    "GPU_CHANNELS_LAST": "no",
    "GPU_BATCH": "3",
    "STEP_TIMEOUT_S": "77",
}


def _manage(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Code in a fresh process of the portal with these variables."""
    command = [sys.executable, "-c", f"import django; django.setup(); {code}"]
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", **environment}
    return subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_every_process_of_the_portal_draws_as_the_operator_says() -> None:
    done = _manage(
        "from generation.imaging.engines import runtime; o = runtime.configured(); t = o.tuning;"
        "print(o.offload, o.dtype, t.attention, t.compile, t.cache, t.channels_last, o.batch, "
        "o.step_limit_s)",
        **TOLD,
    )
    assert done.stdout.split() == [
        "model", "bfloat16", "_native_math", "True", "first_block", "False", "3", "77",
    ], done.stderr  # fmt: skip


def test_without_settings_nothing_changes_a_picture() -> None:
    usual = runtime_options()
    assert (usual.tuning.cache, usual.tuning.compile, usual.offload) == ("off", False, "auto")
    assert (usual.batch, usual.step_limit_s) == (8, runtime.STEP_LIMIT_S)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GPU_OFFLOAD", "everything", "one of auto, full, model, group, sequential, not 'everything'"),
        ("GPU_CACHE", "pyramid", "one of off, first_block"),
        ("GPU_BATCH", "0", "GPU_BATCH must be 1 or more"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_words(name: str, value: str, told: str) -> None:
    done = _manage("print('up')", **{name: value})
    assert done.returncode != 0 and "up" not in done.stdout
    assert told in done.stderr.splitlines()[-1]


def test_one_of_a_few_words_may_be_written_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPU_OFFLOAD", " Model ")
    assert env.choice("GPU_OFFLOAD", "auto", "model") == "model"
    monkeypatch.setenv("GPU_OFFLOAD", "")
    with pytest.raises(ImproperlyConfigured):
        env.choice("GPU_OFFLOAD", "auto", "model")


@pytest.fixture
def weights() -> Iterator[None]:
    pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")
    from tests.imaging.engines import shoots

    with shoots.using(shoots.store()):
        yield


WAYS: list[dict[str, Any]] = [
    {"GPU_CHANNELS_LAST": False},
    {"GPU_OFFLOAD": "model", "GPU_ATTENTION": "_native_math"},
    {"GPU_OFFLOAD": "group", "GPU_CACHE": "first_block"},
    {"GPU_OFFLOAD": "sequential"},
    {"GPU_BATCH": 1},
    {"GPU_DTYPE": "bfloat16"},
    pytest.param({"GPU_COMPILE": True, "GPU_CHANNELS_LAST": True}, marks=pytest.mark.slow),  # type: ignore[list-item]
]


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_the_persons_face_survives_every_setting(
    way: dict[str, Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.imaging.engines import shoots

    for name, value in way.items():
        setattr(settings, name, value)
    monkeypatch.setattr(runtime, "_shared", runtime.Runtime(runtime_options()))
    # Two weak steps of a tiny model change less than bfloat16 rounds away: then all steps, from noise.
    strength = 1.0 if "GPU_DTYPE" in way else 0.1
    with_face, without = (
        shoots.drawn(shoots.with_options(identity=identity, strength=strength))[0].astype(int)
        for identity in (0.8, 0.0)
    )
    assert np.abs(with_face - without).max() > 0, "the face was lost"
    # The face's adapters sit in the attention processors, where fused projections would replace them.
    (loaded,) = runtime.shared()._residents.values()
    kept = [name for name in loaded.pipe.unet.attn_processors if name.endswith("attn2.processor")]
    kinds = {type(loaded.pipe.unet.attn_processors[name]).__name__ for name in kept}
    assert kept and kinds == {"IPAdapterAttnProcessor2_0"}
