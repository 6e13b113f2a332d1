"""The teams app: companies, people, invites, consent."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class TeamsConfig(AppConfig):
    name = "teams"

    def ready(self) -> None:
        from teams import tenancy

        connection_created.connect(tenancy.on_connect)
        post_migrate.connect(tenancy.after_migrate, sender=self)
