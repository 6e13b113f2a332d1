"""What the `exports` workers carry out."""

from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from generation.imaging.errors import Cancelled, EngineError
from portal.exports import packing, services, transitions
from portal.lib import storage
from portal.lib.jobrow import beat, due
from portal.models import Export, ExportStatus
from teams import audit
from teams.actor import SYSTEM
from teams.models import Membership
from teams.services import mails
from teams.tenancy import tenant_job
from teams.transitions import TransitionRefused

log = structlog.get_logger("portal.exports")

# Share of a job's time after which a long export goes on in another job; the rest is for the ZIP.
_SLICE_SHARE: Final = 0.5


@tenant_job
def pack(company_id: str, export_id: str) -> None:
    """Pack one export; the claim makes sure that two workers do not both do it."""
    rows = due(Export.objects.filter(pk=export_id, status=ExportStatus.QUEUED))
    export = rows.select_related("company", "requested_by").first()
    if export is None:
        return
    try:
        transitions.export_claimed(export)
    except TransitionRefused:
        return
    run(export)


def run(export: Export) -> None:
    """Carry out a claimed export and write its outcome."""

    def progress(stage: str, done: float) -> None:
        if not beat(export, stage, done):
            raise Cancelled("lost_claim")

    try:
        packed = packing.pack(export, progress, settings.JOB_TIMEOUT_S * _SLICE_SHARE)
        _finish(export, packed)
    except packing.Paused:
        _go_on_later(export)
    except (Cancelled, TransitionRefused) as error:
        log.info("export stopped", reason=str(error))
    except packing.PeopleKeepLeaving:
        _failed(export, "people_left", {})
    except EngineError as error:
        _failed(export, error.code, error.data)
    except Exception as error:
        log.exception("export broke")
        _failed(export, "broke", {"error": type(error).__name__})


def _finish(export: Export, packed: packing.Packed) -> None:
    try:
        with transaction.atomic():
            transitions.export_ready(
                export,
                file=packed.file,
                sha256=packed.sha256,
                size_bytes=packed.size_bytes,
                file_count=packed.file_count,
                skipped=packed.skipped,
            )
            audit.record("export.ready", export, SYSTEM, **services.summary(export))
            _tell(export)
    except TransitionRefused:
        # Another attempt owns the row now, with an archive of its own.
        storage.exports().delete(packed.file)
        raise
    packing.drop_leftovers(export)


def _tell(export: Export) -> None:
    """Mail to whoever asked, if they still have access."""
    user = export.requested_by
    if user is None or not Membership.objects.filter(company=export.company, user=user).exists():
        return
    path = reverse("exports:show", args=[export.company.slug, export.pk])
    mails.write_to_member(
        "export_ready",
        export.company,
        user,
        link=f"{settings.BASE_URL}{path}",
        export=export,
        people=len(export.headshots) - len(export.skipped),
        days=settings.EXPORT_DAYS,
    )


def _go_on_later(export: Export) -> None:
    try:
        transitions.export_paused(export)
    except TransitionRefused:
        log.info("export moved on")
    else:
        services.push(export)


def _failed(export: Export, code: str, data: dict[str, Any]) -> None:
    """Try again with back-off, or give up after the last attempt."""
    try:
        if export.attempt < settings.MAX_ATTEMPTS:
            transitions.export_requeued(export, code)
        else:
            transitions.export_failed(export, code, data)
            packing.drop_leftovers(export)
    except TransitionRefused:
        log.info("export moved on", code=code)
