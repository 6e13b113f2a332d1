"""Every finding of imaging has a sentence that says what to do, in English and in German."""

import re
from pathlib import Path
from string import Formatter

import pytest
from django.utils import translation

from generation import sentences
from generation.imaging import messages
from generation.imaging.face import rules

SAMPLE = {
    "side": "left", "count": 3, "width": 300, "height": 400, "other": "one.jpg", "megabytes": 80, "limit": 60,
    "type": "GIF", "megapixels": 200,
}  # fmt: skip
IMAGING = Path(messages.__file__).parent


def filled(prose: str) -> dict[str, object]:
    names = [name for _, name, _, _ in Formatter().parse(prose) if name]
    return {name: SAMPLE.get(name, "x") for name in names}


@pytest.mark.parametrize("code", sorted(messages.ALL))
def test_every_code_speaks_both_languages_on_the_page(code: str) -> None:
    data = filled(messages.ALL[code])
    with translation.override("en"):
        english = sentences.sentence(code, data)
    with translation.override("de"):
        german = sentences.sentence(code, data)
    assert english and german
    assert english != german
    assert "{" not in english + german


@pytest.mark.parametrize("code", sorted({rule.code for rule in rules.RULES}))
def test_every_finding_of_the_photo_check_says_what_to_do(code: str) -> None:
    prose = messages.PHOTO[code]
    # A finding and an advice: two clauses at least.
    assert len(re.findall(r"[.;]", prose)) >= 2


def test_every_sentence_of_the_photo_check_has_a_finding() -> None:
    """Codes that only a set of photos can have are added by `photocheck.check_set`."""
    of_a_set = {"other_person", "near_duplicate"}
    assert set(messages.PHOTO) == {rule.code for rule in rules.RULES} | of_a_set


def test_every_refusal_of_the_decoder_has_a_sentence() -> None:
    raised = set(re.findall(r'DecodeError\(\s*"(\w+)"', (IMAGING / "decode.py").read_text()))
    raised |= set(
        re.findall(r'DecodeError\("(\w+)" if .* else "(\w+)"', (IMAGING / "decode.py").read_text())[0]
    )
    assert raised
    assert raised <= set(messages.DECODE)
