"""Headshots in the states that the reviewers' tests start from."""

import io
from typing import Any

from PIL import Image

from branding.look import STARTERS
from generation.imaging.types import SRGB8
from generation.models import Candidate, Headshot
from generation.services import reviews
from portal.lib import storage
from tests import factories
from tests.cast import House

PASSED = {
    "likeness": {"value": 0.35, "bound": 0.465, "passed": True},
    "eyes": {"value": 0.8, "bound": 0.3, "passed": True},
}
LOOK = STARTERS["corporate"]
# The numbers of a picture that is what the house style asks for.
FRAMED: dict[str, float] = {
    "eye_line": LOOK.framing.eye_line,
    "head_height": LOOK.framing.head_height,
    "roll_deg": 0.0,
}
ON_STYLE: dict[str, Any] = {
    "light": {
        "azimuth_deg": LOOK.light.key_azimuth_deg,
        "elevation_deg": LOOK.light.key_elevation_deg,
        "key_fill_ratio": LOOK.light.key_fill_ratio,
        "temperature_k": LOOK.light.temperature_k,
    },
    "framing": FRAMED,
    "measures": {
        "skin_l_drift": 0.0,
        "contrast": 0.1,
        "backdrop_l": 70.0,
        "backdrop_a": 0.0,
        "backdrop_b": -2.0,
    },
}


def in_review(house: House, who: str, **candidate: Any) -> Headshot:
    """Somebody has chosen; the picture passed all gates and fits the style unless said otherwise."""
    headshot = factories.make_headshot(house.employees[who], "chosen")
    fields = {"gates": PASSED, **ON_STYLE, **candidate}
    Candidate.objects.filter(pk=headshot.candidate_id).update(**fields)
    return Headshot.objects.select_related("employee__company", "candidate__shoot").get(pk=headshot.pk)


def approved(house: House, who: str, by: str = "", **candidate: Any) -> Headshot:
    """Somebody's headshot is approved."""
    headshot = in_review(house, who, **candidate)
    reviews.approve(headshot, house.members[by or next(iter(house.members))])
    return headshot


def paint(headshot: Headshot, pixels: SRGB8) -> None:
    """Store (H, W, 3) uint8 as the picture of the headshot."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    candidate = headshot.candidate
    storage.put(storage.renditions(), candidate.image, out.getvalue())
    height, width = pixels.shape[:2]
    Candidate.objects.filter(pk=candidate.pk).update(width_px=width, height_px=height)
    candidate.width_px, candidate.height_px = width, height
