"""Engines are known by name without loading them, and loaded once."""

import subprocess
import sys

import pytest

from generation.imaging.engines import table
from generation.imaging.engines.base import step_stage
from generation.imaging.errors import EngineError


@pytest.mark.parametrize("name", table.ENGINES)
def test_every_offer_names_a_class_of_that_name(name: str) -> None:
    engine = table.find_engine(name)
    assert engine.name == name
    assert engine.version
    assert table.find_engine(name) is engine


def test_only_the_studio_draws_nothing_new() -> None:
    assert [one.name for one in table.ENGINES.values() if one.source == "retouched"] == ["studio"]
    assert table.ENGINES["studio"].queue == "studio"


def test_naming_engines_loads_none() -> None:
    code = (
        "import sys\nfrom generation.imaging.engines.table import ENGINES\n"
        "sys.exit(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_engine_is_an_error_of_ours() -> None:
    with pytest.raises(EngineError, match="unknown_engine"):
        table.find_engine("polaroid")


def test_missing_packages_are_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    offer = table.Offer("far", "gpu", "generated", "a_package_that_is_not_here.far:Far")
    monkeypatch.setitem(table.ENGINES, "far", offer)
    with pytest.raises(EngineError, match=r"engine_not_installed.*a_package_that_is_not_here"):
        table.find_engine("far")


def test_a_step_has_a_stage_of_its_own() -> None:
    assert step_stage("generate", 12, 30) == "generate:12/30"
