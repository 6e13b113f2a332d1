"""Versions: who uses them, what they changed, two of them side by side."""

from branding import services
from branding.controls import differences
from branding.look import STARTERS, Backdrop, LightRig, Look
from branding.models import Style
from generation.models import Shoot
from tests.cast import Cast


def test_differences_are_told_in_the_photographers_words() -> None:
    before = Look()
    after = Look(
        backdrop=Backdrop(kind="canvas", color="#102030"),
        light=LightRig(key_azimuth_deg=-40.0, key_fill_ratio=2.2, temperature_k=5200.0),
        wardrobe="",
    )
    assert [str(item.sentence) for item in differences(before, after)] == [
        "Kind from Pool of light to Painted canvas",
        "Colour from #c9ced6 to #102030",
        "Key light, sideways from 35° right of the camera to 40° left of the camera",
        "Key to fill from 1.8:1 to 2.2:1",
        "Colour temperature from 5600 K to 5200 K",
        "Wardrobe from business casual to nothing",
    ]


def _page(cast: Cast, path: str) -> str:
    style = cast.northwind.style
    return str(cast.client("hana").get(f"/c/northwind/styles/{style.pk}/{path}").content.decode())


def test_the_page_counts_people_and_shoots(cast: Cast) -> None:
    house = cast.northwind
    with house.scope():
        for who in ("ines", "ines", "kofi"):
            Shoot.objects.create(
                company=house.company,
                employee=house.employees[who],
                style_version=house.version,
                status="done",
            )
    page = _page(cast, "versions/")
    assert "2 people, 3 shoots, 0 approved headshots" in page
    assert "Ines Northwind, Kofi Northwind" in page and "Jonas" not in page
    assert "2 people photographed" in cast.client("hana").get("/c/northwind/styles/").content.decode()


def test_two_states_are_compared(cast: Cast) -> None:
    hana, style = cast.user("hana"), cast.northwind.style
    with cast.northwind.scope():
        style = Style.objects.get(pk=style.pk)
        look = style.draft_look.model_copy(update={"retouch": 0.5})
        style = services.save_draft(style, style.name, look, services.seen_of(style), hana)
        services.publish(style, services.seen_of(style), hana, default=False)
        services.save_draft(style, style.name, STARTERS["legal"], services.seen_of(style), hana)
    assert "Blemishes from 20 % to 50 %" in _page(cast, "compare/?a=1&b=2")
    assert "Kind from Pool of light to Painted canvas" in _page(cast, "compare/")


def test_an_unknown_version_is_not_found(cast: Cast) -> None:
    client, style = cast.client("hana"), cast.northwind.style
    assert client.get(f"/c/northwind/styles/{style.pk}/compare/?a=9&b=1").status_code == 404


def _unpublished(cast: Cast) -> str:
    with cast.northwind.scope():
        style = services.create_style(cast.northwind.company, "Speakers", Look(), cast.user("hana"))
    return f"/c/northwind/styles/{style.pk}"


def test_a_style_without_versions_says_how_to_get_one(cast: Cast) -> None:
    base = _unpublished(cast)
    page = cast.client("hana").get(f"{base}/versions/")
    assert page.status_code == 200
    assert "Nothing published yet" in page.content.decode()


def test_a_draft_alone_has_nothing_to_be_compared_with(cast: Cast) -> None:
    page = cast.client("hana").get(f"{_unpublished(cast)}/compare/").content.decode()
    assert "Nothing to compare yet" in page
    assert "From Draft to Draft" not in page


def test_the_same_state_twice_asks_for_another_one(cast: Cast) -> None:
    page = _page(cast, "compare/?a=1&b=1")
    assert "Both are the same. Choose two different ones." in page
    assert page.count("side-pictures") == 1
