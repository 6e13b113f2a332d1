"""A real finished picture with its layers and the photo it was made from, for the tests of small changes."""

from functools import cache

from branding.look import STARTERS
from generation import pipeline
from generation.imaging import photocheck, run
from generation.imaging.finishing import masters
from generation.imaging.samples import portrait_files
from generation.imaging.types import Candidate as Picture
from generation.imaging.types import CheckedPhoto
from generation.keys import shoot_key
from generation.models import Candidate
from portal.lib import storage
from tests import factories
from tests.cast import House

LOOK = STARTERS["corporate"]
SIZE = (480, 600)


@cache
def portrait() -> tuple[CheckedPhoto, Picture]:
    """A public-domain portrait as it was checked, and the headshot made of it."""
    photo = photocheck.check_photo(portrait_files()["eileen-collins.png"], "me.png", LOOK.framing)
    gallery = photocheck.build_gallery([photo])
    return photo, next(run.takes(gallery, LOOK, seed=0, count=1, size=SIZE))


def finished(house: House, who: str = "ines") -> Candidate:
    """The only picture of somebody's finished shoot, with its master; the company's scope is entered."""
    checked, picture = portrait()
    employee = house.employees[who]
    factories.give_consent(employee)
    assert checked.embedding is not None
    factories.make_photo(
        employee,
        data=portrait_files()["eileen-collins.png"],
        embedding=[float(value) for value in checked.embedding],
        measures=dict(checked.report.measures),
    )
    shoot = factories.make_shoot(employee, pictures=0)
    image, small, master = (shoot_key(shoot, f"one{end}") for end in (".png", "-small.jpg", ".master"))
    pipeline.store_pictures(picture, image, small)
    storage.put(storage.masters(), master, masters.save_master(picture.master))
    columns = pipeline.columns_of(picture) | {"image": image, "small": small, "master": master}
    row = Candidate.objects.create(company=house.company, shoot=shoot, rank=1, **columns)
    return Candidate.objects.select_related("shoot__employee", "shoot__style_version").get(pk=row.pk)
