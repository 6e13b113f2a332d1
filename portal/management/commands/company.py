"""`manage.py company NAME --owner E-MAIL`: how the operator opens the portal for a company."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from teams import tenancy
from teams.actor import Actor
from teams.models import Company, Mail, Role
from teams.services import members


class Command(BaseCommand):
    help = "Create a company and make somebody its owner; they get a mail to choose a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the company's name")
        parser.add_argument("--owner", required=True, metavar="E-MAIL", help="the first member's address")
        parser.add_argument("--owner-name", default="", help="their name")
        parser.add_argument(
            "--slug", default="", help="the company's part of the address (default: its name)"
        )
        parser.add_argument("--language", default="en", choices=[code for code, _ in settings.LANGUAGES])

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"] or slugify(options["name"])
        try:
            validate_email(options["owner"])
        except ValidationError as error:
            raise CommandError(f"{options['owner']} is not an e-mail address.") from error
        if not slug or slug != slugify(slug):
            raise CommandError(
                "Give the company's part of the address with --slug: letters, digits, hyphens."
            )
        if Company.objects.filter(slug=slug).exists():
            raise CommandError(f"There is a company at /c/{slug}/ already; choose another --slug.")
        text = _create(slug, options)
        self.stdout.write(f"{options['name']} stands at {settings.BASE_URL}/c/{slug}/")
        self.stdout.write(f"This mail goes to {options['owner']}:\n\n{text}")


def _create(slug: str, options: dict[str, Any]) -> str:
    with transaction.atomic():
        company = Company.objects.create(slug=slug, name=options["name"], language=options["language"])
        with tenancy.company_scope(company.pk):
            owner = options["owner"]
            members.invite(company, owner, options["owner_name"], Role.OWNER, Actor("system", "", "Operator"))
            return str(Mail.objects.filter(to=owner).latest("created_at").text)
