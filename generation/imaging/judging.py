"""One finished picture before every gate that there is for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from branding.look import Look
from generation.imaging import gates, gates_generated
from generation.imaging.errors import SubjectError
from generation.imaging.identity.encoders import Jury, conditioning_of
from generation.imaging.types import SRGB8, Gallery, Gate, MasterLayers


@dataclass(frozen=True, slots=True)
class Judged:
    """The gates by name, the numbers that are kept beside them, and what the jury tells of itself."""

    gates: dict[str, Gate]
    measures: dict[str, float]
    told: dict[str, Any]

    @property
    def likeness(self) -> float:
        """How alike the picture is to the person's photos."""
        return self.gates["likeness"].value

    def require(self) -> None:
        """Raises SubjectError `gate_…` for the first gate that is not passed."""
        for name, gate in self.gates.items():
            require(name, gate)


def judge(
    image: SRGB8,
    measured: gates.Measured,
    master: MasterLayers,
    gallery: Gallery,
    look: Look,
    jury: Jury,
    wearer: gates_generated.Wearer | None,
    how: Mapping[str, Any],
) -> Judged:
    """Judge (h, w, 3) of this person. `wearer` for what was drawn, None for their own photo; `how` it was
    made says which encoder may not judge it."""
    found = gates.judge(image, measured, master, gallery, look)
    vote = jury.vote(image, measured.face, found["likeness"], conditioning_of(how))
    found["likeness"] = vote.gate
    measures = {**gates.numbers(image, measured), **vote.numbers()}
    if wearer is not None:
        found |= gates_generated.judge(image, measured, wearer, look)
        measures |= gates_generated.numbers(image, measured, wearer)
    return Judged(found, measures, vote.told())


def require(name: str, gate: Gate, **data: Any) -> None:
    """Raises SubjectError where the gate is not passed; `data` goes with it."""
    if not gate.passed:
        raise SubjectError(f"gate_{name}", value=round(gate.value, 3), bound=gate.bound, **data)
