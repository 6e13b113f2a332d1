"""What the `headshots` command says about people: the rows of report.json and the pictures of team.html."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from generation.imaging.finishing.encode import jpeg, resize
from generation.imaging.types import SRGB8, Candidate, Reason

# Width of a wall picture and of a choice, in pixels: twice what the page shows, for dense screens.
WALL_PX: Final = 380
CHOICE_PX: Final = 200
# JPEG quality; at 80 and half colour resolution a wall picture of 380 px takes 15 to 35 kB.
_QUALITY: Final = 80


# What the report says of the light; its tint is of use to the pipeline alone.
_LIGHT: Final = ("azimuth_deg", "elevation_deg", "key_fill_ratio", "temperature_k")


@dataclass(slots=True)
class Thumbs:
    """JPEGs for the page: the best picture, the photo in the same crop, and the first few choices."""

    wall: bytes = b""
    before: bytes = b""
    choices: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class PersonResult:
    """Everything about one person: JSON-able rows, and pictures for the page."""

    person: str
    status: str
    # Why there is no headshot (code and message), for a person who got none.
    reasons: list[dict[str, Any]] = field(default_factory=list)
    # What to know about the set of a person who got headshots, in the same form.
    notes: list[dict[str, Any]] = field(default_factory=list)
    photos: list[dict[str, Any]] = field(default_factory=list)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    thumbs: Thumbs = field(default_factory=Thumbs)

    def row(self) -> dict[str, Any]:
        """The person's entry in report.json."""
        return {"person": self.person, "status": self.status, "reasons": self.reasons, "notes": self.notes,
                "photos": self.photos, "candidates": self.candidates}  # fmt: skip


def reason_row(found: Reason) -> dict[str, Any]:
    """A reason as JSON."""
    return {"code": found.code, "message": found.message}


def candidate_row(candidate: Candidate, file: str) -> dict[str, Any]:
    """A candidate as JSON; `file` is relative to the report."""
    return {
        "file": file,
        "rank": candidate.rank,
        "source": candidate.source,
        "likeness": round(candidate.likeness, 4),
        "gates": {
            name: {"value": round(gate.value, 4), "bound": round(gate.bound, 4), "passed": gate.passed}
            for name, gate in candidate.gates.items()
        },
        "scores": {name: round(value, 4) for name, value in candidate.scores.items()},
        "light": {name: round(value, 3) for name, value in asdict(candidate.light).items() if name in _LIGHT},
        "framing": {
            "eye_line": round(candidate.eye_line, 5),
            "head_height": round(candidate.head_height, 5),
            "roll_deg": round(candidate.roll_deg, 3),
        },
        "measures": candidate.measures,
        "variation": candidate.variation,
        "seconds": round(candidate.seconds, 3),
    }


def thumbnail(image: SRGB8, width: int = WALL_PX) -> bytes:
    """A small JPEG of a picture, never enlarged."""
    height, wide = image.shape[:2]
    width = min(width, wide)
    small = resize(image, (width, max(1, round(width * height / wide))))
    return jpeg(small, _QUALITY, half_colour=True)
