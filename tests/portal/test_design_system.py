"""The visual system keeps its promises: nothing inline, light pages, a look for every status."""

import re
from pathlib import Path

import brotli
import django_htmx
import pytest
from django.template.loader import render_to_string
from django.utils import translation

from generation.models import HeadshotStatus, ShootStatus, Verdict
from portal.models import ExportStatus
from teams.models import InviteStatus

ROOT = Path(__file__).resolve().parents[2]
# Mail clients know no stylesheets and PDFs are not served: these may carry their style with them.
OUTSIDE_CSP = ("mail", "pdf")
PAGES = sorted(
    path
    for path in (ROOT / "templates").rglob("*.html")
    if not any(part.startswith(OUTSIDE_CSP) for part in path.relative_to(ROOT / "templates").parts)
)
INLINE = re.compile(
    r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\ssrc=)(?![^>]*application/json)",
    re.I,
)
STATUSES = [*ShootStatus, *HeadshotStatus, *InviteStatus, *ExportStatus, *Verdict]
# What the interface promises (SCREENS.md), as sent with brotli.
BUDGET_BYTES = 100_000


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_carries_nothing_that_the_csp_would_drop(page: Path) -> None:
    found = INLINE.search(re.sub(r"{#.*?#}|{%.*?%}", "", page.read_text()))
    assert found is None, f"{page.name}: {found.group()!r}"


def test_all_styles_and_scripts_together_stay_light() -> None:
    htmx = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
    files = [*(ROOT / "static").rglob("*.css"), *(ROOT / "static").rglob("*.js"), htmx]
    assert sum(len(brotli.compress(file.read_bytes())) for file in files) <= BUDGET_BYTES


@pytest.mark.parametrize("status", STATUSES, ids=lambda status: f"{type(status).__name__}.{status}")
def test_every_status_is_an_icon_and_a_word(status: str) -> None:
    chip = render_to_string("components/status.html", {"status": str(status), "label": "The word"})
    unknown = render_to_string("components/status.html", {"status": "nobody knows", "label": "The word"})
    assert "The word" in chip
    assert "<svg" in chip
    assert chip.strip() != unknown.strip(), "this status has no look of its own"


def test_numbers_in_attributes_survive_a_german_locale() -> None:
    with translation.override("de"):
        assert 'width="62.5%"' in render_to_string("components/bar.html", {"percent": 62.5, "label": "x"})
