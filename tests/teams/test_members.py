"""Members: invited by mail, choose a password, change roles; a company keeps an owner."""

import re

from django.test import Client

from teams.models import Mail, Membership, Role, User
from tests.cast import Cast, House
from tests.teams.conftest import Deliver

PAGE = "/c/northwind/settings/members/"


def _role(house: House, email: str) -> str | None:
    with house.scope():
        row = Membership.objects.filter(company=house.company, user__email=email).first()
        return row.role if row else None


def _member(house: House, who: str) -> str:
    with house.scope():
        return str(Membership.objects.get(company=house.company, user=house.members[who]).pk)


def test_an_invited_member_chooses_a_password_and_is_in(cast: Cast, deliver: Deliver) -> None:
    form = {"email": "Nora@Northwind.test", "name": "Nora", "role": "reviewer"}
    cast.client("olga").post(PAGE, form)
    assert _role(cast.northwind, "nora@northwind.test") == "reviewer"
    (mail,) = deliver(cast.northwind)
    link = re.search(
        r"http://localhost:8000(/accounts/password/reset/key/\S+)", mail.get_body(("plain",)).get_content()
    )
    assert link is not None
    nora = Client()
    page = nora.get(link[1], follow=True)
    words = "a very long secret 7"
    nora.post(page.redirect_chain[-1][0], {"password1": words, "password2": words})
    assert (
        nora.post("/accounts/login/", {"login": "nora@northwind.test", "password": words}).status_code == 302
    )
    # A reviewer: people are not their business, the wall is.
    assert nora.get("/c/northwind/people/").status_code == 403


def test_somebody_with_an_account_only_gets_the_membership(cast: Cast, deliver: Deliver) -> None:
    cast.client("olga").post(PAGE, {"email": "hugo@southbay.test", "role": "marketing"})
    assert _role(cast.northwind, "hugo@southbay.test") == "marketing"
    assert User.objects.filter(email__iexact="hugo@southbay.test").count() == 1
    (mail,) = deliver(cast.northwind)
    assert "/password/" not in mail.get_body(("plain",)).get_content()


def test_inviting_a_member_twice_is_refused(cast: Cast) -> None:
    page = cast.client("olga").post(PAGE, {"email": "HANA@northwind.test", "role": "owner"})
    assert page.status_code == 422
    assert _role(cast.northwind, "hana@northwind.test") == "hr"
    with cast.northwind.scope():
        assert not Mail.objects.exists()


def test_a_new_role_holds_at_once(cast: Cast) -> None:
    rafael = cast.client("rafael")
    assert rafael.get("/c/northwind/people/").status_code == 403
    cast.client("olga").post(f"{PAGE}{_member(cast.northwind, 'rafael')}/role/", {"role": "hr"})
    assert rafael.get("/c/northwind/people/").status_code == 200


def test_the_last_owner_can_neither_step_down_nor_be_removed(cast: Cast) -> None:
    olga, house = cast.client("olga"), cast.northwind
    me = _member(house, "olga")
    page = olga.post(f"{PAGE}{me}/role/", {"role": "hr"}, follow=True)
    assert "is the only owner" in page.content.decode()
    olga.post(f"{PAGE}{me}/remove/", {"confirm": "olga@northwind.test"})
    assert _role(house, "olga@northwind.test") == Role.OWNER
    olga.post(f"{PAGE}{_member(house, 'hana')}/role/", {"role": "owner"})
    olga.post(f"{PAGE}{me}/role/", {"role": "hr"})
    assert _role(house, "olga@northwind.test") == Role.HR


def test_an_owner_who_may_not_sign_in_does_not_count(cast: Cast) -> None:
    olga, house = cast.client("olga"), cast.northwind
    olga.post(f"{PAGE}{_member(house, 'hana')}/role/", {"role": "owner"})
    User.objects.filter(email="hana@northwind.test").update(is_active=False)
    olga.post(f"{PAGE}{_member(house, 'olga')}/role/", {"role": "hr"})
    assert _role(house, "olga@northwind.test") == Role.OWNER


def test_removing_needs_the_address_and_leaves_the_account(cast: Cast) -> None:
    olga, house = cast.client("olga"), cast.northwind
    address = f"{PAGE}{_member(house, 'mara')}/remove/"
    olga.post(address, {"confirm": "mara"})
    assert _role(house, "mara@northwind.test") == "marketing"
    mara = cast.client("mara")
    olga.post(address, {"confirm": "mara@northwind.test"})
    assert mara.get("/c/northwind/library/").status_code == 404
    assert User.objects.filter(email="mara@northwind.test").exists()
