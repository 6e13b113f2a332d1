"""Signing in speaks as the other pages do."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast


@pytest.mark.parametrize("page", ["account_login", "account_reset_password"])
def test_the_address_is_called_what_it_is_called_everywhere(client: Client, db: None, page: str) -> None:
    text = client.get(reverse(page)).content.decode()
    assert ">E-mail" in text
    assert "Email" not in text


def test_a_member_signs_in_with_it(client: Client, cast: Cast) -> None:
    member = next(iter(cast.northwind.members.values()))
    member.set_password("correct horse battery")
    member.save()
    sent = {"login": member.email, "password": "correct horse battery"}
    assert client.post(reverse("account_login"), sent).status_code == 302
    assert client.session["_auth_user_id"] == str(member.pk)
