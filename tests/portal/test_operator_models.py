"""The operator's page of models."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from generation.imaging.models import configured
from generation.imaging.models.store import ModelStore
from teams.models import User
from tests.cast import Cast
from tests.imaging.weights import TABLE, pipeline


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    before = configured.configuration()
    root = tmp_path / "models"
    root.mkdir()
    (root / "table.toml").write_text(TABLE)
    configured.configure(configured.Configuration(ModelStore(root)))
    yield root
    configured.configure(before)


def operator(cast: Cast) -> Client:
    User.objects.filter(pk=cast.user("otto").pk).update(is_staff=True)
    return cast.client("otto")


def page(client: Client) -> str:
    return client.get(reverse("operator_models")).content.decode()


def row(text: str, name: str) -> str:
    return next(part for part in text.split("<tr>") if f">{name}<" in part)


def test_the_operator_sees_role_state_licence_and_size(cast: Cast, root: Path, tmp_path: Path) -> None:
    ModelStore(root).install_from_directory("tiny", pipeline(tmp_path / "source"))
    ModelStore(root).accept_licence("tiny-rail", "Jo Lee")
    text = page(operator(cast))
    tiny = row(text, "tiny")
    assert "Generating" in tiny
    assert "Installed" in tiny
    assert "Apache-2.0" in tiny
    assert "16.1\xa0KB" in tiny
    assert "≈" not in tiny
    assert "Switched off" in row(text, "tiny-research")
    assert "accepted by Jo Lee" in row(text, "tiny-rail")
    assert "Licence not accepted yet" in row(text, "sdxl-base")
    assert "Always there" in row(text, "dlib-resnet-v1")
    assert "≈" in row(text, "flux2-klein-4b")


def test_a_changed_model_stands_out(cast: Cast, root: Path, tmp_path: Path) -> None:
    installed = ModelStore(root).install_from_directory("tiny", pipeline(tmp_path / "source"))
    (installed / "model_index.json").unlink()
    assert "Incomplete" in row(page(operator(cast)), "tiny")


def test_a_broken_table_is_a_sentence_not_an_error(cast: Cast, root: Path) -> None:
    (root / "table.toml").write_text("[x")
    assert "cannot be read" in page(operator(cast))


def test_only_the_operator_is_led_there(cast: Cast, root: Path) -> None:
    link = reverse("operator_models")
    dashboard = reverse("dashboard", args=[cast.northwind.slug])
    assert link not in cast.client("olga").get(dashboard).content.decode()
    assert cast.client("olga").get(link).status_code == 403
    User.objects.filter(pk=cast.user("olga").pk).update(is_staff=True)
    assert link in cast.client("olga").get(dashboard).content.decode()


def test_an_operator_without_a_company_finds_the_way(cast: Cast, root: Path) -> None:
    stranger = User.objects.create_user("ops@portal.test", name="Ops")
    client = Client()
    client.force_login(stranger)
    home = client.get("/").content.decode()
    assert "Ask your HR team" in home
    assert reverse("account_logout") in home
    assert reverse("operator_models") not in home
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    home = client.get("/").content.decode()
    assert reverse("operator_models") in home
    assert "Ask your HR team" not in home
