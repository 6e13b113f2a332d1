"""Micro-batches: as many pictures at a time as memory allows, then a clear failure."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from generation.imaging.engines.placement import Needs
from generation.imaging.engines.runtime import Loaded, Runtime, RuntimeOptions
from generation.imaging.engines.tuning import Tuned
from generation.imaging.errors import EngineError
from generation.imaging.messages import sentence


@pytest.fixture
def loaded() -> Loaded:
    runtime = Runtime(RuntimeOptions(device="cpu"))
    return Loaded("klein", SimpleNamespace(), Needs(0, 0), "full", Tuned(), runtime, 0.0)


class Card:
    """A card on which `room` pictures fit; notes how many were tried at a time."""

    def __init__(self, room: int) -> None:
        self.room, self.tried = room, []

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.tried.append(len(items))
        if len(items) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return [item * 10 for item in items]


def test_a_batch_that_does_not_fit_is_halved_and_nothing_is_lost(loaded: Loaded) -> None:
    card = Card(room=3)
    assert list(loaded.batches(range(7), 8, card)) == [(one, one * 10) for one in range(7)]
    assert card.tried == [7, 3, 3, 1]


def test_the_size_that_fitted_is_remembered_for_its_kind_only(loaded: Loaded) -> None:
    card = Card(room=2)
    list(loaded.batches(range(4), 4, card, kind="1024x1280"))
    card.tried.clear()
    list(loaded.batches(range(4), 4, card, kind="1024x1280"))
    assert card.tried == [2, 2]
    card.room = 4
    list(loaded.batches(range(4), 4, card, kind="512x640"))
    assert card.tried == [2, 2, 4]


def test_a_single_picture_that_does_not_fit_is_a_clear_failure(loaded: Loaded) -> None:
    with pytest.raises(EngineError) as error:
        list(loaded.batches(range(3), 2, Card(room=0)))
    assert error.value.code == "gpu_memory"
    assert "klein" in sentence("gpu_memory", **error.value.data)


def test_other_failures_are_not_taken_for_memory(loaded: Loaded) -> None:
    tried: list[int] = []

    def broken(items: Sequence[int]) -> list[Any]:
        tried.append(len(items))
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        list(loaded.batches(range(4), 4, broken))
    assert tried == [4]


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "CUDA error: out of memory",
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes",
    ],
)
def test_memory_that_libraries_lack_halves_the_batch_too(loaded: Loaded, words: str) -> None:
    tried: list[int] = []

    def small(items: Sequence[int]) -> list[int]:
        tried.append(len(items))
        if len(items) > 1:
            raise RuntimeError(words)
        return list(items)

    assert len(list(loaded.batches(range(2), 2, small))) == 2
    assert tried == [2, 1, 1]
