"""Variations of one photo: inside what a style tolerates, different enough to choose from."""

from hypothesis import given
from hypothesis import strategies as st

from branding.look import STARTERS, Framing, LightRig, Look
from generation.imaging.finishing.vary import Variation, variations

LOOKS = st.builds(
    Look,
    light=st.builds(
        LightRig,
        key_azimuth_deg=st.floats(-80, 80),
        key_elevation_deg=st.floats(0, 75),
        key_fill_ratio=st.floats(1, 4),
        rim=st.floats(0, 1),
    ),
    framing=st.builds(Framing, head_height=st.floats(0.10, 0.35), eye_center=st.floats(0.35, 0.65)),
)


@given(look=LOOKS, seed=st.integers(0, 2**32 - 1))
def test_every_variation_keeps_the_bars_of_the_style(look: Look, seed: int) -> None:
    for one in variations(30, seed):
        framing, rig = one.framing(look.framing), one.light(look.light)
        assert framing.eye_line == look.framing.eye_line
        # A third of the bar of 1.5 %: the rest is for what readers of the picture differ by.
        assert abs(framing.head_height - look.framing.head_height) <= 0.005 + 1e-9
        assert abs(rig.key_azimuth_deg - look.light.key_azimuth_deg) <= 4 + 1e-9
        assert rig.temperature_k == look.light.temperature_k
        # What comes out is a valid style again.
        Framing.model_validate(framing.model_dump())
        LightRig.model_validate(rig.model_dump())


def test_the_style_itself_comes_first_and_the_rest_repeats() -> None:
    assert variations(1, 7) == [Variation()]
    assert variations(12, 3) == variations(12, 3) != variations(12, 4)
    # More of them start with the same ones: a run that goes on finds what it had.
    assert variations(12, 3)[:5] == variations(5, 3)


def test_no_two_of_a_hundred_are_alike() -> None:
    assert len({str(one) for one in variations(100, 0)}) == 100


def test_what_is_told_reads_back() -> None:
    for one in variations(20, 5):
        assert Variation.read(one.told()) == one
        light_only = Variation.read({**one.told(), "photo": "a"}, framed=False)
        assert (light_only.head, light_only.shift) == (0, 0)
        assert light_only.light(STARTERS["legal"].light) == one.light(STARTERS["legal"].light)
