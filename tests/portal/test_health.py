"""What a load balancer asks: does the process answer, and can it work?"""

from typing import Any

import pytest
from django.db import connection
from django.test import Client


def test_healthz_answers_without_a_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_readyz_is_200_when_both_answer(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"database": "ok", "redis": "ok"})


@pytest.mark.django_db
def test_readyz_names_a_redis_that_is_away(client: Client, settings: Any) -> None:
    before = settings.RQ_QUEUES["intake"]["URL"]
    settings.RQ_QUEUES["intake"]["URL"] = "redis://127.0.0.1:9/0"
    response = client.get("/readyz")
    settings.RQ_QUEUES["intake"]["URL"] = before
    assert (response.status_code, response.json()["redis"]) == (503, "unreachable")


@pytest.mark.django_db(transaction=True)
def test_readyz_names_a_database_that_is_away(client: Client) -> None:
    options = connection.settings_dict["OPTIONS"]
    before = options["host"]
    connection.close()
    options["host"] = "/nowhere"
    try:
        response = client.get("/readyz")
    finally:
        options["host"] = before
        connection.close()
    assert (response.status_code, response.json()["database"]) == (503, "unreachable")


@pytest.mark.django_db(transaction=True)
def test_readyz_refuses_a_role_that_row_level_security_does_not_bind(client: Client) -> None:
    user = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = "postgres"
    try:
        response = client.get("/readyz")
    finally:
        connection.close()
        connection.settings_dict["USER"] = user
    assert response.status_code == 503
    assert "exempt" in response.json()["database"]
