"""One good portrait, one fault at a time: each is found and called by its name."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from branding.look import Framing
from generation.imaging.face import measures, rules
from generation.imaging.face.detect import detect_faces
from generation.imaging.types import SRGB8
from tests.imaging.people import astronaut, check, codes
from tests.imaging.recapture import of_a_screen


def landmarks() -> np.ndarray:
    return detect_faces(astronaut())[0].landmarks[:, :2]


def painted(indices: tuple[int, ...], color: tuple[int, int, int], grow: int = 0) -> SRGB8:
    picture = astronaut().copy()
    mask = np.zeros(picture.shape[:2], dtype=np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(landmarks()[list(indices)].round().astype(np.int32)), (1,))
    if grow:
        mask = cv2.dilate(mask, np.ones((2 * grow + 1, 2 * grow + 1), np.uint8))
    picture[mask > 0] = color
    return picture


LEFT_EYE, RIGHT_EYE = (33, 159, 133, 145, 70, 63, 105), (263, 386, 362, 374, 300, 293, 334)


def sunglasses() -> SRGB8:
    picture = painted(LEFT_EYE, (12, 12, 14), 14)
    other = painted(RIGHT_EYE, (12, 12, 14), 14)
    return np.minimum(picture, other)


def real_sunglasses() -> SRGB8:
    """Lenses through which a little of the eyes can be seen, as on a sunny day."""
    clear, dark = astronaut().astype(np.float32), sunglasses() < 20
    return np.where(dark, clear * 0.12 + 8, clear).astype(np.uint8)


def eyes_behind_paper() -> SRGB8:
    skin = tuple(int(value) for value in np.median(astronaut()[260:330, 380:400].reshape(-1, 3), axis=0))
    picture = painted(LEFT_EYE, skin, 12)
    other = painted(RIGHT_EYE, skin, 12)
    return np.where(picture != astronaut(), picture, other)


def black_bar() -> SRGB8:
    """As pictures are made anonymous."""
    picture, points = astronaut().copy(), landmarks()[[33, 263, 70, 300]]
    x0, x1 = int(points[:, 0].min()) - 25, int(points[:, 0].max()) + 25
    y = int(landmarks()[[33, 263], 1].mean())
    picture[y - 32 : y + 32, x0:x1] = 0
    return picture


def two_colours_of_light() -> SRGB8:
    """Daylight from one side, a lamp from the other, equally bright."""
    across = np.clip((np.arange(astronaut().shape[1]) - landmarks()[168, 0]) / 60 + 0.5, 0, 1)[None, :, None]
    warm, cool = np.array([1.0, 0.9, 0.62]), np.array([0.78, 0.92, 1.2])
    return np.clip(astronaut() * (warm * across + cool * (1 - across)), 0, 255).astype(np.uint8)


def mirrored_lamp(exposure: float = 1.0) -> SRGB8:
    """A lamp in the left lens; below 1 the face is dark and the lamp is not."""
    picture = (astronaut() * exposure).astype(np.uint8)
    x, y = landmarks()[[159, 145, 33, 133]].mean(axis=0).astype(int)
    lamp = np.zeros(picture.shape[:2], np.uint8)
    cv2.ellipse(lamp, (x + 4, y - 14), (30, 15), 0, 0, 360, (1,), -1)
    picture[lamp > 0] = (250, 251, 252)
    return picture


def printed_cap() -> SRGB8:
    """Black and white stripes where the hair was."""
    picture, (x, y) = astronaut().copy(), landmarks()[10].astype(int)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    cap = (rows < y - 6) & (((columns - x) / 130) ** 2 + ((rows - y) / 135) ** 2 < 1)
    stripes = ((columns + rows // 2) // 14 % 2 * 235 + 10).astype(np.uint8)
    picture[cap] = stripes[cap][:, None]
    return picture


def half_in_shadow() -> SRGB8:
    picture = astronaut().copy()
    picture[:, : int(landmarks()[168, 0])] //= 12
    return picture


def gamma(exponent: float) -> SRGB8:
    return (255 * (astronaut() / 255.0) ** exponent).astype(np.uint8)


def noisy(deviation: float) -> SRGB8:
    noise = np.random.default_rng(3).normal(0, deviation, astronaut().shape)
    return np.clip(astronaut() + noise, 0, 255).astype(np.uint8)


def turned(angle: float) -> SRGB8:
    height, width = astronaut().shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, 400), angle, 1.0)
    return np.asarray(cv2.warpAffine(astronaut(), matrix, (width, height), borderMode=cv2.BORDER_REFLECT))


def two_people() -> SRGB8:
    return np.concatenate([astronaut(), astronaut()[:, ::-1]], axis=1)


def test_the_portrait_itself_is_usable() -> None:
    photo = check(astronaut())
    assert photo.report.verdict != "reject"
    assert photo.embedding is not None
    assert photo.face is not None


REJECTED = {
    "no_face": lambda: np.full((800, 800, 3), 120, dtype=np.uint8),
    "too_small": lambda: cv2.resize(astronaut(), (180, 200), interpolation=cv2.INTER_AREA),
    "face_too_small": lambda: cv2.copyMakeBorder(
        cv2.resize(astronaut(), None, fx=0.3, fy=0.3), 300, 300, 300, 300, cv2.BORDER_REPLICATE
    ),
    "several_faces": two_people,
    "too_dark": lambda: (astronaut() * 0.05).astype(np.uint8),
    "too_bright": lambda: np.clip(astronaut().astype(np.int32) * 2, 0, 255).astype(np.uint8),
    "side_shadow": half_in_shadow,
    "blurry": lambda: cv2.GaussianBlur(astronaut(), (0, 0), 5),
    "noisy": lambda: noisy(60),
    "tilted_far": lambda: turned(45),
    "squashed": lambda: cv2.resize(astronaut(), (912, 640), interpolation=cv2.INTER_AREA),
    "face_cut": lambda: astronaut()[:, int(landmarks()[168, 0]) - 15 :],
    "sunglasses": sunglasses,
    "eyes_covered": eyes_behind_paper,
    "recapture": lambda: of_a_screen(cv2.resize(astronaut(), None, fx=0.6, fy=0.6), 1.9),
    "mouth_covered": lambda: painted((205, 425, 136, 365, 152, 2), (120, 160, 200), 6),
    "not_a_photo": lambda: (cv2.medianBlur(astronaut(), 15) // 48 * 48 + 24).astype(np.uint8),
}


@pytest.mark.parametrize("code", REJECTED)
def test_a_fault_that_cannot_be_mended_is_refused(code: str) -> None:
    photo = check(REJECTED[code]())
    assert photo.report.verdict == "reject", codes(photo)
    assert codes(photo)[0] == code
    assert photo.embedding is None


def test_see_through_sunglasses_are_refused_too() -> None:
    photo = check(real_sunglasses())
    assert photo.report.verdict == "reject"
    assert codes(photo)[0] == "sunglasses"


def test_a_black_bar_is_not_called_sunglasses() -> None:
    photo = check(black_bar())
    assert photo.report.verdict == "reject"
    assert codes(photo)[0] == "eyes_covered"


WARNED = {
    "mixed_light": two_colours_of_light,
    "glare": mirrored_lamp,
    "hat": printed_cap,
    "tilted": lambda: turned(20),
    "compressed": astronaut,
    "black_and_white": lambda: np.repeat(cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    "head_cut": lambda: astronaut()[int(landmarks()[10, 1]) - 10 :],
    "too_close": lambda: astronaut()[: int(landmarks()[152, 1]) + 5],
}


@pytest.mark.parametrize("code", WARNED)
def test_a_fault_one_can_live_with_is_a_warning(code: str) -> None:
    photo = check(WARNED[code](), quality=9 if code == "compressed" else 95)
    assert photo.report.verdict == "warn", codes(photo)
    assert code in codes(photo)


def test_a_reflection_on_a_dark_face_is_one_too_and_its_own_shine_is_not() -> None:
    assert "glare" in codes(check(mirrored_lamp(0.5)))
    assert "glare" not in codes(check(np.clip(astronaut() * 1.25, 0, 255).astype(np.uint8)))


@pytest.mark.parametrize(("dx", "dy"), [(0.3, 0.0), (-0.3, 0.0), (0.0, 0.12), (0.0, -0.2)])
def test_eyes_that_look_elsewhere_are_a_warning(dx: float, dy: float) -> None:
    """The irises moved by a share of the eye's width."""
    photo = check(astronaut())
    assert photo.face is not None and photo.decoded is not None
    assert "looking_aside" not in codes(photo)
    moved, width = photo.face.landmarks.copy(), np.linalg.norm(landmarks()[33] - landmarks()[133])
    moved[[468, 473], :2] += np.array([dx, dy]) * width
    measured = measures.measure(photo.decoded, [replace(photo.face, landmarks=moved)], Framing())
    assert "looking_aside" in [reason.code for reason in rules.judge(measured)[1]]


@pytest.mark.parametrize("sigma_share", [0.0, 0.004, 0.02])
def test_sharpness_falls_below_seven_tenths_where_blur_shows(sigma_share: float) -> None:
    span = float(np.linalg.norm(landmarks()[33] - landmarks()[263]))
    blurred = cv2.GaussianBlur(astronaut(), (0, 0), span * sigma_share) if sigma_share else astronaut()
    sharpness = float(check(blurred).report.measures["sharpness"] or 0.0)
    assert 0.0 <= sharpness <= 1.0
    assert (sharpness >= 0.7) == (sigma_share < 0.01)


def test_noise_is_not_taken_for_sharpness() -> None:
    blurred = cv2.GaussianBlur(astronaut(), (0, 0), 5)
    grain = np.random.default_rng(5).normal(0, 25, blurred.shape)
    photo = check(np.clip(blurred + grain, 0, 255).astype(np.uint8))
    assert "blurry" in codes(photo)


def test_the_darker_side_is_named() -> None:
    (reason,) = check(half_in_shadow()).report.reasons
    assert reason.message == "Too dark on the left side. Face a window."


def test_every_reason_is_a_sentence_that_says_what_to_do() -> None:
    for make in (*REJECTED.values(), *WARNED.values()):
        for reason in check(make()).report.reasons:
            assert reason.message.endswith(".")
            assert "{" not in reason.message
