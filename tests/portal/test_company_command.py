"""The operator opens the portal for a company: `manage.py company`."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from teams import tenancy
from teams.models import Company, Membership

pytestmark = pytest.mark.django_db(transaction=True)


def create(*arguments: str) -> str:
    out = StringIO()
    call_command("company", *arguments, stdout=out)
    return out.getvalue()


def test_the_owner_chooses_a_password_by_the_printed_mail_and_is_in(client: Client, settings: Any) -> None:
    said = create("Möbel Ärmel GmbH", "--owner", "jo@moebel.example", "--owner-name", "Jo")
    link = re.search(r"http://\S+/accounts/\S+", said)
    assert link, said
    form = client.get(link[0].removeprefix(settings.BASE_URL), follow=True)
    assert form.status_code == 200
    words = {"password1": "eight bright lamps", "password2": "eight bright lamps"}
    client.post(form.request["PATH_INFO"], words)
    client.post("/accounts/login/", {"login": "jo@moebel.example", "password": words["password1"]})
    assert client.get("/c/mobel-armel-gmbh/").status_code == 200


def test_the_first_member_is_the_owner() -> None:
    create("Acme", "--owner", "jo@acme.example", "--language", "de")
    company = Company.objects.get(slug="acme")
    assert company.language == "de"
    with tenancy.company_scope(company.pk):
        assert [str(item.role) for item in Membership.objects.all()] == ["owner"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Acme", "--owner", "jo"), "is not an e-mail address"),
        (("Acme", "--owner", "jo@acme.example", "--slug", "A b"), "--slug"),
        (("株式会社", "--owner", "jo@acme.example"), "--slug"),
    ],
)
def test_what_cannot_work_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        create(*arguments)
    assert not Company.objects.exists()


def test_an_address_that_is_taken_is_refused() -> None:
    create("Acme", "--owner", "jo@acme.example")
    with pytest.raises(CommandError, match="already"):
        create("ACME", "--owner", "somebody@acme.example")
    assert Company.objects.count() == 1
