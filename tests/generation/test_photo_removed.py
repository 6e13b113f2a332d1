"""A removed photo is gone: its files, its measures, its embedding, and from the next shoot."""

from django.test import Client

from generation.models import SourcePhoto
from portal.lib import storage
from tests import factories
from tests.cast import Cast


def _photo(cast: Cast) -> SourcePhoto:
    with cast.northwind.scope():
        factories.give_consent(cast.northwind.employees["ines"])
        return factories.make_photo(cast.northwind.employees["ines"])


def test_files_and_measures_go(cast: Cast) -> None:
    photo = _photo(cast)
    files = [photo.original, photo.normalized, photo.thumbnail]
    assert all(storage.originals().exists(key) for key in files)
    path = cast.northwind.me("ines", f"photos/{photo.pk}/remove/")
    page = Client().post(path, follow=True).content.decode()
    assert str(photo.pk) not in page
    with cast.northwind.scope():
        photo.refresh_from_db()
    assert (photo.status, photo.embedding, photo.measures) == ("deleted", None, {})
    assert not any(storage.originals().exists(key) for key in files)
    assert Client().get(cast.northwind.me("ines", f"pictures/photo/{photo.pk}/upright/")).status_code == 404


def test_a_second_click_does_nothing(cast: Cast) -> None:
    photo = _photo(cast)
    path = cast.northwind.me("ines", f"photos/{photo.pk}/remove/")
    for _ in range(2):
        assert Client().post(path).status_code == 302


def test_htmx_gets_the_new_list(cast: Cast) -> None:
    photo = _photo(cast)
    path = cast.northwind.me("ines", f"photos/{photo.pk}/remove/")
    part = Client().post(path, headers={"HX-Request": "true"}).content.decode()
    assert 'id="photo-state"' in part
    assert "<html" not in part
    assert str(photo.pk) not in part
