"""Downloads from a hub: whole, broken off, tampered with, under another licence."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from generation.imaging.errors import Cancelled, EngineError
from generation.imaging.models.store import ModelStore
from tests.imaging.hubserver import COMMIT, Hub, serving
from tests.imaging.weights import TABLE, safetensors

pytest.importorskip("huggingface_hub", reason="downloads need the diffusion extra")

WEIGHTS = "unet/diffusion_pytorch_model.safetensors"
# 24 MB: the hub's library writes 10 MB at a time, so it can break off in the middle.
BIG = safetensors(1, 6_000_000)
BROKEN = 15_000_000
KEPT = 10 * 1024 * 1024


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    files = {
        "model_index.json": b'{"_class_name": "Tiny"}',
        "unet/config.json": b"{}",
        WEIGHTS: BIG,
        "unet/diffusion_pytorch_model.bin": b"\x80\x04.",
        "README.md": b"# Tiny",
    }
    with serving(Hub(files=files)) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    root = tmp_path / "models"
    root.mkdir()
    (root / "table.toml").write_text(TABLE)
    return ModelStore(root)


def refused(code: str, store: ModelStore, name: str = "tiny") -> EngineError:
    with pytest.raises(EngineError) as caught:
        store.install_from_hub(name)
    assert caught.value.code == code, caught.value
    return caught.value


def test_a_model_is_fetched_checked_and_pinned_to_its_commit(hub: Hub, store: ModelStore) -> None:
    heard: list[tuple[int, int]] = []
    installed = store.install_from_hub("tiny", lambda what, done, total: heard.append((done, total)))
    assert (installed / WEIGHTS).read_bytes() == BIG
    assert sorted(path.name for path in installed.rglob("*") if path.is_file()) == [
        "config.json",
        "diffusion_pytorch_model.safetensors",
        "model_index.json",
    ]
    assert store.locate("tiny") == installed
    assert store.state("tiny").revision == COMMIT
    # Told as it goes, never backwards, up to the whole.
    assert len(heard) > 3
    assert heard == sorted(heard)
    assert heard[-1][0] == heard[-1][1] == len(BIG) + 2 + len(hub.files["model_index.json"])


def test_a_broken_off_download_goes_on_where_it_stopped(hub: Hub, store: ModelStore) -> None:
    hub.breaks[WEIGHTS] = BROKEN
    refused("model_download_failed", store)
    assert store.state("tiny").state == "partial"
    hub.mend()
    installed = store.install_from_hub("tiny")
    assert (installed / WEIGHTS).read_bytes() == BIG
    # One request, for the rest; the small files that were whole are not asked for again either.
    assert hub.asked == [(WEIGHTS, f"bytes={KEPT}-")]
    assert hub.sent[WEIGHTS] == len(BIG) - KEPT


def test_stopping_in_the_middle_keeps_what_is_there(hub: Hub, store: ModelStore) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if done > total * 2 // 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        store.install_from_hub("tiny", stop)
    hub.mend()
    store.install_from_hub("tiny")
    # What was sent cannot be counted: the broken transfer's last part may still be on its way.
    assert (WEIGHTS, f"bytes={KEPT}-") in hub.asked


def test_a_part_of_another_commit_is_not_continued(hub: Hub, store: ModelStore) -> None:
    hub.breaks[WEIGHTS] = BROKEN
    refused("model_download_failed", store)
    hub.mend()
    hub.commit, hub.files[WEIGHTS] = "b" * 40, safetensors(2, 6_000_000)
    installed = store.install_from_hub("tiny")
    assert (installed / WEIGHTS).read_bytes() == hub.files[WEIGHTS]
    assert store.state("tiny").revision == "b" * 40


@pytest.mark.parametrize("path", [WEIGHTS, "unet/config.json"])
def test_a_tampered_file_is_named_and_nothing_is_installed(hub: Hub, store: ModelStore, path: str) -> None:
    right = hub.files[path]
    hub.tampered[path] = right[:-1] + bytes([right[-1] ^ 1])
    assert refused("model_changed", store).data["file"] == path
    assert store.state("tiny").state == "partial"
    # It is fetched anew, not kept.
    hub.mend()
    store.install_from_hub("tiny")
    assert (store.locate("tiny") / path).read_bytes() == right


def test_a_file_that_is_cut_short_is_not_taken(hub: Hub, store: ModelStore) -> None:
    hub.tampered["unet/config.json"] = b"{"
    refused("model_download_failed", store)


def test_another_licence_on_the_hub_stops_it_before_anything_is_fetched(hub: Hub, store: ModelStore) -> None:
    hub.licence = "cc-by-nc-4.0"
    assert refused("model_hub_licence", store).data["found"] == "cc-by-nc-4.0"
    assert hub.asked == []


def test_a_noncommercial_model_is_not_even_looked_up(hub: Hub, store: ModelStore) -> None:
    refused("model_licence", store, "tiny-research")
    refused("model_not_accepted", store, "tiny-rail")
    assert hub.asked == []


def test_too_little_space_is_said_before_anything_is_fetched(
    hub: Hub, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(store.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=len(BIG)))
    error = refused("model_no_space", store)
    assert error.data["needed_mb"] > error.data["free_mb"] == len(BIG) // 1_000_000
    assert hub.asked == []


def test_offline_nothing_is_asked(hub: Hub, store: ModelStore) -> None:
    refused("model_offline", ModelStore(store.root, offline=True))
    assert hub.asked == []


def test_a_gated_model_says_what_to_do(hub: Hub, store: ModelStore) -> None:
    hub.gated = True
    assert refused("model_gated", store).data["source"] == "https://example.com/tiny"


def test_a_hub_that_is_away_is_one_sentence(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "refused" in refused("model_download_failed", store).data["detail"]


def test_a_repository_that_lost_its_safetensors_is_incomplete(hub: Hub, store: ModelStore) -> None:
    del hub.files[WEIGHTS]
    assert refused("model_incomplete", store).data["file"] == "unet/*.safetensors"


def test_a_pickle_named_by_an_entry_is_refused_unless_it_says_so(hub: Hub, store: ModelStore) -> None:
    table = store.root / "table.toml"
    entry = (
        '[faceid]\nrole = "adapter"\nrepo = "acme/tiny"\nlicence = "MIT"\ncommercial = true\nsource = "x"\n'
    )
    include = 'include = ["unet/diffusion_pytorch_model.bin"]\n'
    table.write_text(entry + include)
    assert refused("model_unsafe", store, "faceid").data["file"] == "unet/diffusion_pytorch_model.bin"
    table.write_text(entry + include + 'also_allowed = [".bin"]\n')
    store.install_from_hub("faceid")
    assert [path.name for path in store.locate("faceid").rglob("*.bin")] == ["diffusion_pytorch_model.bin"]


def test_a_pack_comes_as_a_zip_file(hub: Hub, store: ModelStore) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as content:
        content.writestr("pack/recognition.onnx", BIG)
        content.writestr("pack/readme.exe", b"no")
    hub.files["pack.onnx"] = packed.getvalue()
    (store.root / "table.toml").write_text(
        '[pack]\nrole = "identity"\nlicence = "MIT"\ncommercial = true\nsource = "x"\n'
        f'archive = "{hub.url}/storage/pack.onnx"\nrequired = ["*.onnx"]\n'
    )
    hub.breaks["pack.onnx"] = BROKEN
    refused("model_download_failed", store, "pack")
    hub.mend()
    installed = store.install_from_hub("pack")
    assert [path.name for path in installed.iterdir()] == ["recognition.onnx"]
    assert hub.sent["pack.onnx"] == len(hub.files["pack.onnx"]) - KEPT


@pytest.mark.parametrize("name", ["../outside.onnx", "/etc/outside.onnx", "a/../../outside.onnx"])
def test_a_zip_that_leads_outside_is_refused(store: ModelStore, tmp_path: Path, name: str) -> None:
    archive = tmp_path / "pack.zip"
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("inside.onnx", b"x" * 1000)
        content.writestr(name, b"x" * 1000)
    with pytest.raises(EngineError) as caught:
        store.install_from_directory("tiny", archive)
    assert caught.value.code == "model_changed"
    assert not list(tmp_path.rglob("outside*"))


def test_a_zip_bomb_is_refused(store: ModelStore, tmp_path: Path) -> None:
    archive = tmp_path / "pack.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as content:
        content.writestr("model.onnx", bytes(50_000_000))
    with pytest.raises(EngineError) as caught:
        store.install_from_directory("tiny", archive)
    assert caught.value.code == "model_changed"
    assert sum(file.stat().st_size for file in store.root.rglob("*") if file.is_file()) < 100_000
