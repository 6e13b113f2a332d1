"""`make eval-worn`: how many changes of glasses and beards the gates catch, and how often they are wrong.

    python -m tests.benchmarks.worn_eval [--headshots]

Every photo is labelled by eye. Two photos are compared as the gates compare a drawn picture with a photo of
the person: a change is one person with and another without (and the few people who changed themselves), a
false alarm a change that is none, between two photos of one person and between two people who wear alike
(harder: nothing of theirs is the same). Weights are fitted on the part that may be tuned on; `fitted` shows
them beside those in use. `crossed` judges each part by weights fitted on the other. `--headshots` also
compares every photo with the studio's headshot of it, as small as a preview.
"""

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from branding.look import Look
from generation.imaging import photocheck, run
from generation.imaging.decode import decode_photo
from generation.imaging.errors import SubjectError
from generation.imaging.face import beard, glasses, regions, worn
from generation.imaging.face.detect import detect_faces
from generation.imaging.gates_generated import MOST_BEARD_CHANGE, MOST_GLASSES_CHANGE
from generation.imaging.types import SRGB8, Face
from tests.benchmarks import machine, material

Array = Any


def _names(text: str) -> list[str]:
    return text.split()


_FOLDERS: Final = ("portraits", "identities/congress_pairs", "identities/obama", "identities/biden")
# Labelled by eye, by person's file name. Everybody else wears none.
WITH_GLASSES: Final = frozenset(_names("""
    al-green bobby-rush carolyn-bourdeaux charles-schumer dan-newhouse derek-kilmer don-young elizabeth-warren
    jamaal-bowman kweisi-mfume lauren-boebert lauren-underwood marilyn-strickland peter-defazio
    raphael-warnock rashida-tlaib robert-scott andrew-kim__2024 dan-newhouse__2024 derek-kilmer__2024
    earl-blumenauer__2024 jamaal-bowman__2024 lauren-boebert__2024 lauren-underwood__2024
    marilyn-strickland__2024 rashida-tlaib__2024 robert-scott__2024
"""))  # fmt: skip
WITH_BEARD: Final = frozenset(_names("""
    al-green bennie-thompson bobby-rush byron-donalds dan-newhouse danny-davis don-young raphael-warnock
    ruben-gallego al-green__2024 bennie-thompson__2024 byron-donalds__2024 dan-newhouse__2024
    danny-davis__2024
"""))  # fmt: skip
# Stubble, or a moustache alone: neither with nor without a beard for the fit; no beard for the gate.
STUBBLE: Final = frozenset(_names("""
    hakeem-jeffries mondaire-jones andre-carson andre-carson__2024 jamaal-bowman ritchie-torres
"""))  # fmt: skip
MOUSTACHE: Final = frozenset(_names("""
    david-mckinley john-hoeven kweisi-mfume peter-defazio robert-scott kweisi-mfume__2024 robert-scott__2024
"""))  # fmt: skip
# Faces also as small as previews and small photos show them: pixels between the outer corners of the eyes.
SPANS: Final = (160, 100, 70)
# Pairs whose heads are turned differently by more are not compared, in degrees.
_ALIKE_DEG: Final = 15.0
# Strength of the regression's pull to zero, on standardised parts.
_RIDGE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One face at one size (0: as it is in the photo) with what both scores are made of."""

    name: str
    person: str
    part: material.Part
    span: int
    yaw_deg: float
    glasses: Array
    beard: Array


@dataclass(frozen=True, slots=True)
class Trait:
    """One of the two things that are worn."""

    name: str
    worn_by: frozenset[str]
    unclear: frozenset[str]
    weights: tuple[float, ...]
    constant: float
    bound: float

    def parts(self, samples: Sequence[Sample]) -> Array:
        return np.array([getattr(one, self.name) for one in samples])


TRAITS: Final = (
    Trait("glasses", WITH_GLASSES, frozenset(), glasses.WEIGHTS, glasses.CONSTANT, MOST_GLASSES_CHANGE),
    Trait("beard", WITH_BEARD, STUBBLE | MOUSTACHE, beard.WEIGHTS, beard.CONSTANT, MOST_BEARD_CHANGE),
)


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--headshots", action="store_true", help="also the studio's headshots (minutes)")
    options = parser.parse_args()
    files = [file for folder in _FOLDERS for file in material.files(folder)]
    print("\n".join(machine.describe()))
    if not files:
        print(f"No photos in {material.SHARED}: nothing is measured.")
        return
    samples = [sample for file in files for sample in _samples(file)]
    print(f"{len(files)} photos, {len({one.name for one in samples})} faces turned by at most 25 degrees")
    for trait in TRAITS:
        _report(trait, samples)
    if options.headshots:
        _headshots(files)


def _name(file: Path) -> tuple[str, str]:
    """Name of a photo and of its person."""
    if file.parent.name in ("obama", "biden"):
        return f"{file.parent.name}-{file.stem}", file.parent.name
    return file.stem, file.stem.partition("__")[0]


def _samples(file: Path) -> Iterator[Sample]:
    pixels = decode_photo(file.read_bytes()).pixels
    faces = detect_faces(pixels)
    if not faces or abs(faces[0].yaw_deg) > worn.MOST_YAW_DEG:
        return
    name, person = _name(file)
    for span, picture, face in _sizes(pixels, faces[0]):
        chip = regions.chip(picture, face, glasses.ZOOM)
        hairy = beard.parts(chip)
        if hairy is not None:
            part = material.part_of(person)
            yield Sample(name, person, part, span, face.yaw_deg, glasses.parts(chip), hairy)


def _sizes(pixels: SRGB8, face: Face) -> Iterator[tuple[int, SRGB8, Face]]:
    yield 0, pixels, face
    for span in SPANS:
        factor = span / regions.eye_span_px(face)
        if factor < 0.95:
            small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            _, jpeg = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
            again = np.ascontiguousarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1])
            yield (
                span,
                np.asarray(again, np.uint8),
                replace(face, landmarks=face.landmarks * np.float32(factor)),
            )


def _report(trait: Trait, samples: Sequence[Sample]) -> None:
    parts, wears = trait.parts(samples), np.array([one.name in trait.worn_by for one in samples])
    clear = np.array([one.name not in trait.unclear for one in samples])
    tune = np.array([one.part == "tune" for one in samples])
    print(f"\n{trait.name}: change beyond {trait.bound:g}; in use {trait.weights}, {trait.constant:g}")
    fits = {}
    for said, half in (("tune", tune), ("report", ~tune), ("all", tune | ~tune)):
        fits[said] = _fit(parts[half & clear], wears[half & clear])
        print(f"  fitted on {said}: {np.round(fits[said], 2).tolist()}")
    used = parts @ np.array(trait.weights) + trait.constant
    crossed = np.where(tune, _odds(parts, fits["report"]), _odds(parts, fits["tune"]))
    for said, odds, chosen in (
        ("in use, tune", used, tune),
        ("in use, report", used, ~tune),
        ("crossed, all", crossed, tune | ~tune),
    ):
        for size in ((0,), (0, *SPANS)):
            print(f"  {said:15} {'native' if size == (0,) else 'all sizes':10}"
                  f" {_compared(trait, samples, odds, chosen, size)}")  # fmt: skip
    for said, odds in (("weights in use", used), ("crossed weights", crossed)):
        print(f"  in doubt or wrong by {said}, native: {_doubtful(samples, odds, wears, clear)}")


def _doubtful(samples: Sequence[Sample], odds: Array, wears: Array, clear: Array) -> str:
    """Whose log-odds lie on the wrong side, or within 1 of it."""
    native = np.array([one.span == 0 for one in samples])
    found = np.flatnonzero(native & clear & (np.where(wears, odds, -odds) < 1))
    return ", ".join(f"{samples[at].name} {odds[at]:+.1f} ({samples[at].part})" for at in found) or "-"


def _odds(parts: Array, fitted: Array) -> Array:
    return parts @ fitted[:-1] + fitted[-1]


def _fit(parts: Array, wears: Array) -> Array:
    """Logistic regression by Newton's method on standardised parts: a weight per part, and the constant."""
    middle, spread = parts.mean(axis=0), parts.std(axis=0)
    known = np.column_stack([(parts - middle) / spread, np.ones(len(parts))])
    pull = np.diag([_RIDGE] * parts.shape[1] + [1e-3])
    found = np.zeros(known.shape[1])
    for _ in range(60):
        sure = 1 / (1 + np.exp(-known @ found))
        curve = (known * (sure * (1 - sure))[:, None]).T @ known + pull
        found = found - np.linalg.solve(curve, known.T @ (sure - wears) + pull @ found)
    weights = found[:-1] / spread
    return np.append(weights, found[-1] - weights @ middle)


def _compared(
    trait: Trait, samples: Sequence[Sample], odds: Array, chosen: Array, sizes: tuple[int, ...]
) -> str:
    """What a gate says of pairs: the person's photo as it is, the picture at these sizes."""
    limited = np.clip(odds, -worn.MOST_LOG_ODDS, worn.MOST_LOG_ODDS)
    said: dict[str, list[bool]] = {"caught": [], "themselves": [], "same": [], "alike": []}
    for one, other in itertools.permutations(np.flatnonzero(chosen), 2):
        a, b = samples[one], samples[other]
        turned = abs(a.yaw_deg - b.yaw_deg) > _ALIKE_DEG
        # Two photos as they are make one pair; a photo and a small picture two, since either can be small.
        twice = a.name == b.name or (b.span == 0 and other < one)
        if a.span or b.span not in sizes or twice or turned:
            continue
        same, differs = a.person == b.person, (a.name in trait.worn_by) != (b.name in trait.worn_by)
        kind = ("themselves" if same else "caught") if differs else "same" if same else "alike"
        said[kind].append(bool(abs(limited[one] - limited[other]) > trait.bound))
    told = {kind: f"{sum(found)}/{len(found)}" for kind, found in said.items()}
    share = {kind: f" ({np.mean(found):.1%})" if found else "" for kind, found in said.items()}
    return (
        f"changes caught {told['caught']}{share['caught']}, people who changed {told['themselves']}; "
        f"false: one person {told['same']}{share['same']}, alike people {told['alike']}{share['alike']}"
    )


def _headshots(files: Sequence[Path]) -> None:
    """Every photo against the studio's headshot of it: nothing was gained or lost."""
    look, changes = Look(), []
    for file in files:
        photo = photocheck.check_photo(file.read_bytes(), file.name, look.framing)
        if photo.decoded is None or photo.face is None:
            continue
        try:
            image = run.finish(run.develop(photo), look, (512, 640))
        except SubjectError:
            continue
        faces = detect_faces(image)
        if not faces:
            continue
        before, after = worn.worn(photo.decoded.pixels, photo.face), worn.worn(image, faces[0])
        for trait in TRAITS:
            pair = getattr(before, trait.name), getattr(after, trait.name)
            if None not in pair:
                changes.append((trait.name, file.stem, pair[1] - pair[0], trait.bound))
    for trait in TRAITS:
        own = [(name, change) for what, name, change, _ in changes if what == trait.name]
        false = [f"{name} {change:+.1f}" for name, change in own if abs(change) > trait.bound]
        print(f"{trait.name}: {len(false)} of {len(own)} headshots differ: {', '.join(false) or '-'}")


if __name__ == "__main__":
    main()
