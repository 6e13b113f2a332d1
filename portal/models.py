"""Exports: sets of renditions for the outside."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.lib.jobrow import JobRow
from teams.models import TenantModel, User


class ExportStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Being packed")
    READY = "ready", _("Ready")
    EXPIRED = "expired", _("Expired")
    FAILED = "failed", _("Failed")


class ExportChoice(models.TextChoices):
    """Who is in an export."""

    ALL = "all", _("Everybody approved")
    CHANGED = "changed", _("New since the last export")
    DEPARTMENT = "department", _("One department")
    SELECTION = "selection", _("Selected people")


class Export(TenantModel, JobRow):
    """One ZIP of approved headshots: which, in which presets, under which file names."""

    status = models.CharField(max_length=10, choices=ExportStatus.choices, default=ExportStatus.QUEUED)
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    choice = models.CharField(max_length=10, choices=ExportChoice.choices, default=ExportChoice.ALL)
    # The department's name as it was, for the history.
    choice_name = models.CharField(max_length=120, blank=True)
    # Keys of branding.presets.PRESETS.
    presets = models.JSONField()
    pattern = models.CharField(max_length=120)
    # Headshot ids, frozen when the export was asked for.
    headshots = models.JSONField()
    # Made by the form once: a double click is one export.
    request_key = models.UUIDField()
    # Key in the `exports` storage.
    file = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    # Files of people in it, without manifest and contact sheet.
    file_count = models.PositiveIntegerField(default=0)
    # People left out since they withdrew meanwhile, …: [{"headshot", "name", "code"}]
    skipped = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["company", "request_key"], name="export_once")]
