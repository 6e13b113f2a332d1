"""The bars that need no finished wall: likeness, photo check, mattes, speed."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from branding.look import Look
from generation.imaging.errors import ImagingError
from generation.imaging.face.detect import detect_faces
from generation.imaging.identity import likeness
from generation.imaging.matting.layers import cut_out
from generation.imaging.photocheck import check_file
from tests.benchmarks import awkward_bars, bench_imaging, material
from tests.benchmarks.bars import Bar, Outcome, judge, share, worst
from tests.benchmarks.people_eval import Person

SAME_SHARE, LABEL_SHARE, MAE, BAND_MAE = 0.95, 0.95, 0.012, 0.08


def likeness_bars(people: Sequence[Person], look: Look) -> list[Bar]:
    """Shown pictures against their own gallery, and the labelled pairs."""
    shown = [person for person in people if person.status == "ok" and person.photo is not None]
    found = [
        judge("likeness of every shown candidate, embedded anew", "all pass the gate", shown, _part, _own)
    ]
    pairs = _pairs({person.name: person for person in people}, look)
    different, same = [row for row in pairs if not row["same"]], [row for row in pairs if row["same"]]
    if pairs:
        unseen = [row for row in same if row["finished"] is not None]
        bound = f">= {SAME_SHARE:.0%} pass"
        for name, asked, rows, outcome in (
            ("another person's picture swapped in (labelled pairs)", "every one caught", different, _swapped),
            ("photos of the same person (labelled pairs)", bound, same, _same("photo")),
            ("finished picture against an unseen photo of the person", bound, unseen, _same("finished")),
        ):
            found.append(judge(name, asked, rows, lambda row: row["part"], outcome))
    return found


def _own(some: Sequence[Any]) -> Outcome:
    far = []
    for person in some:
        again = [person.embedding, *(one["embedding"] for one in person.candidates[1:])]
        far += [likeness.distance(one, person.photo) if one is not None else 9.0 for one in again]
    bad = sum(one > likeness.ENCODER_THRESHOLD for one in far)
    gates = sum(not one["gate"] for person in some for one in person.candidates)
    text = f"{len(far) - bad} of {len(far)} within {likeness.ENCODER_THRESHOLD}, farthest {max(far):.3f}"
    return Outcome(text, bad == 0 and gates == 0)


def _pairs(people: dict[str, Person], look: Look) -> list[dict[str, Any]]:
    """Distances of labelled pairs: photo to photo, and the finished picture of `a` to the photo `b`."""
    table = material.SHARED / "pairs.tsv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    known: dict[str, Any] = {}

    def embedding(path: str) -> Any:
        person = people.get(Path(path).stem) if path.startswith("portraits/") else None
        if path not in known:
            known[path] = (
                person.photo if person else check_file(material.SHARED / path, path, look.framing).embedding
            )
        return known[path]

    out = []
    for row in rows:
        a, b = embedding(row["a"]), embedding(row["b"])
        made = people.get(Path(row["a"]).stem) if row["a"].startswith("portraits/") else None
        done = made.embedding if made else None
        if a is None or b is None:
            continue
        out.append({
            "name": f"{Path(row['a']).stem} / {Path(row['b']).stem}", "same": row["same"] == "1",
            "part": material.part_of(row["a"]), "photo": likeness.distance(a, b),
            "finished": None if done is None else likeness.distance(done, b),
        })  # fmt: skip
    return out


def _swapped(some: Sequence[Any]) -> Outcome:
    """A swap is made of the photo and, where there is one, of the finished picture."""
    near = [(row[kind], f"{row['name']} ({kind})") for row in some for kind in ("photo", "finished")
            if row[kind] is not None]  # fmt: skip
    missed = [row for row in near if row[0] <= likeness.ENCODER_THRESHOLD]
    nearest = tuple(f"{name} {value:.3f}" for value, name in sorted(near)[:4])
    return Outcome(f"{len(near) - len(missed)} of {len(near)} caught", not missed, nearest)


def _same(kind: str) -> Any:
    def outcome(some: Sequence[Any]) -> Outcome:
        passed = share(row[kind] <= likeness.ENCODER_THRESHOLD for row in some)
        far = worst((row[kind], row["name"]) for row in some)
        return Outcome(f"{passed:.1%} of {len(some)}", passed >= SAME_SHARE, far)

    return outcome


def check_bars(people: Sequence[Person], look: Look) -> list[Bar]:
    """Good portraits, labels of the manifest, and every awkward file."""
    found = [judge("photo check, good portraits", "every one accepted or warned", people, _part, _usable)]
    if not material.SHARED.is_dir():
        return found
    from tests.imaging.test_photo_check_labels import AWKWARD

    rows = []
    for path in material.files("awkward"):
        name = path.relative_to(material.SHARED / "awkward").as_posix()
        if name not in AWKWARD:
            continue
        report = check_file(path, name, look.framing).report
        codes = [reason.code for reason in report.reasons]
        rows.append({"name": name, "part": material.part_of(name), "label": AWKWARD[name],
                     "verdict": report.verdict, "codes": codes})  # fmt: skip
    found.append(judge("photo check, manifest's labels", f">= {LABEL_SHARE:.0%} agree", rows,
                       lambda row: row["part"], _labels))  # fmt: skip
    return [*found, *awkward_bars.bars(look)]


def _usable(some: Sequence[Any]) -> Outcome:
    refused = [
        f"{one.name} ({', '.join(one.codes)})" for one in some if one.verdict not in ("accept", "warn")
    ]
    return Outcome(f"{len(some) - len(refused)} of {len(some)}", not refused, tuple(refused[:6]))


def accept_rates(people: Sequence[Person]) -> str:
    """Share of portraits accepted (without a warning) per tone bin, with the commonest warnings."""
    texts = []
    for tone in sorted({person.tone for person in people if person.tone}):
        some = [person for person in people if person.tone == tone]
        codes = Counter(code for person in some for code in person.codes).most_common(2)
        why = ", ".join(f"{code} {count}" for code, count in codes)
        texts.append(f"{tone} {share(one.verdict == 'accept' for one in some):.0%} of {len(some)}"
                     + (f" ({why})" if why else ""))  # fmt: skip
    return "; ".join(texts)


def _labels(some: Sequence[Any]) -> Outcome:
    def agrees(row: Any) -> bool:
        verdicts, code = row["label"]
        return row["verdict"] in verdicts and (code is None or any(code in one for one in row["codes"]))

    off = [f"{row['name']}: {row['verdict']} {','.join(row['codes'])}" for row in some if not agrees(row)]
    rate = 1 - len(off) / len(some)
    return Outcome(f"{rate:.1%} of {len(some)}", rate >= LABEL_SHARE, tuple(off[:6]))


def matte_bars() -> tuple[list[Bar], list[dict[str, Any]]]:
    """Alpha of the composites against their truth, every picture counting alike."""
    rows = [_matte(path) for path in material.files("mattes/composites") if "__bg" in path.name]
    if not rows:
        return [], []

    def mean(key: str, bound: float) -> Any:
        def outcome(some: Sequence[Any]) -> Outcome:
            value = float(np.mean([row[key] for row in some]))
            over = sum(row[key] > bound for row in some)
            text = f"mean {value:.4f}, {over} of {len(some)} pictures above"
            return Outcome(text, value <= bound, worst((row[key], row["name"]) for row in some))

        return outcome

    return [
        judge("alpha, mean absolute error", f"<= {MAE:g}", rows, lambda row: row["part"], mean("all", MAE)),
        judge("alpha, error in the unknown band", f"<= {BAND_MAE:g}", rows, lambda row: row["part"],
              mean("band", BAND_MAE)),
    ], rows  # fmt: skip


def _matte(path: Path) -> dict[str, Any]:
    who = path.stem.partition("__")[0]
    pixels = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
    truth = cv2.imread(str(path.with_name(f"{who}__alpha.png")), 0) / 255.0
    trimap = cv2.imread(str(path.with_name(f"{who}__trimap.png")), 0)
    faces = detect_faces(pixels)
    try:
        alpha = cut_out(pixels, faces[0]).alpha if faces else np.zeros(truth.shape, np.float32)
    except ImagingError:
        alpha = np.zeros(truth.shape, np.float32)
    error = np.abs(alpha - truth)
    band = (trimap > 0) & (trimap < 255)
    return {"name": path.stem, "part": material.part_of(path.name), "all": float(error.mean()),
            "band": float(error[band].mean()), "pixels": pixels, "alpha": alpha, "truth": truth}  # fmt: skip


def speed_bars(rounds: int = 3) -> list[Bar]:
    """The budgets, each in a fresh process (the same code as `make bench-imaging`)."""
    found = []
    for group in ("check", "preview", "finals"):
        for row in bench_imaging.in_a_fresh_process(group, rounds):
            memory = "budget_mb" in row
            bound = row.get("budget_mb") if memory else row["budget"]
            if bound is None:
                continue
            value, unit = (row["peak_mb"], "MB") if memory else (row["seconds"], "s")
            text = f"{value:.0f} MB" if memory else f"{value:.2f} s (CPU {row['cpu']:.2f} s)"
            found.append(Bar(row["name"], f"<= {bound:g} {unit}", Outcome(text, value <= bound)))
    return found


def _part(person: Any) -> str:
    return str(person.part)
