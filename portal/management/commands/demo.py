"""`manage.py demo`: create the demo company once; say how to get in."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal import demo


class Command(BaseCommand):
    help = "Create the demo company if this installation has no company yet, and say how to get in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object (null without a demo)")

    def handle(self, *args: Any, **options: Any) -> None:
        found = demo.make()
        if options["json"]:
            self.stdout.write(json.dumps(found))
        elif found is None:
            self.stdout.write("This installation has companies of its own; there is no demo company.")
        else:
            self.stdout.write(f"Sign in as {found['email']} with the password {found['password']}")
            self.stdout.write(f"{found['employee']}'s personal link: {found['link']}")
