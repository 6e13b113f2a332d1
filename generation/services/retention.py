"""What is kept no longer than promised: photos and measurements past the days that the consent names."""

from datetime import timedelta

from django.db.models import DurationField, ExpressionWrapper, F, Value
from django.db.models.functions import Now

from generation import transitions
from generation.models import PhotoStatus, SourcePhoto
from generation.services.uploads import delete_files
from teams import audit
from teams.actor import SYSTEM
from teams.transitions import TransitionRefused

# Photos per round of the clock, so that one round stays short.
ROUND = 100


def finish_removals() -> int:
    """Delete the files of photos whose removal was broken off; returns how many. Called by the clock in the
    system scope."""
    left = SourcePhoto.objects.filter(status=PhotoStatus.DELETED).exclude(original="")[:ROUND]
    for photo in left:
        delete_files(photo)
    return len(left)


def remove_expired() -> int:
    """Delete photos and measurements past the days that their company's consent names; returns how many.
    Called by the clock in the system scope."""
    kept = ExpressionWrapper(
        F("company__retention_days") * Value(timedelta(days=1)), output_field=DurationField()
    )
    old = SourcePhoto.objects.exclude(status=PhotoStatus.DELETED).filter(created_at__lt=Now() - kept)[:ROUND]
    for photo in old:
        try:
            transitions.photo_deleted(photo, SYSTEM)
        except TransitionRefused:
            continue
        audit.record("photo_expired", photo, SYSTEM, employee_id=photo.employee_id)
        delete_files(photo)
    return len(old)
