"""Look → words: the same every time, about clothes and light, never about who the person is."""

import pytest

from branding.look import STARTERS, Backdrop, Framing, LightRig, Look
from branding.words import guarded_word
from generation.imaging.prompt import KEEP, Room, Visible, build

WORN = Visible(glasses=True, beard=False, head_covering=True, hair="long")


@pytest.mark.parametrize("key", STARTERS)
@pytest.mark.parametrize("dialect", ["edit", "sdxl"])
def test_every_prompt_keeps_the_person(key: str, dialect: str) -> None:
    built = build(STARTERS[key], WORN, dialect)  # type: ignore[arg-type]
    assert KEEP.lower() in built.positive.lower()
    assert "changed skin tone" in built.negative
    told = built.positive.lower().replace(KEEP, "")
    assert guarded_word(told) is None


def test_it_says_what_the_look_says() -> None:
    look = Look(
        backdrop=Backdrop(kind="canvas", color="#5b6470", color_edge="#20242a"),
        light=LightRig(key_azimuth_deg=-40, key_fill_ratio=2.6, temperature_k=4000, rim=0.3),
        framing=Framing(head_height=0.2),
        wardrobe="dark suit",
        mood="composed",
    )
    told = build(look).positive
    assert "Wearing dark suit." in told
    assert "Composed expression." in told
    assert "Dramatic warm key light from the camera's left from above, a bright rim" in told
    assert "Hand-painted canvas backdrop in blue-tinted grey and very dark blue-tinted grey." in told
    assert "head and shoulders" in told


def test_what_a_person_wears_is_kept_and_nothing_is_added() -> None:
    built = build(Look(), WORN)
    assert "The same glasses." in built.positive
    assert "The same head covering." in built.positive
    assert built.negative.endswith("beard")
    unknown = build(Look())
    assert "glasses" not in unknown.positive + unknown.negative


def test_own_clothes_are_kept_where_the_style_says_nothing() -> None:
    assert "Wearing their own clothes." in build(Look(wardrobe="")).positive


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ("#ffffff", "white"),
        ("#000000", "black"),
        ("#808080", "grey"),
        ("#c9ced6", "light blue-tinted grey"),
        ("#c02020", "red"),
    ],
)
def test_colours_are_named_as_people_name_them(color: str, name: str) -> None:
    look = Look(backdrop=Backdrop(kind="solid", color=color))
    assert f"plain {name} studio backdrop" in build(look).positive.lower()


def test_the_same_look_gives_the_same_words() -> None:
    assert build(STARTERS["legal"], WORN) == build(STARTERS["legal"], WORN)


def _words(text: str) -> int:
    return len(text.split())


def test_a_prompt_that_is_too_long_loses_the_least_important_and_says_so() -> None:
    look = Look(wardrobe=" ".join(["navy wool jacket,"] * 12))
    whole = build(look, WORN, "sdxl")
    cut = build(look, WORN, "sdxl", Room(_words, 50))
    assert _words(whole.positive) > 50 >= _words(cut.positive)
    # What says who the person is stays, texture and light go first, clothes lose their end.
    assert KEEP in cut.positive and "the same glasses" in cut.positive
    assert "natural skin texture" in cut.left_out
    assert any("key light" in words for words in cut.left_out)
    assert "wearing navy wool jacket" in cut.positive
    assert whole.left_out == ()


def test_what_a_person_does_not_wear_is_avoided_before_anything_else() -> None:
    cut = build(Look(), Visible(glasses=False, beard=False), "sdxl", Room(_words, 24))
    assert {"glasses", "beard"} <= set(cut.negative.split(", "))
    assert "not: 3d render" in cut.left_out
    assert "changed skin tone" in cut.negative


def test_everything_that_is_not_said_is_named() -> None:
    look = Look(wardrobe="a very long list of clothes that nobody would ever want to wear at once")
    cut = build(look, dialect="sdxl", room=Room(_words, 30))
    told = f"{cut.positive} {' '.join(cut.left_out)}"
    for word in build(look, dialect="sdxl").positive.replace(",", "").split():
        assert word in told
