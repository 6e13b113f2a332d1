"""The team wall: everyone on one page, and who sticks out why."""

import re

from tests.cast import Cast
from tests.generation.reviewing import FRAMED, approved, in_review

TILTED = FRAMED | {"roll_deg": 3.0}


def _wall(cast: Cast, query: str = "", who: str = "rafael") -> str:
    return cast.client(who).get(f"/c/northwind/review/wall/{query}").content.decode()


def _names(page: str) -> list[str]:
    return re.findall(r'<strong class="truncate">(\w+) Northwind', page)


def test_a_team_in_one_light_scores_full_marks(cast: Cast) -> None:
    with cast.northwind.scope():
        for who in ("ines", "jonas", "kofi"):
            approved(cast.northwind, who)
    page = _wall(cast)
    assert 'aria-valuenow="100"' in page
    assert "Nobody sticks out" in page


def test_who_sticks_out_is_named_with_the_cause(cast: Cast) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
        approved(cast.northwind, "kofi")
        approved(cast.northwind, "jonas", framing=TILTED)
    page = _wall(cast)
    assert "1 person sticks out" in page
    assert "head 3.0° clockwise" in page
    assert 'aria-valuenow="100"' not in page


def test_sorting_by_outlier_brings_them_first(cast: Cast) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
        approved(cast.northwind, "kofi", framing=TILTED)
    assert _names(_wall(cast)) == ["Ines", "Kofi"]
    assert _names(_wall(cast, "?sort=outlier")) == ["Kofi", "Ines"]


def test_those_in_review_hang_beside_the_others_when_asked_for(cast: Cast) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
        in_review(cast.northwind, "jonas")
    assert _names(_wall(cast)) == ["Ines"]
    assert _names(_wall(cast, "?review=1")) == ["Ines", "Jonas"]


def test_marketing_sees_only_what_is_approved(cast: Cast) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
        in_review(cast.northwind, "jonas")
    page = _wall(cast, "?review=1", "mara")
    assert _names(page) == ["Ines"]
    assert "/media/candidate/" not in page


def test_a_second_style_is_no_outlier_of_the_first(cast: Cast) -> None:
    from branding.look import STARTERS
    from branding.models import Style, StyleVersion
    from generation.models import Shoot

    house = cast.northwind
    with house.scope():
        approved(house, "ines")
        other = approved(house, "jonas", framing={"eye_line": 0.45, "head_height": 0.30, "roll_deg": 0.0})
        look = STARTERS["corporate"].model_dump(mode="json")
        look["framing"] |= {"eye_line": 0.45, "head_height": 0.30}
        style = Style.objects.create(company=house.company, name="Board", draft=look)
        version = StyleVersion.objects.create(company=house.company, style=style, number=1, data=look)
        assert "sticks out" in _wall(cast).replace("Nobody sticks out", "")
        Shoot.objects.filter(pk=other.candidate.shoot_id).update(style_version=version)
    assert "Nobody sticks out" in _wall(cast)
