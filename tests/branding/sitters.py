"""People with a finished picture: the master is a public-domain portrait that a wheel carries."""

from functools import lru_cache
from typing import Any

from generation.imaging import proof
from generation.models import Candidate, Shoot
from generation.services import previews
from portal.lib import storage
from tests.cast import House


@lru_cache
def master(demo: str = "demo-collins", name: str = "") -> bytes:
    """Bytes of a developed portrait whose photo is called `name`; about two seconds, once."""
    return proof.develop(portrait(demo), name)


def portrait(demo: str = "demo-collins") -> bytes:
    """The public-domain photo itself."""
    return previews._demo_file(previews.DEMOS[demo]).read_bytes()


def finished(
    house: House, who: str, *, rank: int = 1, photo: str = "", demo: str = "demo-collins"
) -> Candidate:
    """A candidate of this employee, with its master in the storage. Call inside the house's scope."""
    shoot = Shoot.objects.create(
        company=house.company, employee=house.employees[who], style_version=house.version, status="done"
    )
    key = f"{house.company.pk}/{shoot.pk}/{rank:02d}.master"
    storage.put(storage.masters(), key, master(demo, photo))
    return Candidate.objects.create(
        company=house.company,
        shoot=shoot,
        rank=rank,
        source="retouched",
        master=key,
        width_px=480,
        height_px=600,
        likeness=0.9,
    )


def sitter(house: House) -> dict[str, Any]:
    """The URL of a preview: the company's first employee."""
    return {"who": str(finished(house, next(iter(house.employees))).pk)}
