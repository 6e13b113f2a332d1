"""Fixtures of all tests: real PostgreSQL and Redis, the cast, a clean slate of files and queues."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import django_rq
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.cast import Cast, make_cast
from tests.chromium import chromium as chromium

# A loaded machine is no fault of the code: no test fails for how long its examples take.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
PHOTOS = SHARED / "photos"


@pytest.fixture(scope="session", autouse=True)
def services() -> None:
    """Start the embedded PostgreSQL and Redis where the environment names no real ones."""
    if settings.EMBEDDED_POSTGRES or settings.EMBEDDED_REDIS:
        from portal.lib import embedded

        embedded.start(settings.VAR_DIR, durable=False)


@pytest.fixture(scope="session")
def django_db_setup(services: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A fresh database, migrated by the owner; the tests run as the role that owns nothing."""
    name = settings.DATABASES["owner"]["NAME"]
    with django_db_blocker.unblock(), connections["owner"]._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        call_command("migrate", verbosity=0)
        with connections["owner"].cursor() as cursor:
            # Only for the flush between transactional tests.
            role = settings.DATABASES["default"]["USER"]
            cursor.execute(f'GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO "{role}"')
        connections["owner"].close()
    yield
    connections.close_all()


@pytest.fixture(autouse=True)
def clean_slate() -> Iterator[None]:
    """No file, no job and no language of an earlier test: a page leaves its visitor's language active."""
    yield
    translation.deactivate()
    shutil.rmtree(settings.FILES_DIR, ignore_errors=True)
    django_rq.get_connection("intake").flushdb()


@pytest.fixture
def cast(db: None) -> Cast:
    """The named people of the tests; see tests/cast.py."""
    return make_cast()


@pytest.fixture
def shared_photos() -> Path:
    """The folder of real photos; tests that need it are skipped in a clone without it."""
    if not PHOTOS.is_dir():
        pytest.skip("needs the real photos in ../shared/photos, which this clone does not have")
    return PHOTOS
