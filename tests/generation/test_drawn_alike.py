"""Finished pictures of people whom SDXL's real pipeline drew together, beside those that each gets alone."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("diffusers", reason="the extra `diffusion` is not installed")

from generation import jobs, pipeline
from generation.imaging.engines import sdxl
from generation.models import Shoot, ShootPhoto
from generation.services import claims
from tests.cast import House
from tests.generation import drawn_shoots
from tests.imaging import people
from tests.imaging.engines import shoots as tiny

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def house(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A company whose style is drawn by SDXL, near the person's own picture."""
    settings.SHOOT_SIZE, settings.SHOOT_CANDIDATES = (320, 400), 1
    with tiny.using(tiny.large_store(tmp_path_factory.mktemp("large"))):
        yield drawn_shoots.generating(tiny.with_options(retries=0))


def _portrait(other: bool) -> bytes:
    """Somebody, and somebody else: mirrored and a little darker. What tiny random weights draw of her as
    bright as she is lies at the matte's bound."""
    pixels = people.astronaut()
    if other:
        pixels = np.asarray(pixels[:, ::-1] * 0.9, np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _again(shoot: Shoot) -> Shoot:
    """The same person once more by the same seed."""
    photos = list(shoot.photos.all())
    fields = {
        name: getattr(shoot, name) for name in ("company_id", "employee_id", "style_version_id", "seed")
    }
    copy = Shoot.objects.create(**fields, engine=shoot.engine, queue=shoot.queue, count=shoot.count)
    for photo in photos:
        ShootPhoto.objects.create(company_id=shoot.company_id, shoot=copy, photo=photo)
    return copy


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Seed and pixels of whatever the engine draws, before the studio's stages: those end a code or two apart
    where a single pixel was rounded to the other side."""
    seen: list[tuple[Any, Any]] = []
    portraits = sdxl._portraits

    def seeing(*args: Any) -> Iterator[Any]:
        for at, portrait in portraits(*args):
            assert portrait.photo.decoded is not None
            seen.append((portrait.how["seed"], portrait.photo.decoded.pixels.astype(int)))
            yield at, portrait

    monkeypatch.setattr(sdxl, "_portraits", seeing)
    return seen


def test_pictures_are_the_same_whoever_was_drawn_with_them(
    house: House, drawn: list[tuple[Any, Any]]
) -> None:
    first, second = (drawn_shoots.asked(house, who, _portrait(who == "jonas")) for who in ("ines", "jonas"))
    lead = claims.claim("gpu", "gpu.0")
    assert lead is not None and lead.pk == first.pk
    with house.scope():
        most = pipeline.people_at_once(lead)
        company = claims.companions(lead, "gpu.0", most)
        assert (most, [one.pk for one in company]) == (8, [second.pk])
        jobs.run_together([lead, *company])
    both = list(drawn)
    assert len(both) == 2
    for shoot, (seed, with_others) in zip((first, second), both, strict=True):
        (together,) = drawn_shoots.pictures(house, shoot)
        assert drawn_shoots.passed(together)
        with house.scope():
            copy = _again(shoot)
        again = claims.claim("gpu", "gpu.0")
        assert again is not None and again.pk == copy.pk
        with house.scope():
            jobs.run_shoot(again)
        (alone,) = drawn_shoots.pictures(house, copy)
        assert alone.variation["seed"] == together.variation["seed"] == seed == drawn[-1][0]
        apart = np.abs(drawn[-1][1] - with_others)
        assert apart.mean() < 0.05 and np.quantile(apart, 0.999) <= 2
        assert together.likeness == pytest.approx(alone.likeness, abs=0.02)
    # The two are not one picture anyhow.
    assert np.abs(both[0][1] - both[1][1]).mean() > 3
