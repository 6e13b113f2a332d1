"""`manage.py share COMPANY`: a company's share of the workers against the other companies'."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams import tenancy
from teams.actor import Actor
from teams.models import Company
from teams.services.company import save_share

_WEIGHTS = (0.1, 100.0)


class Command(BaseCommand):
    help = "Show or set how much of the workers a company gets while others wait too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("company", help="the company's part of the address")
        parser.add_argument("--weight", type=float, help="2 gets twice as much as 1 (the default)")
        parser.add_argument(
            "--at-once", metavar="N", help="shoots that may run at once, or `any` (the default)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(slug=options["company"]).first()
        if company is None:
            raise CommandError(f"There is no company at /c/{options['company']}/.")
        weight = company.share_weight if options["weight"] is None else options["weight"]
        if not _WEIGHTS[0] <= weight <= _WEIGHTS[1]:
            raise CommandError(f"A weight is a number from {_WEIGHTS[0]:g} to {_WEIGHTS[1]:g}.")
        most = company.max_running if options["at_once"] is None else _bound(options["at_once"])
        if (weight, most) != (company.share_weight, company.max_running):
            with tenancy.company_scope(company.pk):
                save_share(company, weight=weight, most=most, by=Actor("system", "", "Operator"))
        bound = "as many at once as there are workers" if most is None else f"at most {most} at once"
        self.stdout.write(f"{company.name}: weight {weight:g}, {bound}")


def _bound(text: str) -> int | None:
    if text == "any":
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise CommandError("--at-once takes a whole number from 1 to 1000, or `any`.")
    return int(text)
