"""From measures to a verdict: one table of what is refused and what is warned about."""

from collections.abc import Mapping

from generation.imaging.messages import reason
from generation.imaging.types import Reason, Verdict

Measures = Mapping[str, float | int | str | bool | None]


def judge(measures: Measures) -> tuple[Verdict, tuple[Reason, ...]]:
    """Verdict and reasons, what helps most first."""
    if not measures["faces"]:
        return "reject", (reason("no_face"),)
    if abs(float(measures["head_pose_yaw_deg"] or 0)) > 45:
        return "reject", (reason("turned_away"),)
    if abs(float(measures["head_pose_yaw_deg"] or 0)) > 25:
        return "warn", (reason("turned"),)
    return "accept", ()


def quality(measures: Measures) -> float:
    """0..1: how good a source for a headshot."""
    return 1.0 - abs(float(measures["head_pose_yaw_deg"] or 0)) / 90
