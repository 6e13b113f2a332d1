"""What `make run` installs is what the code imports without an operator's models: the base lock alone."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = ("branding", "generation", "portal", "teams")
# What only runs with the extra `diffusion`, and says so in words where it is missing.
OPTIONAL = {
    "accelerate",
    "diffusers",
    "huggingface_hub",
    "insightface",
    "peft",
    "safetensors",
    "torch",
    "transformers",
}
# Imported under TYPE_CHECKING alone.
TYPES = {"django_stubs_ext"}


def _imported() -> set[str]:
    found: set[str] = set()
    for app in APPS:
        for file in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    found |= {name.name.split(".")[0] for name in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {*APPS, "tests"} - OPTIONAL - TYPES


def _pinned() -> set[str]:
    lines = (ROOT / "requirements" / "base.txt").read_text().splitlines()
    return {_plain(line.split("==")[0]) for line in lines if "==" in line}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("module", sorted(_imported()))
def test_an_imported_package_is_installed_for_everybody(module: str) -> None:
    sources = packages_distributions().get(module)
    if sources is None:
        pytest.skip(f"{module} is no installed distribution here")
    assert any(_plain(source) in _pinned() for source in sources), (
        f"{module} is missing in requirements/base.txt"
    )
