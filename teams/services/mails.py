"""Mails: written as a row first, sent by a job, kept as part of the person's story."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from portal.lib.jobs import enqueue
from teams.models import Company, Employee, Mail, User
from teams.services import accent, logos


def frame(company: Company) -> dict[str, Any]:
    """What templates/mail/base.html needs: the company, its colours and its logo's address."""
    logo = settings.BASE_URL + logos.address(company) if company.logo else ""
    return {
        "company": company,
        "accent": company.accent,
        "on_accent": accent.readable_on(company.accent),
        "base_url": settings.BASE_URL,
        "logo_url": logo,
    }


def write(kind: str, employee: Employee, **context: Any) -> Mail:
    """Queue the mail of this kind to an employee, from templates/mail/<kind>.{subject,txt,html}.

    Written in the company's language; sent after the transaction commits.
    """
    company = employee.company
    values = {**frame(company), "employee": employee, **context}
    with override(company.language):
        subject = " ".join(render_to_string(f"mail/{kind}.subject", values).split())
        text = render_to_string(f"mail/{kind}.txt", values)
        html = render_to_string(f"mail/{kind}.html", values)
    return queue(kind, employee, subject, text, html)


def write_to_member(kind: str, company: Company, to: User, **context: Any) -> Mail:
    """`write` to somebody who signs in."""
    values = {**frame(company), "user": to, **context}
    with override(company.language):
        subject = " ".join(render_to_string(f"mail/{kind}.subject", values).split())
        text = render_to_string(f"mail/{kind}.txt", values)
        html = render_to_string(f"mail/{kind}.html", values)
    return _queue(Mail(company=company, kind=kind, to=to.email, subject=subject[:200], text=text, html=html))


def queue(kind: str, employee: Employee, subject: str, text: str, html: str) -> Mail:
    """Queue a mail whose words are already made."""
    return _queue(
        Mail(
            company_id=employee.company_id,
            employee=employee,
            kind=kind,
            to=employee.email,
            subject=subject[:200],
            text=text,
            html=html,
        )
    )


def hold_back(mail: Mail, seconds: int) -> None:
    """Do not send it before this many seconds have passed, so that what it tells can be undone."""
    mail.not_before = timezone.now() + timedelta(seconds=seconds)
    mail.save(update_fields=["not_before"])


def take_back(employee: Employee, kinds: Sequence[str], since: datetime) -> bool:
    """Drop mails of these kinds that were written since and have not been sent; whether none had been."""
    written = Mail.objects.filter(employee=employee, kind__in=kinds, created_at__gte=since)
    written.filter(status=Mail.Status.QUEUED).delete()
    return not written.exists()


def _queue(mail: Mail) -> Mail:
    mail.save(force_insert=True)
    enqueue("mail", "teams.jobs.send_mail", mail.company_id, mail.pk)
    return mail
