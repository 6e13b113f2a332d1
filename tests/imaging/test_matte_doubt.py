"""Who cannot be cut out is told what to change: each cause has its own sentence, the log keeps one code."""

import pytest
from django.utils import translation

from generation import sentences
from generation.imaging import judging, messages
from generation.imaging.errors import SubjectError
from generation.imaging.matting.layers import cut_out
from generation.imaging.prepare import others, prepared
from generation.imaging.types import Gate
from tests.imaging import people


@pytest.mark.parametrize(
    ("name", "cause"),
    [("eddie-bernice-johnson", "before"), ("lauren-boebert", "beside"), ("rashida-tlaib", "hair")],
)
def test_the_cause_is_the_one_an_eye_names(name: str, cause: str) -> None:
    """A name plate before the chest; bystanders at both sides; curls before a gaudy wall."""
    pixels, face = prepared(people.checked(f"portraits/{name}.jpg"))
    assert cut_out(pixels, face, others(pixels, face)).doubt == cause


@pytest.mark.parametrize(
    ("cause", "english", "german"),
    [
        ("before", "front of your chest", "vor Ihrer Brust"),
        ("beside", "right beside you", "direkt neben Ihnen"),
        ("hair", "plain wall", "schlichte Wand"),
        # A master of an older release does not know.
        ("", "plain wall", "schlichte Wand"),
    ],
)
def test_the_person_is_told_that_cause_in_their_language(cause: str, english: str, german: str) -> None:
    with pytest.raises(SubjectError) as refused:
        judging.require("matte", Gate(0.5, 0.39, False), cause=cause)
    code, data = refused.value.code, refused.value.data
    assert code == "gate_matte"
    assert english in messages.sentence(code, **data)
    assert english in messages.told(refused.value)
    with translation.override("en"):
        assert english in sentences.shoot_failure(code, data)
    with translation.override("de"):
        assert german in sentences.shoot_failure(code, data)
