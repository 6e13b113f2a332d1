"""Who judges likeness: packs of the operator beside dlib, their vote, and none that steered the picture."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from branding.look import Look
from generation.imaging import photocheck, run, samples
from generation.imaging.engines.base import Portrait
from generation.imaging.engines.studio import Studio
from generation.imaging.errors import EngineError, SubjectError
from generation.imaging.face.detect import detect_faces
from generation.imaging.identity import encoders, likeness
from generation.imaging.identity.encoders import Dlib, InsightFacePack, Jury, Vote, conditioning_of, judge_for
from generation.imaging.models import configured
from generation.imaging.models.store import ModelStore
from generation.imaging.models.table import EncoderFacts
from generation.imaging.types import CheckedPhoto, Gallery, Gate

pytest.importorskip("insightface", reason="packs need the diffusion extra")
from tests.imaging import people
from tests.imaging.packs import pack

ROOT = Path(__file__).resolve().parents[2]
DLIB = "dlib-resnet-v1"
# A tiny pack sees a photo and the headshot of it within 0.2 of each other, another person at 0.6.
TABLE = """
[{name}]
role = "identity"
licence = "MIT"
commercial = {commercial}
source = "https://example.com/pack"
[{name}.encoder]
family = "{family}"
metric = "cosine"
threshold = {threshold}
usual = 0.3
even = 0.5
steepness = 6.0
"""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    before = configured.configuration()
    root = tmp_path / "models"
    root.mkdir()
    yield root
    configured.configure(before)


def enable(root: Path, *names: str, allow: bool = False) -> None:
    configured.configure(configured.Configuration(ModelStore(root, allow_noncommercial=allow), names))


def add(
    root: Path,
    name: str,
    *,
    threshold: float = 0.4,
    family: str = "arcface",
    free: bool = True,
    **how: object,
) -> None:
    """Put a tiny pack into the table and install it."""
    table = root / "table.toml"
    rows = table.read_text() if table.exists() else ""
    row = TABLE.format(name=name, threshold=threshold, family=family, commercial=str(free).lower())
    table.write_text(rows + row)
    source = pack(root.parent / f"source-{name}", **how)  # type: ignore[arg-type]
    (source / "genderage.onnx").write_bytes(b"never")
    ModelStore(root, allow_noncommercial=True).install_from_directory(name, source)


def photo(name: str) -> CheckedPhoto:
    return photocheck.check_photo(samples.portrait_files()[name], name, Look().framing)


@pytest.fixture(scope="module")
def collins() -> Gallery:
    return photocheck.build_gallery([photo("eileen-collins.png")])


@pytest.fixture(scope="module")
def hopper() -> Gallery:
    return photocheck.build_gallery([photo("grace-hopper.png")])


def facts(threshold: float = 0.4) -> EncoderFacts:
    return EncoderFacts("arcface", "cosine", threshold, 0.3, 0.5, 12.0)


def test_a_pack_is_loaded_by_insightface_and_embeds_our_face(tmp_path: Path) -> None:
    judge = InsightFacePack("tiny", pack(tmp_path / "pack"), facts())
    pixels = people.astronaut()
    embedding = judge.embed(pixels, detect_faces(pixels)[0])
    assert embedding.shape == (512,)
    assert np.linalg.norm(embedding) == pytest.approx(1)
    assert (judge.embed(pixels, detect_faces(pixels)[0]) == embedding).all()
    small = np.ascontiguousarray(pixels[::2, ::2])
    assert judge.distance(judge.embed(small, detect_faces(small)[0]), embedding) < 0.02


def test_the_chip_is_aligned_as_arcface_was_trained() -> None:
    """Eyes within 3 of 112 pixels of the published places, nose and (smiling) mouth within 6."""
    from insightface.utils.face_align import arcface_dst

    pixels = people.astronaut()
    chip = encoders.aligned(pixels, detect_faces(pixels)[0], 448)
    points = detect_faces(chip)[0].landmarks[list(encoders.ARCFACE_POINTS), :2] / 4
    off = np.linalg.norm(points - arcface_dst, axis=1)
    assert off[:2].max() < 3, off
    assert off.max() < 6, off


def test_embeddings_of_a_pack_tell_two_people_apart(
    tmp_path: Path, collins: Gallery, hopper: Gallery
) -> None:
    judge = InsightFacePack("tiny", pack(tmp_path / "pack"), facts())
    one, other = (
        judge.embed(gallery.photos[0].decoded.pixels, gallery.photos[0].face)  # type: ignore[union-attr,arg-type]
        for gallery in (collins, hopper)
    )
    assert judge.gate(one, [one]).passed
    refused = judge.gate(other, [one])
    assert not refused.passed
    assert refused.value < refused.bound


def test_own_photos_that_are_alike_tighten_a_packs_gate(tmp_path: Path) -> None:
    judge = InsightFacePack("tiny", tmp_path, facts())

    def at(angle: float) -> np.ndarray:
        return np.array([np.cos(angle), np.sin(angle)])

    # 0.87 rad is a distance of 0.36: between the usual 0.3 and the threshold 0.4.
    assert judge.gate(at(0.87), [at(0)]).passed
    assert not judge.gate(at(0.87), [at(0), at(0.01), at(0.02), at(0.03)]).passed
    with pytest.raises(ValueError, match="gallery"):
        judge.gate(at(0), [])


def test_the_table_and_the_likeness_of_dlib_hold_the_same_numbers() -> None:
    known = Dlib().facts
    assert known.threshold == likeness.ENCODER_THRESHOLD
    assert known.usual == likeness.TIGHTEST_BOUND
    for distance in (0.2, 0.465, 0.8):
        assert encoders.likeness_at(known, distance) == pytest.approx(likeness.likeness_at(distance))


# --- the vote ------------------------------------------------------------------------------------


def votes(*values: float, bound: float = 0.7) -> Vote:
    return Vote({f"judge{index}": Gate(value, bound, value >= bound) for index, value in enumerate(values)})


def test_two_judges_must_both_pass_and_the_weaker_is_shown() -> None:
    assert votes(0.9, 0.8).gate == Gate(0.8, 0.7, True)
    assert votes(0.9, 0.6).gate == Gate(0.6, 0.7, False)


def test_of_three_the_majority_decides_and_the_deciding_one_is_shown() -> None:
    assert votes(0.9, 0.2, 0.8).gate == Gate(0.8, 0.7, True)
    assert votes(0.9, 0.2, 0.6).gate == Gate(0.6, 0.7, False)
    assert votes(0.9, 0.8, 0.6, 0.5).gate == Gate(0.6, 0.7, False)


def test_a_judge_is_compared_with_its_own_bound() -> None:
    vote = Vote({"a": Gate(0.75, 0.8, False), "b": Gate(0.6, 0.5, True)})
    assert vote.gate == Gate(0.75, 0.8, False)


# --- who judges ----------------------------------------------------------------------------------


def test_dlib_alone_judges_by_default() -> None:
    assert [one.name for one in judge_for(frozenset())] == [DLIB]


def test_what_steered_a_picture_does_not_judge_it(root: Path) -> None:
    add(root, "pack-a")
    add(root, "pack-b", family="adaface")
    enable(root, DLIB, "pack-a", "pack-b")
    assert [one.name for one in judge_for(frozenset())] == [DLIB, "pack-a", "pack-b"]
    assert [one.name for one in judge_for({"arcface", "clip"})] == [DLIB, "pack-b"]
    assert [one.name for one in judge_for({"pack-b"})] == [DLIB, "pack-a"]


def test_a_pack_that_steered_keeps_its_family_from_judging(root: Path) -> None:
    """FaceID tells the pack's name; a pack that was trained alike finds the same features again."""
    add(root, "pack-a")
    add(root, "pack-b", family="adaface")
    enable(root, DLIB, "pack-a", "pack-b")
    assert [one.name for one in judge_for({"insightface-buffalo-l"})] == [DLIB, "pack-b"]


def test_dlib_steps_in_when_every_judge_has_steered(root: Path) -> None:
    add(root, "pack-a")
    enable(root, "pack-a")
    assert [one.name for one in judge_for({"arcface"})] == [DLIB]
    with pytest.raises(EngineError) as caught:
        judge_for({"arcface", "dlib"})
    assert caught.value.code == "no_independent_judge"


@pytest.mark.parametrize(
    ("name", "code"),
    [("nobody", "model_unknown"), ("insightface-buffalo-l", "model_licence"), ("modnet", "model_missing")],
)
def test_a_judge_that_cannot_be_used_is_named(root: Path, name: str, code: str) -> None:
    enable(root, DLIB, name)
    with pytest.raises(EngineError) as caught:
        judge_for(frozenset())
    assert caught.value.code == code


def test_a_noncommercial_pack_judges_only_with_the_switch(root: Path) -> None:
    add(root, "research", free=False)
    enable(root, "research")
    with pytest.raises(EngineError):
        judge_for(frozenset())
    enable(root, "research", allow=True)
    assert [one.name for one in judge_for(frozenset())] == ["research"]


def test_a_published_pack_is_installed_without_what_guesses_gender_or_age(root: Path, tmp_path: Path) -> None:
    store = ModelStore(root, allow_noncommercial=True)
    store.accept_licence("insightface-buffalo-l", "jo@acme.example")
    source = pack(tmp_path / "buffalo")
    for name in ("genderage.onnx", "1k3d68.onnx", "2d106det.onnx"):
        (source / name).write_bytes(b"never")
    installed = store.install_from_directory("insightface-buffalo-l", source)
    assert sorted(file.name for file in installed.iterdir()) == ["det.onnx", "rec.onnx"]


def test_a_pack_without_a_recogniser_is_incomplete(tmp_path: Path) -> None:
    folder = pack(tmp_path / "pack" / "files")
    (folder / "rec.onnx").unlink()
    pixels = people.astronaut()
    with pytest.raises(EngineError) as caught:
        InsightFacePack("pack", folder, facts()).embed(pixels, detect_faces(pixels)[0])
    assert caught.value.code == "model_incomplete"


# --- in a shoot ----------------------------------------------------------------------------------


def shoot(gallery: Gallery) -> list:
    return list(run.headshots(gallery, Look(), seed=0, count=1, size=(320, 400)))


def test_without_a_pack_a_picture_says_nothing_new(root: Path, collins: Gallery) -> None:
    (one,) = shoot(collins)
    assert "judged_by" not in one.variation
    assert not [name for name in one.measures if name.startswith("likeness")]


def test_a_pack_votes_on_every_picture(root: Path, collins: Gallery) -> None:
    add(root, "pack-a")
    enable(root, DLIB, "pack-a")
    (one,) = shoot(collins)
    assert one.variation["judged_by"] == f"{DLIB} pack-a"
    numbers = [one.measures[f"likeness {name}"] for name in (DLIB, "pack-a")]
    # By curves of their own: the pack's cannot rise above 0.953, where two pictures are the same.
    assert numbers[1] < 0.953 < numbers[0]
    assert one.gates["likeness"].passed
    assert one.gates["likeness"].value == pytest.approx(one.likeness)
    assert round(one.likeness, 4) in numbers


def test_a_pack_that_does_not_know_the_person_refuses_the_picture(root: Path, collins: Gallery) -> None:
    add(root, "pack-a", threshold=0.0001)
    enable(root, DLIB, "pack-a")
    with pytest.raises(SubjectError) as caught:
        shoot(collins)
    assert caught.value.code == "gate_likeness"


def test_a_picture_steered_by_the_pack_is_judged_by_dlib(
    root: Path, collins: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pack would refuse everything; it has no say because it conditioned the picture."""
    add(root, "pack-a", threshold=0.0001)
    enable(root, "pack-a")
    plain = Studio.photograph

    def steered(self: Studio, *args: object, **options: object) -> Iterator[Portrait]:
        for portrait in plain(self, *args, **options):  # type: ignore[arg-type]
            yield Portrait(
                portrait.photo, portrait.source, {**portrait.how, "conditioned_by": "clip arcface"}
            )

    monkeypatch.setattr(Studio, "photograph", steered)
    (one,) = shoot(collins)
    assert conditioning_of(one.variation) == {"clip", "arcface"}
    assert one.variation["judged_by"] == DLIB
    again = Dlib().embed(one.image, detect_faces(one.image)[0])
    own = [photo.embedding for photo in collins.photos]
    assert one.likeness == pytest.approx(likeness.likeness(again, own), abs=0.01)


def test_a_gallery_is_embedded_once(
    root: Path, collins: Gallery, hopper: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(root, "pack-a")
    enable(root, DLIB, "pack-a")
    asked: list[int] = []
    plain = InsightFacePack.embed
    monkeypatch.setattr(
        InsightFacePack,
        "embed",
        lambda self, *args: asked.append(1) or plain(self, *args),  # type: ignore[func-returns-value]
    )
    both = Gallery((*collins.photos, *hopper.photos), ())
    jury, image = Jury(both), people.astronaut()
    for _ in range(3):
        jury.vote(image, detect_faces(image)[0], Gate(1, 0.7, True), frozenset())
    assert len(asked) == 2 + 3


@pytest.mark.slow
def test_the_command_uses_the_pack_that_the_settings_name(root: Path, tmp_path: Path) -> None:
    """In worker processes, which read no settings."""
    add(root, "pack-a")
    folder, out = tmp_path / "people", tmp_path / "out"
    folder.mkdir()
    for name, content in samples.portrait_files().items():
        (folder / name).write_bytes(content)
    arguments = ["--out", str(out), "--size", "320x400", "--count", "1", "--workers", "2"]
    command = [sys.executable, "manage.py", "headshots", str(folder), *arguments]
    env = {**os.environ, "MODELS_DIR": str(root), "IDENTITY_ENCODERS": f"{DLIB},pack-a"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 3), done.stderr
    report = json.loads((out / "report.json").read_text())
    candidates = [one for person in report["people"] for one in person["candidates"]]
    assert candidates
    assert {one["variation"]["judged_by"] for one in candidates} == {f"{DLIB} pack-a"}
    missing = {**env, "IDENTITY_ENCODERS": "insightface-buffalo-l"}
    done = subprocess.run(command, cwd=ROOT, env=missing, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "MODELS_ALLOW_NONCOMMERCIAL=yes" in done.stderr
