"""Jobs of the teams app: sending mails."""

import smtplib
from email.utils import formataddr, parseaddr

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from portal.lib.jobrow import due, retry_delay
from teams import transitions
from teams.models import Mail
from teams.tenancy import tenant_job

log = structlog.get_logger("teams.jobs")


@tenant_job
def send_mail(company_id: str, mail_id: str) -> None:
    """Send one queued mail; the claim makes sure that two workers do not both send it."""
    mail = due(Mail.objects.filter(pk=mail_id, status=Mail.Status.QUEUED)).select_related("company").first()
    if mail is None:
        return
    try:
        transitions.mail_claimed(mail)
    except transitions.TransitionRefused:
        return
    try:
        _deliver(mail)
    except smtplib.SMTPRecipientsRefused:
        transitions.mail_failed(mail, "address_refused")
    except (smtplib.SMTPException, OSError) as error:
        log.warning("mail failed", mail=mail_id, error=str(error))
        final = mail.attempt >= settings.MAX_ATTEMPTS
        retry_at = None if final else timezone.now() + retry_delay(mail.attempt)
        transitions.mail_failed(mail, "server_unreachable", retry_at=retry_at)
    else:
        transitions.mail_sent(mail)


def _deliver(mail: Mail) -> None:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    sender = formataddr((mail.company.mail_sender or mail.company.name or name, address))
    message = EmailMultiAlternatives(mail.subject, mail.text, sender, [mail.to])
    # One id per row: a mail client folds together what a killed worker may have sent twice.
    message.extra_headers["Message-ID"] = f"<{mail.pk}@onelight>"
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.send()
