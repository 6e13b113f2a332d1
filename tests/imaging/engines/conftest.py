"""Weights for the edit engine, tiny and random, installed in a store; the runtime of this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from generation.imaging.models import configured, shipped
from generation.imaging.models.store import ModelStore


@pytest.fixture(scope="session")
def edit_store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """A store with both models of the edit engine, installed from folders as an operator would."""
    pytest.importorskip("torch")
    from tests.imaging.engines import tiny_edit

    made = tmp_path_factory.mktemp("edit-weights")
    store = ModelStore(made / "store")
    store.install_from_directory(shipped.FLUX2_KLEIN, tiny_edit.save_klein(made / "klein"))
    store.install_from_directory(shipped.QWEN_EDIT, tiny_edit.save_qwen(made / "qwen"))
    return store


@pytest.fixture
def edit_models(edit_store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The edit engine of this process with tiny models and sizes; the store's folder."""
    import diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus as qwen

    from generation.imaging.engines import edit, runtime

    monkeypatch.setattr(qwen, "VAE_IMAGE_SIZE", 64 * 64)
    monkeypatch.setattr(qwen, "CONDITION_IMAGE_SIZE", 56 * 56)
    monkeypatch.setattr(edit, "FINAL_SIZE", (64, 80))
    monkeypatch.setattr(edit, "PREVIEW_SIZE", (64, 80))
    monkeypatch.setattr(runtime, "_shared", runtime.Runtime(runtime.RuntimeOptions(device="cpu")))
    monkeypatch.setattr(configured, "_current", configured.Configuration(edit_store))
    yield edit_store.root
    runtime.shared().close()
