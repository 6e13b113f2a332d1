"""The model store: what gets in, what comes out, and what is noticed in between."""

import json
import os
import shutil
from pathlib import Path

import pytest

from generation.imaging.errors import EngineError
from generation.imaging.models.store import ModelStore, variant_of
from tests.imaging.weights import TABLE, pipeline, safetensors, sha256


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    root = tmp_path / "models"
    root.mkdir()
    (root / "table.toml").write_text(TABLE)
    return ModelStore(root)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return pipeline(tmp_path / "source")


WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def refused(code: str, call: object, *args: object) -> EngineError:
    with pytest.raises(EngineError) as caught:
        call(*args)  # type: ignore[operator]
    assert caught.value.code == code
    return caught.value


def test_an_installed_model_is_found_with_its_files(store: ModelStore, source: Path) -> None:
    refused("model_missing", store.locate, "tiny")
    installed = store.install_from_directory("tiny", source)
    assert store.locate("tiny") == installed
    assert (installed / WEIGHTS).read_bytes() == (source / WEIGHTS).read_bytes()
    state = store.state("tiny")
    assert (state.state, state.pinned, state.refused) == ("installed", "first use", None)
    assert state.size_bytes == sum(file.stat().st_size for file in source.rglob("*") if file.is_file())


def test_the_manifest_pins_every_checksum(store: ModelStore, source: Path) -> None:
    store.install_from_directory("tiny", source)
    manifest = json.loads((store.root / "tiny" / "manifest.json").read_text())
    pinned = {file["path"]: file["sha256"] for file in manifest["files"]}
    assert pinned[WEIGHTS] == sha256(safetensors())
    assert set(pinned) == {"model_index.json", "unet/config.json", WEIGHTS}


def test_a_changed_weight_is_noticed_though_its_size_and_time_are_kept(
    store: ModelStore, source: Path
) -> None:
    file = store.install_from_directory("tiny", source) / WEIGHTS
    times = file.stat()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert refused("model_changed", store.locate, "tiny").data["file"] == WEIGHTS
    assert store.state("tiny").state == "changed"
    refused("model_changed", store.verify, "tiny")


def test_a_touched_file_with_the_same_content_still_loads(store: ModelStore, source: Path) -> None:
    file = store.install_from_directory("tiny", source) / WEIGHTS
    os.utime(file)
    assert store.state("tiny").state == "changed"
    store.locate("tiny")
    assert store.state("tiny").state == "installed"


def test_a_missing_file_is_named(store: ModelStore, source: Path) -> None:
    (store.install_from_directory("tiny", source) / WEIGHTS).unlink()
    assert refused("model_incomplete", store.locate, "tiny").data["file"] == WEIGHTS
    assert store.state("tiny").state == "incomplete"


def test_a_file_slipped_in_is_noticed(store: ModelStore, source: Path) -> None:
    (store.install_from_directory("tiny", source) / "unet" / "more.safetensors").write_bytes(safetensors(1))
    assert refused("model_changed", store.locate, "tiny").data["file"] == "unet/more.safetensors"


def test_truncated_weights_do_not_get_in(store: ModelStore, source: Path) -> None:
    file = source / WEIGHTS
    file.write_bytes(file.read_bytes()[:-100])
    assert refused("model_incomplete", store.install_from_directory, "tiny", source).data["file"] == WEIGHTS
    refused("model_missing", store.locate, "tiny")


def test_a_missing_shard_is_named(store: ModelStore, source: Path) -> None:
    index = {"weight_map": {"a": "diffusion_pytorch_model.safetensors", "b": "second.safetensors"}}
    (source / "unet" / "x.safetensors.index.json").write_text(json.dumps(index))
    error = refused("model_incomplete", store.install_from_directory, "tiny", source)
    assert error.data["file"] == "second.safetensors"


def test_pickles_are_left_out_and_refused_where_they_are_needed(store: ModelStore, source: Path) -> None:
    (source / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04.")
    installed = store.install_from_directory("tiny", source)
    assert not list(installed.rglob("*.bin"))
    (source / WEIGHTS).unlink()
    error = refused("model_unsafe", store.install_from_directory, "tiny", source)
    assert error.data["file"] == "unet/diffusion_pytorch_model.bin"
    # The one that was installed before still stands.
    assert store.locate("tiny") == installed


def test_an_entry_may_allow_a_kind(store: ModelStore, tmp_path: Path) -> None:
    folder = tmp_path / "faceid"
    folder.mkdir()
    (folder / "ip-adapter-faceid_sdxl.bin").write_bytes(b"weights")
    free = ModelStore(store.root, allow_noncommercial=True)
    free.accept_licence("ip-adapter-faceid-sdxl", "jo@acme.example")
    free.install_from_directory("ip-adapter-faceid-sdxl", folder)
    assert (free.locate("ip-adapter-faceid-sdxl") / "ip-adapter-faceid_sdxl.bin").is_file()


def test_a_noncommercial_model_needs_the_switch(store: ModelStore, source: Path) -> None:
    store.accept_licence("tiny-research", "jo@acme.example")
    refused("model_licence", store.install_from_directory, "tiny-research", source)
    free = ModelStore(store.root, allow_noncommercial=True)
    free.install_from_directory("tiny-research", source)
    free.locate("tiny-research")
    # Taken back, it no longer loads.
    refused("model_licence", store.locate, "tiny-research")
    assert store.state("tiny-research").refused == "model_licence"


def test_a_licence_with_terms_must_be_accepted_as_it_reads(store: ModelStore, source: Path) -> None:
    refused("model_not_accepted", store.install_from_directory, "tiny-rail", source)
    store.accept_licence("tiny-rail", "jo@acme.example")
    store.install_from_directory("tiny-rail", source)
    assert store.state("tiny-rail").accepted_by == "jo@acme.example"
    table = store.root / "table.toml"
    table.write_text(table.read_text().replace('licence = "OpenRAIL++"', 'licence = "OpenRAIL 3"'))
    refused("model_not_accepted", store.locate, "tiny-rail")


def test_checksums_of_the_table_bind(store: ModelStore, source: Path) -> None:
    files = [
        {
            "path": path,
            "sha256": sha256((source / path).read_bytes()),
            "size_bytes": (source / path).stat().st_size,
        }
        for path in ("model_index.json", "unet/config.json", WEIGHTS)
    ]
    rows = "".join(
        f'\n[[pinned.files]]\npath = "{one["path"]}"\nsha256 = "{one["sha256"]}"\n'
        f"size_bytes = {one['size_bytes']}\n"
        for one in files
    )
    table = store.root / "table.toml"
    table.write_text(
        f'{TABLE}\n[pinned]\nrole = "base"\nlicence = "MIT"\ncommercial = true\nsource = "x"\n{rows}'
    )
    store.install_from_directory("pinned", source)
    assert store.state("pinned").pinned == "table"
    (source / "unet" / "config.json").write_text('{"other": 1}')
    assert refused("model_changed", store.install_from_directory, "pinned", source).data == {
        "model": "pinned",
        "file": "unet/config.json",
    }


def test_no_space_is_said_before_anything_is_copied(
    store: ModelStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(source)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    error = refused("model_no_space", store.install_from_directory, "tiny", source)
    assert error.data["free_mb"] == 1
    assert not list((store.root / ".partial").rglob("*.safetensors"))


def test_a_second_installation_at_once_is_refused(store: ModelStore, source: Path) -> None:
    def again(what: str, done: int, total: int) -> None:
        refused("model_busy", store.install_from_directory, "tiny", source)
        refused("model_busy", store.remove, "tiny")

    store.install_from_directory("tiny", source, again)
    store.locate("tiny")


def test_an_interrupted_installation_leaves_nothing_that_loads(store: ModelStore, source: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.install_from_directory("tiny", source, stop)
    assert store.state("tiny").state == "partial"
    refused("model_missing", store.locate, "tiny")
    store.install_from_directory("tiny", source)
    store.locate("tiny")


def test_removing_frees_the_disk_and_says_whether_there_was_something(
    store: ModelStore, source: Path
) -> None:
    store.install_from_directory("tiny", source)
    assert store.remove("tiny")
    assert not store.remove("tiny")
    assert not list(store.root.rglob("*.safetensors"))


def test_links_of_the_hubs_cache_are_copied_as_files(store: ModelStore, source: Path, tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    (source / WEIGHTS).rename(blob)
    (source / WEIGHTS).symlink_to(blob)
    installed = store.install_from_directory("tiny", source)
    blob.unlink()
    assert (installed / WEIGHTS).read_bytes() == safetensors()


def test_renamed_files_are_found_under_both_names(store: ModelStore, tmp_path: Path) -> None:
    for index, stem in enumerate(("_promax", "")):
        folder = tmp_path / f"union{index}"
        folder.mkdir()
        (folder / f"config{stem}.json").write_text("{}")
        (folder / f"diffusion_pytorch_model{stem}.safetensors").write_bytes(safetensors(index))
        installed = store.install_from_directory("sdxl-controlnet-union-promax", folder)
        assert sorted(file.name for file in installed.iterdir()) == [
            "config.json",
            "diffusion_pytorch_model.safetensors",
        ]


def test_the_variant_of_a_pipeline_is_told(tmp_path: Path) -> None:
    assert variant_of(pipeline(tmp_path)) is None
    (tmp_path / WEIGHTS).rename(tmp_path / "unet" / "diffusion_pytorch_model.fp16.safetensors")
    assert variant_of(tmp_path) == "fp16"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x]\nrole = ", "Invalid value"),
        ('[x]\nrole = "cook"\ncommercial = true', "role is one of"),
        ('[x]\nrole = "base"\ncommercial = true\nlicence = "MIT"', "source"),
        ('["../x"]\nrole = "base"', "is not a name"),
        ('[x]\nrole = "base"\ncommercial = true\nlicence = "MIT"\nsource = ""\ncolour = 1', "colour"),
    ],
)
def test_a_broken_table_says_where(store: ModelStore, text: str, said: str) -> None:
    (store.root / "table.toml").write_text(text)
    error = refused("model_table_invalid", store.locate, "tiny")
    assert said in error.data["detail"]


def test_models_of_wheels_are_verified_and_stay(store: ModelStore) -> None:
    assert store.locate("mediapipe-face-short-range").suffix == ".tflite"
    assert store.state("dlib-resnet-v1").state == "carried"
    refused("model_carried", store.remove, "dlib-resnet-v1")
    refused("model_unknown", store.locate, "nothing")
