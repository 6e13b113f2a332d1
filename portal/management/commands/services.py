"""`manage.py services start|stop|show`: the embedded PostgreSQL and Redis without the portal, for backups."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.lib import embedded


class Command(BaseCommand):
    help = "Start or stop the embedded services, or show their addresses."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["start", "stop", "show"])

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.EMBEDDED_POSTGRES or settings.EMBEDDED_REDIS):
            raise CommandError("DATABASE_URL and REDIS_URL name services of your own; none is embedded.")
        try:
            if options["what"] == "start":
                embedded.start(
                    settings.VAR_DIR, postgres=settings.EMBEDDED_POSTGRES, redis=settings.EMBEDDED_REDIS
                )
            elif options["what"] == "stop":
                embedded.stop(settings.VAR_DIR)
        except embedded.ServiceError as error:
            raise CommandError(str(error)) from error
        if options["what"] != "stop":
            self._show()

    def _show(self) -> None:
        if settings.EMBEDDED_POSTGRES:
            self.stdout.write(f"superuser {embedded.database_url(settings.VAR_DIR, 'superuser')}")
            self.stdout.write(f"owner     {embedded.database_url(settings.VAR_DIR, 'owner')}")
            self.stdout.write(f"app       {embedded.database_url(settings.VAR_DIR, 'app')}")
            self.stdout.write(f"programs  {embedded.postgres_bin()}")
        if settings.EMBEDDED_REDIS:
            self.stdout.write(f"redis     {embedded.redis_url(settings.VAR_DIR)}")
