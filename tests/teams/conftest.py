"""Fixtures of the roster's tests."""

import email
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from pytest_django import Settings

from teams import jobs
from teams.models import Mail
from tests.cast import House

Deliver = Callable[[House], list[EmailMessage]]


@pytest.fixture
def deliver(settings: Settings) -> Deliver:
    """Run the real mail job for every queued mail of a house; returns what was written to the mail folder."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

    def run(house: House) -> list[EmailMessage]:
        with house.scope():
            queued = list(Mail.objects.filter(status="queued").values_list("pk", flat=True))
        for pk in queued:
            jobs.send_mail(str(house.company.pk), str(pk))
        files = sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"))
        parsed = [email.message_from_bytes(file.read_bytes(), policy=default) for file in files]
        for file in files:
            file.unlink()
        return parsed  # type: ignore[return-value]

    return run
