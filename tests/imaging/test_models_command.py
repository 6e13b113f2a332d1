"""manage.py models: what an operator reads, is asked, and gets as an exit status."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generation.imaging.models import configured
from generation.imaging.models.store import ModelStore
from tests.imaging.hubserver import COMMIT, Hub, serving
from tests.imaging.weights import TABLE, pipeline, safetensors

ROOT = Path(__file__).resolve().parent.parent.parent
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"
BIG = safetensors(1, 6_000_000)
# What the hub's library writes at a time.
KEPT = 10 * 1024 * 1024


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    before = configured.configuration()
    root = tmp_path / "models"
    root.mkdir()
    (root / "table.toml").write_text(TABLE)
    configured.configure(configured.Configuration(ModelStore(root)))
    yield root
    configured.configure(before)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    pytest.importorskip("huggingface_hub", reason="downloads need the diffusion extra")
    files = {"model_index.json": b"{}", "unet/config.json": b"{}", WEIGHTS: BIG}
    with serving(Hub(files=files)) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


def models(*arguments: object) -> str:
    out = io.StringIO()
    call_command("models", *map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refused(status: int, *arguments: object) -> str:
    with pytest.raises(CommandError) as caught:
        models(*arguments)
    assert caught.value.returncode == status
    return str(caught.value)


def test_the_list_has_every_model_with_role_size_licence_and_state(root: Path, tmp_path: Path) -> None:
    models("install", "tiny", "--from", pipeline(tmp_path / "source"), "--yes")
    lines = {line.split()[0]: line for line in models("list").splitlines() if line.strip()}
    assert "carried" in lines["dlib-resnet-v1"]
    assert "CC0-1.0" in lines["dlib-resnet-v1"]
    assert "installed" in lines["tiny"]
    assert "16 kB" in lines["tiny"]
    assert "missing, switched off" in lines["insightface-buffalo-l"]
    assert "missing, licence not accepted" in lines["sdxl-base"]
    assert lines["sdxl-base"].endswith("yes")
    assert lines["ip-adapter-faceid-sdxl"].endswith("no")


def test_the_list_as_json_says_everything(root: Path) -> None:
    rows = {row["name"]: row for row in json.loads(models("list", "--json"))["models"]}
    row = rows["qwen-image-edit-2511"]
    assert (row["state"], row["licence"], row["commercial"]) == ("missing", "Apache-2.0", True)
    assert row["needs_bytes"]["gpu"] > 40 * 10**9
    assert rows["insightface-antelopev2"]["refused"] == "model_licence"


def test_needs_are_shown_and_a_yes_is_asked_for(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = pipeline(tmp_path / "source")
    assert "add --yes" in refused(2, "install", "tiny", "--from", source)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert refused(1, "install", "tiny", "--from", source) == "Nothing was changed."
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    said = models("install", "tiny", "--from", source)
    for word in ("Licence: Apache-2.0", "Disk: about", "Memory when loaded", "Graphics memory", "[y/N]"):
        assert word in said
    assert "tiny is installed" in said


def test_the_graphics_cards_of_this_machine_are_named(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = pipeline(tmp_path / "source")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no card is seen here" in models("install", "tiny", "--from", source, "--yes")
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 81559\necho 24564\n")
    tool.chmod(0o755)
    assert "; 85.5 GB, 25.8 GB" in models("install", "tiny", "--from", source, "--yes")


def test_a_download_shows_commit_and_size_first(root: Path, hub: Hub) -> None:
    said = models("install", "tiny", "--yes")
    assert f"at commit {COMMIT}" in said
    assert "3 files, 24 MB, checksums from the hub's own listing, pinned on first use" in said
    assert said.index("3 files") < said.index("tiny is installed")


def test_offline_installs_from_a_folder_only(root: Path, hub: Hub, tmp_path: Path) -> None:
    assert "--from DIR" in refused(1, "install", "tiny", "--offline", "--yes")
    models("install", "tiny", "--offline", "--yes", "--from", pipeline(tmp_path / "source"))
    assert hub.asked == []


def test_a_licence_is_accepted_by_somebody(root: Path, tmp_path: Path) -> None:
    source = pipeline(tmp_path / "source")
    assert "models accept tiny-rail" in refused(1, "install", "tiny-rail", "--from", source, "--yes")
    said = models("accept", "tiny-rail", "--who", "Jo Lee", "--yes")
    assert "OpenRAIL++" in said
    assert "https://example.com/rail" in said
    models("install", "tiny-rail", "--from", source, "--yes")
    rows = {row["name"]: row for row in json.loads(models("list", "--json"))["models"]}
    assert rows["tiny-rail"]["accepted_by"] == "Jo Lee"


def test_the_switch_for_noncommercial_models_is_named(root: Path, tmp_path: Path) -> None:
    source = pipeline(tmp_path / "source")
    models("accept", "tiny-research", "--yes")
    said = refused(1, "install", "tiny-research", "--from", source, "--yes")
    assert "MODELS_ALLOW_NONCOMMERCIAL=yes" in said


def test_verify_names_what_changed_and_ends_with_1(root: Path, tmp_path: Path) -> None:
    models("install", "tiny", "--from", pipeline(tmp_path / "source"), "--yes")
    assert "ok" in models("verify", "tiny")
    file = root / "tiny" / "files" / WEIGHTS
    file.write_bytes(safetensors(9))
    out = io.StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("models", "verify", "--json", stdout=out, stderr=io.StringIO())
    assert caught.value.code == 1
    rows = {row["name"]: row for row in json.loads(out.getvalue())["models"]}
    assert rows["tiny"]["code"] == "model_changed"
    assert WEIGHTS in rows["tiny"]["message"]
    assert rows["dlib-resnet-v1"]["ok"]


def test_remove_asks_and_removes(root: Path, tmp_path: Path) -> None:
    models("install", "tiny", "--from", pipeline(tmp_path / "source"), "--yes")
    refused(2, "remove", "tiny")
    assert "is removed" in models("remove", "tiny", "--yes")
    assert "was not there" in models("remove", "tiny", "--yes")


def test_misuse_is_status_2(root: Path, tmp_path: Path) -> None:
    assert "models list" in refused(2, "install", "nothing", "--yes")
    assert "no folder" in refused(2, "install", "tiny", "--from", tmp_path / "nowhere", "--yes")
    assert "mediapipe" in refused(2, "install", "mediapipe-face-short-range", "--yes")


def test_a_killed_download_goes_on_in_the_next_process(root: Path, hub: Hub, tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "models", "install", "tiny", "--yes"]
    env = {**os.environ, "MODELS_DIR": str(root), "VAR_DIR": str(tmp_path), "HF_ENDPOINT": hub.url}
    env["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    # The server stops after what the client keeps, and waits.
    hub.chunk, hub.between = 12_000_000, threading.Event()
    first = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    parts = root / ".partial" / "tiny" / "parts"
    deadline = time.monotonic() + 60
    while not any(file.stat().st_size >= KEPT for file in parts.glob("*")):
        assert first.poll() is None, first.stderr and first.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    hub.between.set()
    hub.mend()
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "tiny is installed: 24 MB" in done.stdout
    assert hub.asked == [(WEIGHTS, f"bytes={KEPT}-")]
    assert (ModelStore(root).locate("tiny") / WEIGHTS).read_bytes() == BIG


# What requirements/base.txt does not bring.
WITHOUT_DIFFUSION = """
import importlib.abc, sys
GONE = {"torch", "diffusers", "huggingface_hub", "insightface", "onnxruntime", "onnx"}
class Gone(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in GONE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Gone())
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


def test_without_the_diffusion_packages_folders_are_installed_and_downloads_say_what_is_missing(
    root: Path, tmp_path: Path
) -> None:
    env = {**os.environ, "MODELS_DIR": str(root), "VAR_DIR": str(tmp_path)}
    env["DJANGO_SETTINGS_MODULE"] = "portal.settings"

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", WITHOUT_DIFFUSION, "models", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)

    refused = run("install", "tiny", "--yes")
    assert refused.returncode == 1
    assert "huggingface_hub" in refused.stderr
    assert "--from DIR" in refused.stderr
    assert "Traceback" not in refused.stderr
    done = run("install", "tiny", "--yes", "--from", pipeline(tmp_path / "source"))
    assert done.returncode == 0, done.stderr
    assert run("verify", "tiny").returncode == 0
