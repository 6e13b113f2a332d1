"""Which graphics cards get a worker, and what runs without one."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.lib import gpus
from portal.management.commands import up
from portal.management.commands.up import programs


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    return tmp_path


def test_visible_cards_are_counted_by_their_device_files(devices: Path) -> None:
    assert gpus.visible("auto", devices) == [0, 1]
    assert gpus.visible("none", devices) == []
    assert gpus.visible("3,1", devices) == [1, 3]


@pytest.mark.parametrize("wanted", ["all", "0;1", "-1", "0,"])
def test_anything_else_is_refused_in_words(devices: Path, wanted: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="GPUS must be auto, none or numbers"):
        gpus.visible(wanted, devices)


@pytest.mark.parametrize(("shown", "claimed"), [("", "1"), ("5,7", "7"), ("GPU-a,GPU-b", "GPU-b")])
def test_a_claim_stays_within_what_the_machine_shows(
    monkeypatch: pytest.MonkeyPatch, shown: str, claimed: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
    gpus.claim(1)
    import os

    assert os.environ["CUDA_VISIBLE_DEVICES"] == claimed


def _gpu_programs() -> dict[str, list[str]]:
    return {name: command[2:] for name, command in programs().items() if name.startswith("gpu")}


def test_each_card_has_a_worker(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(gpus, "can_generate", lambda: True)
    settings.GPUS = "0,1"
    assert _gpu_programs() == {
        "gpu.0": ["work", "--verbosity", "0", "gpu", "--gpu", "0"],
        "gpu.1": ["work", "--verbosity", "0", "gpu", "--gpu", "1"],
    }


def test_without_a_card_one_worker_uses_the_processor(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(gpus, "can_generate", lambda: True)
    settings.GPUS = "none"
    # Nothing is installed: nothing could be drawn.
    assert _gpu_programs() == {}
    monkeypatch.setattr(up, "installed", lambda offer, store: offer.name == "sdxl")
    assert _gpu_programs() == {"gpu.cpu": ["work", "--verbosity", "0", "gpu", "--as", "gpu.cpu"]}
    settings.GENERATE_ON_CPU = False
    assert _gpu_programs() == {}


def test_without_the_packages_there_is_none(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(gpus, "can_generate", lambda: False)
    settings.GPUS = "0,1"
    assert _gpu_programs() == {}
