"""Who sits for the preview of a style, and the pictures of them under any look.

A company's own finished people come first; where there are fewer than three, public-domain portraits
that wheels carry take their place, developed once.
"""

import hashlib
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from branding.look import Framing, Look
from branding.presets import SQUARE_EYES, SQUARE_HEAD
from generation.imaging import proof
from generation.imaging.types import MasterLayers
from generation.models import Candidate, HeadshotStatus, SourcePhoto
from portal.lib import storage
from teams.models import Company

SITTERS: Final = 3
# Pictures of each kind looked at for them: enough for different people, few enough for a page.
_POOL: Final = 48
# Frames of a preview by name, (width, height) in the proportions of a final.
SIZES: Final = {"small": (240, 300), "card": (480, 600), "large": (960, 1200), "square": (240, 240)}
# The frame of directories, which is no part of the look.
_SQUARE: Final = Framing(eye_line=SQUARE_EYES, head_height=SQUARE_HEAD)
# Changes with everything that makes the same look come out differently: cached pictures are then new.
PROOF: Final = "2"
# Reduced masters in memory, about 10 MB each; and finished previews, about 60 kB each.
_MASTERS: Final = 8
_PICTURES: Final = 96


@dataclass(frozen=True, slots=True)
class Demo:
    """A public-domain portrait inside an installed wheel: NASA's and the US Navy's official ones."""

    key: str
    name: str
    package: str
    file: str


DEMOS: Final = {
    demo.key: demo
    for demo in (
        Demo("demo-collins", "Eileen Collins", "skimage", "data/astronaut.png"),
        Demo("demo-hopper", "Grace Hopper", "matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    )
}


@dataclass(frozen=True, slots=True)
class Sitter:
    """Somebody a look is tried on. `key` is a candidate's id or a demo's key; `master` its file."""

    key: str
    name: str
    master: str
    demo: bool = False


def sitters(company: Company) -> list[Sitter]:
    """Up to three different people, approved headshots first, then chosen, then any finished ones; among
    equals those whose skin differs most in lightness, since light that is kind to one may not be to another.
    """
    live = Candidate.objects.filter(company=company, shoot__employee__archived_at=None).exclude(master="")
    approved = live.filter(headshots__status=HeadshotStatus.APPROVED).order_by("headshots__chosen_at")
    chosen = live.filter(headshots__status=HeadshotStatus.CHOSEN).order_by("headshots__chosen_at")
    finished = live.filter(rank=1).order_by("created_at")
    found: dict[uuid.UUID, Candidate] = {}
    for query in (approved, chosen, finished):
        more: dict[uuid.UUID, Candidate] = {}
        for candidate in query.select_related("shoot__employee")[:_POOL]:
            if candidate.shoot.employee_id not in found:
                more.setdefault(candidate.shoot.employee_id, candidate)
        while more and len(found) < SITTERS:
            who = max(more, key=lambda one: _apart(more[one], found.values()))
            found[who] = more.pop(who)
    people = [_sitter(candidate) for candidate in found.values()]
    # The demo company has the same two people: nobody sits twice.
    names = {person.name for person in people}
    spare = [_demo_sitter(demo) for demo in DEMOS.values() if demo.name not in names]
    return people + spare[: SITTERS - len(people)]


def _apart(candidate: Candidate, others: Iterable[Candidate]) -> float:
    """How far this picture's skin is from the nearest of the others in lightness (L*, as measured on the
    finished picture); 0 where that is not known, so that the order decides."""
    own = candidate.measures.get("skin_l")
    known = [one.measures["skin_l"] for one in others if "skin_l" in one.measures]
    return 0.0 if own is None else min((abs(own - other) for other in known), default=0.0)


def sitter(company: Company, who: str) -> Sitter | None:
    """The person a preview's address names: "first", a demo's key or a candidate's id; None if gone."""
    if who == "first":
        return sitters(company)[0]
    if who in DEMOS:
        return _demo_sitter(DEMOS[who])
    try:
        pk = uuid.UUID(who)
    except ValueError:
        return None
    own = Candidate.objects.filter(company=company, pk=pk, shoot__employee__archived_at=None)
    candidate = own.exclude(master="").select_related("shoot__employee").first()
    return _sitter(candidate) if candidate else None


def _sitter(candidate: Candidate) -> Sitter:
    return Sitter(str(candidate.pk), candidate.shoot.employee.name, candidate.master)


def _demo_sitter(demo: Demo) -> Sitter:
    return Sitter(demo.key, demo.name, f"demo/{PROOF}/{demo.key}.master", demo=True)


def etag(person: Sitter, look: Look, size: str) -> str:
    """Names the picture by what goes into it: the same three values are the same bytes."""
    told = f"{PROOF}|{person.master}|{look.model_dump_json()}|{size}"
    return f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def picture(person: Sitter, look: Look, size: str) -> bytes:
    """A person under a look as JPEG.

    Raises SubjectError where their photo is too tight for the framing, FileNotFoundError when the master
    was deleted meanwhile.
    """
    if person.demo:
        ensure_demo(person.key)
    elif not storage.masters().exists(person.master):
        # Deleted with the person's pictures: what is still in memory must not show them either.
        raise FileNotFoundError(person.master)
    return _picture(person.master, look, SIZES[size])


@lru_cache(maxsize=_PICTURES)
def _picture(master: str, look: Look, size: tuple[int, int]) -> bytes:
    if size == SIZES["square"]:
        return proof.square(_reduced(master, proof.unit_for(_SQUARE, size)), look, _SQUARE, size[0])
    return proof.finish(_reduced(master, proof.unit_for(look.framing, size)), look, size)


@lru_cache(maxsize=_MASTERS)
def _reduced(master: str, unit_px: int) -> MasterLayers:
    return proof.proof(storage.read(storage.masters(), master), unit_px)


def before(person: Sitter, framing: Framing, size: str) -> bytes:
    """The person's own photo in the framing, otherwise untouched, as JPEG.

    Raises SubjectError, or FileNotFoundError when the photo was deleted.
    """
    content = _demo_file(DEMOS[person.key]).read_bytes() if person.demo else _own_photo(person)
    return proof.before(content, framing, SIZES[size])


def _own_photo(person: Sitter) -> bytes:
    candidate = Candidate.objects.get(pk=person.key)
    name = proof.photo_name(storage.read(storage.masters(), person.master))
    photos = SourcePhoto.objects.exclude(status="deleted").filter(shoots=candidate.shoot_id)
    photo = next((photo for photo in photos if str(photo.pk) == name), None)
    if photo is None or not photo.normalized:
        raise FileNotFoundError(name)
    return storage.read(storage.originals(), photo.normalized)


_developing = threading.Lock()


def ensure_demo(key: str) -> None:
    """Develop a demo portrait unless its master is stored already (about two seconds, once)."""
    demo = DEMOS[key]
    path = _demo_sitter(demo).master
    if storage.masters().exists(path):
        return
    # Three pictures are asked for at once; one of them develops. Another process would write the same.
    with _developing:
        if not storage.masters().exists(path):
            storage.put(storage.masters(), path, proof.develop(_demo_file(demo).read_bytes(), demo.key))


def _demo_file(demo: Demo) -> Path:
    spec = find_spec(demo.package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(demo.file)
    return Path(spec.origin).parent / demo.file
