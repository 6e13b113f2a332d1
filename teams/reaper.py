"""Mails that a dead worker or a restarted Redis left behind, links whose last day has passed, and uploaded
rosters that nobody confirmed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from portal.lib.jobrow import due
from portal.lib.jobs import enqueue
from teams import tenancy, transitions
from teams.models import Invite, InviteStatus, Mail, RosterImport

LOST_AFTER_S = 30
# An uploaded roster is personal data: one that nobody confirmed goes after a week, the rows of a confirmed
# one after a month, when nobody corrects its bad rows any more (its counts stay).
_UNCONFIRMED_KEPT = timedelta(days=7)
_CONFIRMED_KEPT = timedelta(days=30)


def reap() -> None:
    """One round over all companies."""
    now = timezone.now()
    with tenancy.system_scope():
        silent = now - timedelta(seconds=settings.HEARTBEAT_TIMEOUT_S)
        for mail in Mail.objects.filter(status=Mail.Status.RUNNING, heartbeat_at__lt=silent):
            final = mail.attempt >= settings.MAX_ATTEMPTS
            transitions.mail_failed(mail, "worker_lost", retry_at=None if final else now)
        lost = Q(enqueued_at=None) | Q(enqueued_at__lt=now - timedelta(seconds=LOST_AFTER_S))
        for mail in due(Mail.objects.filter(lost, status=Mail.Status.QUEUED))[:500]:
            Mail.objects.filter(pk=mail.pk).update(enqueued_at=now)
            enqueue("mail", "teams.jobs.send_mail", mail.company_id, mail.pk)
        waiting = [InviteStatus.PENDING, InviteStatus.OPENED]
        for invite in Invite.objects.filter(status__in=waiting, expires_at__lte=now)[:500]:
            transitions.invite_expired(invite)
        _forget_rosters(now)


def _forget_rosters(now: datetime) -> None:
    rosters = RosterImport.objects.defer("table")
    rosters.filter(applied_at=None, created_at__lt=now - _UNCONFIRMED_KEPT).delete()
    old = rosters.filter(applied_at__lt=now - _CONFIRMED_KEPT).exclude(table__rows=[])
    old.update(table={"header": [], "rows": [], "lines": [], "columns": {}})
