"""A look goes through the form unchanged, and what is not allowed is said beside its field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from branding.controls import controls
from branding.forms import LookForm, look_data
from branding.look import STARTERS, Backdrop, EngineOptions, Framing, Grade, LightRig, Look
from branding.starters import BLANK, START
from branding.words import guarded_word

fractions = st.floats(0.0, 1.0)
ids = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
colors = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)
# Words as a browser sends them: no control characters, no blanks at the ends.
plain = st.text(st.characters(whitelist_categories=("Ll", "Lu", "Nd"), max_codepoint=0x2FF), max_size=30)


def between(model: type, name: str) -> st.SearchStrategy[float]:
    low, high = (
        getattr(meta, key) for meta, key in zip(model.model_fields[name].metadata, ("ge", "le"), strict=True)
    )
    return st.floats(low, high)


def parts(model: type, **own: st.SearchStrategy) -> st.SearchStrategy:
    rest = {name: between(model, name) for name in model.model_fields if name not in own}
    return st.builds(model, **rest, **own)


looks = st.builds(
    Look,
    backdrop=parts(
        Backdrop,
        kind=st.sampled_from(["solid", "gradient", "paper", "canvas", "office"]),
        image=ids,
        color=colors,
        color_edge=colors,
    ),
    light=parts(LightRig),
    framing=parts(Framing),
    grade=parts(Grade, lut=st.one_of(st.just(""), ids)),
    retouch=fractions,
    wardrobe=plain.filter(lambda text: guarded_word(text) is None),
    mood=st.sampled_from(["", "calm, kind"]),
)


@given(looks)
def test_a_look_comes_out_of_the_form_as_it_went_in(look: Look) -> None:
    form = LookForm(look_data(look))
    assert form.is_valid(), form.errors
    assert form.look == look


@pytest.mark.parametrize("key", START)
def test_every_starter_can_be_edited(key: str) -> None:
    form = LookForm(look_data(START[key].look))
    assert form.is_valid(), form.errors
    assert form.look == START[key].look


def test_percentages_are_shown_as_people_write_them() -> None:
    data = look_data(STARTERS["corporate"])
    assert (data["backdrop_vignette"], data["light_key_fill_ratio"], data["light_temperature_k"]) == (
        "15",
        "1.8",
        "5600",
    )


def test_every_value_of_a_look_has_a_control() -> None:
    def leaves(value: object, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
        if not isinstance(value, dict):
            return {path}
        return {leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))}

    # The engine is not the photographer's: which ones there are depends on what is installed.
    look = {path for path in leaves(BLANK.model_dump()) if path[0] not in {"engine", "engine_options"}}
    assert look == {control.path for control in controls()}


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("backdrop_vignette", "101", "At most 100 %."),
        ("backdrop_vignette", "-1", "At least 0 %."),
        ("backdrop_vignette", "", "Type a number."),
        ("backdrop_vignette", "much", "Type a number."),
        ("backdrop_vignette", "NaN", "Type a number."),
        ("light_key_fill_ratio", "9", "At most 4:1."),
        ("light_key_azimuth_deg", "-81", "At least 80° left of the camera."),
        ("light_temperature_k", "100", "At least 3000 K."),
        ("backdrop_color", "grey", "Write the colour as # and six digits, like #c9ced6."),
        ("backdrop_kind", "beach", "Choose one of these."),
        ("mood", "x" * 301, "At most 300 characters."),
    ],
)
def test_what_is_not_allowed_is_said_in_words(name: str, typed: str, told: str) -> None:
    form = LookForm(look_data(Look()) | {name: typed})
    assert not form.is_valid()
    assert form.errors == {name: [told]}


@pytest.mark.parametrize(
    "words",
    [
        "young and dynamic",
        "a beautiful smile",
        "fair skin",
        "light-skinned",
        "Asian team",
        "jugendlich",
        "40 years old",
    ],
)
def test_words_about_the_person_are_refused(words: str) -> None:
    form = LookForm(look_data(Look()) | {"mood": words})
    assert not form.is_valid()
    assert "never reach a picture" in form.errors["mood"][0]


@pytest.mark.parametrize(
    "words", ["white coat", "light blue shirt", "dark suit", "warm, curious", "old-school tie"]
)
def test_words_about_clothes_and_light_are_taken(words: str) -> None:
    assert LookForm(look_data(Look()) | {"wardrobe": words}).is_valid()


def test_how_the_engine_works_survives_the_form() -> None:
    look = Look(engine="wardrobe", engine_options=EngineOptions(steps=24, retries=1))
    form = LookForm(look_data(look), base=look)
    assert form.is_valid()
    assert form.look == look


def test_a_look_stored_before_there_were_engine_options_is_still_one() -> None:
    stored = Look().model_dump(mode="json")
    del stored["engine_options"]
    assert Look.model_validate(stored) == Look()


@pytest.mark.parametrize(
    "wrong", [{"steps": 19}, {"steps": 51}, {"guidance": 0.5}, {"control": {"pose": 2.0}}]
)
def test_engine_options_outside_of_what_an_engine_can_do_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EngineOptions.model_validate(wrong)
