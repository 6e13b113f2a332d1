"""The portal app."""

import uuid
from typing import Any

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from generation.signals import person_erased

        person_erased.connect(_forget, dispatch_uid="portal.exports")


def _forget(sender: object, *, headshot_ids: list[str], employee_id: uuid.UUID, **kwargs: Any) -> None:
    """No archive may outlive the wish of a person in it."""
    from portal.exports import services

    services.forget(headshot_ids)
