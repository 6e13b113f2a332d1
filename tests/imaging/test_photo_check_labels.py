"""The photo check against the labelled photos: what their notes say is what the check says."""

import pytest

from generation.imaging.color import TONE_BOUNDS_DEG
from tests.imaging.hang import hang_guard
from tests.imaging.people import PHOTOS, checked, codes, files, needs_photos

pytestmark = needs_photos
ANY = {"accept", "warn"}

# What the notes of the manifest ask for: the allowed verdicts, and (part of) a code that has to be given.
AWKWARD: dict[str, tuple[set[str], str | None]] = {
    "faces/ken-calvert.jpg": ({"reject"}, "turned_away"),
    "faces/gregory-steube.jpg": ({"warn", "reject"}, "turned"),
    "faces/bill-posey.jpg": ({"warn", "reject"}, "turned"),
    "faces/tim-burchett.jpg": ({"warn", "reject"}, "turned"),
    "faces/jody-hice.jpg": ({"warn", "reject"}, "turned"),
    "faces/chellie-pingree.jpg": ({"warn", "reject"}, "turned"),
    "faces/frederica-wilson.jpg": ({"warn"}, "hat"),
    "faces/alma-adams.jpg": ({"warn"}, "hat"),
    "faces/john-joyce.jpg": ({"warn", "reject"}, "cover"),
    "faces/raul-grijalva.jpg": ({"warn"}, "people_behind"),
    "faces/kevin-brady.jpg": ({"warn", "reject"}, "dark"),
    "faces/tiny_128x128.jpg": ({"reject"}, "too_small"),
    "noface/lemur.png": ({"reject"}, "no_face"),
    "noface/dog.png": ({"reject"}, "no_face"),
    "noface/beach.png": ({"reject"}, "no_face"),
    "generated/group_2.jpg": ({"reject"}, "several_faces"),
    "generated/group_6.jpg": ({"reject"}, "several_faces"),
    "generated/very_dark_light.jpg": ({"reject"}, "too_dark"),
    "generated/very_dark_dark.jpg": ({"reject"}, "too_dark"),
    "generated/overexposed_light.jpg": ({"reject"}, "too_bright"),
    "generated/overexposed_dark.jpg": ({"reject"}, "too_bright"),
    "generated/blur_gauss14.jpg": ({"reject"}, "blurry"),
    "generated/blur_gauss4.jpg": ({"reject"}, "blurry"),
    "generated/noise45.jpg": ({"warn", "reject"}, "noisy"),
    "generated/jpeg_q3.jpg": ({"reject"}, "compressed"),
    "generated/half_shadow.jpg": ({"reject"}, "side_shadow"),
    "generated/occluded_sunglasses.jpg": ({"reject"}, "sunglasses"),
    "generated/occluded_mask.jpg": ({"reject"}, "mouth_covered"),
    "generated/occluded_half.jpg": ({"reject"}, "half_covered"),
    "generated/rolled_20.jpg": ({"warn"}, "tilted"),
    "generated/rolled_45.jpg": ({"warn", "reject"}, "tilted"),
    "generated/face_cut_by_edge.jpg": ({"reject"}, "face_cut"),
    "generated/squashed.jpg": ({"reject"}, "squashed"),
    "generated/face_40px.jpg": ({"reject"}, "too_small"),
    "generated/blank.jpg": ({"reject"}, "no_face"),
    "generated/white_noise.jpg": ({"reject"}, "no_face"),
    "generated/one_bit.png": ({"warn", "reject"}, None),
    "generated/exif_orient_2.jpg": (ANY, None),
    "generated/exif_orient_3.jpg": (ANY, None),
    "generated/exif_orient_4.jpg": (ANY, None),
    "generated/exif_orient_5.jpg": (ANY, None),
    "generated/cmyk.jpg": (ANY, None),
    "generated/rgb16.png": (ANY, None),
    "generated/rgba.png": (ANY, None),
    "generated/progressive.jpg": (ANY, None),
    "generated/portrait.webp": (ANY, None),
    "generated/portrait.bmp": (ANY, None),
    "generated/portrait.heic": (ANY, None),
    "generated/huge_81MP.jpg": (ANY, None),
    "generated/jpeg_plus_zip.jpg": (ANY, None),
    "generated/zero_length.jpg": ({"reject"}, "empty"),
    "generated/truncated_3pct.jpg": ({"reject"}, "truncated"),
    "generated/header_2g.png": ({"reject"}, "too_many_pixels"),
    "generated/ztxt_bomb.png": ({"reject"}, "damaged"),
    "generated/html_named.jpg": ({"reject"}, "not_a_picture"),
    "generated/png_named.jpg": ({"reject"}, "too_small"),
    "generated/gif_js_polyglot.gif": ({"reject"}, "unsupported_type"),
    "generated/svg_external.svg": ({"reject"}, "unsupported_type"),
}


def agrees(name: str) -> bool:
    verdicts, code = AWKWARD[name]
    photo = checked(f"awkward/{name}")
    return photo.report.verdict in verdicts and (code is None or any(code in found for found in codes(photo)))


@pytest.mark.parametrize("path", files("portraits"))
def test_every_good_portrait_is_usable(path: str) -> None:
    photo = checked(path)
    assert photo.report.verdict in ANY, codes(photo)
    assert photo.embedding is not None


@pytest.mark.parametrize("path", files("identities/congress_pairs"))
def test_small_but_good_portraits_are_usable_with_a_warning(path: str) -> None:
    photo = checked(path)
    assert photo.report.verdict == "warn"
    assert set(codes(photo)) <= {"low_resolution", "face_small"}


@pytest.mark.parametrize("name", sorted(AWKWARD))
def test_awkward_photos_get_the_verdict_of_their_label(name: str) -> None:
    assert agrees(name), (checked(f"awkward/{name}").report.verdict, codes(checked(f"awkward/{name}")))


def test_all_labelled_photos_are_in_the_table_and_95_percent_agree() -> None:
    labelled = files("awkward/faces") + files("awkward/noface") + files("awkward/generated")
    assert {f"awkward/{name}" for name in AWKWARD} == set(labelled)
    assert sum(agrees(name) for name in AWKWARD) / len(AWKWARD) >= 0.95


def test_no_tone_of_skin_is_warned_more_for_exposure() -> None:
    """Whatever the tone, a good portrait is not called dark or bright."""
    tones = set()
    for path in files("portraits"):
        photo = checked(path)
        tones.add(photo.report.measures["tone_bin"])
        assert {"dark", "too_dark", "bright", "too_bright"}.isdisjoint(codes(photo)), path
    assert len(tones) >= len(TONE_BOUNDS_DEG) - 1


@pytest.mark.parametrize("path", [*files("awkward/formats"), *files("awkward/hostile")])
def test_no_awkward_file_crashes_or_hangs_the_check(path: str) -> None:
    with hang_guard():
        photo = checked(path)
    assert photo.report.verdict in {"accept", "warn", "reject"}
    assert all(reason.message for reason in photo.report.reasons)
    if "hostile" in path:
        assert photo.report.verdict == "reject"


def test_a_part_of_a_face_at_the_edge_is_refused() -> None:
    for number in (1, 2):
        assert codes(checked(f"identities/obama_partial_{number}.jpg"))[0] == "face_cut"


def test_the_shared_photos_are_there() -> None:
    assert len(files("portraits")) == 50, PHOTOS
