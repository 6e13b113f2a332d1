"""What README says is there: settings, commands and pictures."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = settings.BASE_DIR
README = (ROOT / "README.md").read_text()
SOURCE = (ROOT / "portal" / "settings.py").read_text()


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    read = set(re.findall(r'\b(?:flag|folder|text|whole|words|choice)\(\s*"([A-Z_0-9]+)"', SOURCE))
    # Read by a helper of its own.
    read.add("SECRET_KEY")
    told = re.findall(r"^\| `([A-Z_0-9]+)` \|", README, re.M)
    assert len(told) == len(set(told))
    assert set(told) == read


def test_every_command_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", README))
    assert len(named) > 5
    assert named <= set(get_commands())
    made = set(re.findall(r"make ([a-z-]+)", README))
    rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert made & rules >= {"run", "test", "install"}
    assert {one for one in made if "-" in one} <= rules


@pytest.mark.parametrize("path", re.findall(r"\]\((?!https?:|#)([^)#]+)", README))
def test_every_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()
