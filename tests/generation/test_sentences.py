"""Every code that imaging can give has a sentence that translators see, in the person's language."""

import re
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

from generation import sentences
from generation.imaging import messages

ROOT = Path(__file__).resolve().parents[2]


def test_every_sentence_is_marked_for_translators() -> None:
    source = (ROOT / "generation" / "imaging" / "messages.py").read_text()
    # Long sentences are written as several strings.
    source = re.sub(r'"\n\s+"', "", source)
    marked = set(re.findall(r'_\(\s*"((?:[^"\\]|\\.)*)"', source))
    assert {text for text in messages.ALL.values() if text not in marked} == set()


def test_placeholders_are_filled_and_their_words_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    german = {
        "left": "linken",
        "Too dark on the {side} side. Face a window.": "Zu dunkel auf der {side} Seite.",
    }
    monkeypatch.setattr(sentences, "gettext", lambda text: german.get(text, text))
    assert sentences.sentence("side_shadow", {"side": "left"}) == "Zu dunkel auf der linken Seite."


def test_counting_follows_the_language() -> None:
    assert sentences.sentence("many_good", {"count": 3}) == "3 good photos."


def test_an_unknown_code_still_says_something() -> None:
    assert sentences.sentence("code_of_tomorrow", {}, "Stored words.") == "Stored words."
    assert sentences.sentence("code_of_tomorrow") == "This photo cannot be used. Send another one."


def test_missing_data_does_not_break_the_page() -> None:
    assert sentences.sentence("side_shadow", {}, "Too dark.") == "Too dark."


@pytest.mark.parametrize(
    ("value", "words"), [(0.99, "A very close match"), (0.88, "A close match"), (0.72, "A good match")]
)
def test_likeness_in_words(value: float, words: str) -> None:
    with translation.override("en"):
        assert sentences.likeness(value) == gettext(words)


def test_every_stage_of_the_pipeline_has_words() -> None:
    code = "".join(
        path.read_text()
        for path in [ROOT / "generation" / "pipeline.py", *(ROOT / "generation" / "imaging").rglob("*.py")]
    )
    stages = set(re.findall(r'progress\("([a-z_]+)"', code))
    assert stages
    assert {stage for stage in stages if stage not in sentences._STAGES} == set()
