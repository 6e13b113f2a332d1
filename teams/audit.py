"""An audit row for every decision."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models

from teams.actor import Actor
from teams.models import AuditEvent, TenantModel


def record(
    action: str,
    row: TenantModel,
    by: Actor,
    *,
    employee_id: uuid.UUID | None = None,
    **data: Any,
) -> AuditEvent:
    """Write that `by` did `action` to `row`; `data` must be JSON-able."""
    meta: models.options.Options[Any] = row._meta
    return AuditEvent.objects.create(
        company_id=row.company_id,
        action=action,
        object_type=meta.model_name or "",
        object_id=str(row.pk),
        employee_id=employee_id,
        data=data,
        **by.columns(),
    )


def record_many(
    action: str, rows: Iterable[tuple[TenantModel, uuid.UUID | None, dict[str, Any]]], by: Actor
) -> None:
    """`record` for many rows at once: (row, the person whose story it belongs to, data)."""
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                company_id=row.company_id,
                action=action,
                object_type=row._meta.model_name or "",
                object_id=str(row.pk),
                employee_id=employee_id,
                data=data,
                **by.columns(),
            )
            for row, employee_id, data in rows
        ],
        batch_size=1000,
    )
