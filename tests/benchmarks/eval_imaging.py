"""`make eval-imaging`: the bars of IMAGING.md's last section over the shared photos, measured independently.

    python -m tests.benchmarks.eval_imaging [--out DIR] [--style corporate] [--limit N] [--workers 2]
        [--skip speed]

Prints every bar for all, for the part that may be tuned on and for the part that is only reported (split by
the hash of the person's file name), and writes `report.html`, `wall.jpg`, `worst.jpg` and `mattes.jpg` to
DIR. Without the shared photos it says so and uses the wheels' two portraits. Ends with 0 when it ran.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from branding.look import STARTERS, Look
from generation.imaging import consistency, samples, threads
from tests.benchmarks import machine, material, other_bars, people_bars, sheets
from tests.benchmarks.bars import Bar, worst
from tests.benchmarks.people_eval import Person, everybody

_WORST: Final = 12


def main() -> int:
    """Run, print, write; 0."""
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        # As the product does it, and before numpy is loaded: beside another process a second thread spins,
        # and what takes 20 processor seconds was measured as 94.
        threads.calm_matrices()
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks.eval_imaging", *sys.argv[1:]])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "onelight-eval")
    parser.add_argument("--style", choices=sorted(STARTERS), default="corporate")
    parser.add_argument("--limit", type=int, default=None, help="only the first portraits")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--skip", choices=["speed", "checks", "mattes"], action="append", default=[])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    head, look = machine.describe(), STARTERS[options.style]
    print("\n".join(head))
    people = _people(look, options)
    bars = [*people_bars.bars(people, look), *other_bars.likeness_bars(people, look)]
    bars += [] if "checks" in options.skip else other_bars.check_bars(people, look)
    mattes: list[dict[str, Any]] = []
    if "mattes" not in options.skip:
        found, mattes = other_bars.matte_bars()
        bars += found
    bars += [] if "speed" in options.skip else other_bars.speed_bars()
    notes = _notes(people, look)
    _say(bars, notes)
    names = _write_sheets(people, mattes, look, options.out)
    (options.out / "report.html").write_text(sheets.report(head, bars, notes, names), encoding="utf-8")
    passed = sum(bar.all.passed for bar in bars)
    print(f"Report: {options.out / 'report.html'}; load average at the end {os.getloadavg()[0]:.1f}")
    print(f"{passed} bars passed, {len(bars) - passed} failed")
    return 0


def _people(look: Look, options: argparse.Namespace) -> list[Person]:
    files: list[Any] = list(material.files("portraits"))[: options.limit]
    if not files:
        print(f"No photos in {material.SHARED}: only the wheels' two portraits are judged.")
        files = list(samples.portrait_files().items())
    people = []
    for person in everybody(files, look, options.workers):
        people.append(person)
        print(f"[{len(people)}/{len(files)}] {person.name} {person.status} {person.seconds:.1f} s",
              file=sys.stderr, flush=True)  # fmt: skip
    return people


def _notes(people: Sequence[Person], look: Look) -> list[str]:
    """What no bar asks for and a reader wants to know."""
    done = [person for person in people if person.status == "ok"]
    refused = Counter(person.status for person in people if person.status != "ok")
    names = ", ".join(f"{person.name} ({person.status})" for person in people if person.status != "ok")
    parts = Counter(person.part for person in people)
    out = [
        f"{len(done)} of {len(people)} portraits give a headshot; refused {dict(refused)}: {names or '-'}",
        f"tune part {parts['tune']} people, report-only part {parts['report']}",
        f"photo check, accepted without a warning per tone: {other_bars.accept_rates(people)}",
    ]
    pictures = [one["framing"] for person in done for one in person.candidates if one["framing"]]
    if pictures:
        framing = look.framing
        inside = [abs(eye - framing.eye_line) <= people_bars.EYE_LINE
                  and abs(head - framing.head_height) <= people_bars.HEAD_HEIGHT
                  and abs(roll) <= people_bars.ROLL_DEG for eye, head, roll in pictures]  # fmt: skip
        out.append(
            f"framing of all {len(pictures)} candidates, variations included: {np.mean(inside):.0%} within"
        )
    both = [(one.taken.sclera_mired, one.shown.sclera_mired) for one in done if one.taken and one.shown
            and one.taken.sclera_mired is not None and one.shown.sclera_mired is not None]  # fmt: skip
    if both:
        before, after = np.std(both, axis=0)
        spread = f"in {before:.1f}, out {after:.1f} (n={len(both)})"
        out.append(f"whites of the eyes alone (noisy), spread in mired: {spread}")
    out += _colour_notes(done)
    out += _reading_notes(done, look)
    steps = [one.light_step for one in people]
    far = "; ".join(worst(((one.light_step, one.name) for one in people), 8))
    out.append(
        f"steepest change of light on a face (stops per eye-to-chin): median {np.median(steps):.1f}, {far}"
    )
    far = "; ".join(worst(((one.unsteady, one.name) for one in done), 5))
    out.append(
        "light under noise of a millionth (stops at the worst place of a face): median "
        f"{np.median([one.unsteady for one in done] or [0]):.3f}, {far}"
    )
    meter = consistency.measure([one.told for one in done if one.told], look)
    if meter["score"] is not None:
        out.append(
            f"the pipeline's own consistency meter: {meter['score']:.0f} of 100, "
            f"{len(meter['outliers'])} outliers"
        )
    out.append(
        f"a person takes {np.median([one.seconds for one in people]):.1f} s (median, with all measuring)"
    )
    return out


def _reading_notes(done: Sequence[Person], look: Look) -> list[str]:
    """What a reading of light is worth: found on faces that have exactly the rig's light, and on ours."""
    rows = [one for one in done if one.shown is not None and one.halves_out is not None]
    rig = look.light.key_azimuth_deg

    def within(found: Iterable[float]) -> str:
        return f"{np.mean([abs(one - rig) <= people_bars.AZIMUTH_DEG for one in found]):.0%}"

    if not rows:
        return []
    before, after = (
        np.std(np.log([getattr(one, name).key_fill for one in rows])) for name in ("taken", "shown")
    )
    return [
        "faces lit by exactly the rig, key found within "
        f"{people_bars.AZIMUTH_DEG:g}°: from the halves {within(one.known_halves for one in rows)}, "
        f"by a fit over the whole face {within(one.known_fit for one in rows)}",
        f"by that fit ours are {within(one.shown.azimuth_deg for one in rows)} within, key:fill spread out : "
        f"in {after / max(float(before), 1e-9):.2f}: no bar, it reads hair and gloss as light",
    ]


def _colour_notes(done: Sequence[Person]) -> list[str]:
    """How much of a cast goes, and how strong skin's colours are."""
    out = []
    casts = np.array([pair for one in done for pair in one.casts])
    if len(casts):
        taken = 1 - float(np.mean(casts[:, 1] / casts[:, 0]))
        out.append(
            f"photos made {abs(casts[0, 0]):g} mired colder and warmer: white balance takes out {taken:.0%}, "
            f"what is left spreads {casts[:, 1].std():.1f}"
        )
    seen = [
        (one.taken.skin, one.shown.skin) for one in done if one.taken is not None and one.shown is not None
    ]
    if seen:
        taken, shown = np.hypot(*np.array(seen)[..., 1:].transpose(2, 1, 0))
        out.append(
            f"chroma of skin: median in {np.median(taken):.0f}, out {np.median(shown):.0f}, most "
            f"{taken.max():.0f} and {shown.max():.0f}, spread {taken.std():.1f} and {shown.std():.1f}"
        )
    return out


def _say(bars: Sequence[Bar], notes: Sequence[str]) -> None:
    print()
    for bar in bars:
        print("\n".join(bar.lines()))
    print("\nNotes")
    for note in notes:
        print(f"  {note}")
    print()


def _write_sheets(people: Sequence[Person], mattes: list[dict[str, Any]], look: Look, out: Path) -> list[str]:
    ranked = sorted(((_badness(one, look), one) for one in people), key=lambda row: -row[0][0])
    sheets.wall(people, out / "wall.jpg")
    sheets.worst_people([(one, why) for (_, why), one in ranked[:_WORST]], out / "worst.jpg")
    if mattes:
        sheets.worst_mattes(mattes, out / "mattes.jpg")
    return ["worst.jpg", "wall.jpg", *(["mattes.jpg"] if mattes else [])]


def _badness(person: Person, look: Look) -> tuple[float, str]:
    """How far a person is from the bars, in bars, and the causes in words. The refused come first."""
    if person.status != "ok" or not (person.shown and person.balanced and person.halves_out):
        return 100.0, person.status if person.status != "ok" else "face not found again"
    shown, framing, light, halves = person.shown, look.framing, look.light, person.halves_out
    off = {
        f"azimuth {halves.azimuth_deg:.0f}°": abs(halves.azimuth_deg - light.key_azimuth_deg)
        / people_bars.AZIMUTH_DEG,
        f"key:fill {halves.key_fill:.1f}": abs(np.log(halves.key_fill / light.key_fill_ratio)) / 0.25,
        f"L* {people_bars.lightness_drift(person):+.1f}": abs(people_bars.lightness_drift(person)) / 3.0,
        f"ITA {shown.ita_deg - person.balanced.ita_deg:+.1f}°": abs(shown.ita_deg - person.balanced.ita_deg)
        / 6.0,
        f"eye line {shown.eye_line:.3f}": abs(shown.eye_line - framing.eye_line) / people_bars.EYE_LINE,
        f"head {shown.head_height:.3f}": abs(shown.head_height - framing.head_height)
        / people_bars.HEAD_HEIGHT,
        f"light step {person.light_step:.1f}": person.light_step / 8.0,
        f"roll {shown.roll_deg:+.1f}°": abs(shown.roll_deg) / people_bars.ROLL_DEG,
    }
    causes = sorted(off.items(), key=lambda row: -row[1])
    return float(np.sqrt(sum(value**2 for value in off.values()))), ", ".join(
        name for name, value in causes[:4] if value > 0.8
    )


if __name__ == "__main__":
    sys.exit(main())
