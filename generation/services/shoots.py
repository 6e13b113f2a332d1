"""Starting and stopping a shoot."""

import hashlib
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from branding.selectors import version_for
from generation import selectors, transitions, turns
from generation.models import Shoot, ShootPhoto, ShootStatus
from generation.services import engines
from generation.services.engines import NEXT_SHOOT
from portal.lib.jobs import enqueue
from teams import audit
from teams.actor import Actor
from teams.models import Employee
from teams.selectors import live_consent

# Queues whose jobs carry shoots.
QUEUES: Final = ("studio", "gpu")
# Why an employee asked for another shoot; the codes of Shoot.retake_reason.
RETAKE_REASONS = ("not_me", "hair", "glasses", "expression", "clothes", "other")


class StartRefused(Exception):
    """A shoot cannot be started now: `code` is no_photo, being_checked, no_style or limit."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


def start(employee: Employee, by: Actor, retake_reason: str = "", *, own_photo: bool = False) -> Shoot:
    """Queue a shoot of the person's usable photos in the company's current style. `own_photo`: from their
    own photo, whatever the style's engine is.

    A shoot that is already open is returned instead: a double click or a second tab starts nothing.
    Raises StartRefused.
    """
    with transaction.atomic():
        # One start at a time per person.
        Employee.objects.select_for_update().get(pk=employee.pk)
        running = Shoot.objects.filter(employee=employee, status__in=selectors.OPEN).first()
        if running is not None:
            # Rather their own photo than what is being drawn: the same shoot, the other engine.
            engines.settle(running, employee.company, own_photo=own_photo)
            return running
        photos = selectors.photo_set(employee)
        shoot = _new(employee, photos, retake_reason, own_photo)
        transitions.shoot_queued(shoot, by)
        ShootPhoto.objects.bulk_create(
            ShootPhoto(company_id=shoot.company_id, shoot=shoot, photo=photo) for photo in photos.usable
        )
        style = str(shoot.style_version_id)
        audit.record("shoot_started", shoot, by, employee_id=employee.pk, style=style, why=retake_reason,
                     engine=shoot.engine)  # fmt: skip
        enqueue(shoot.queue, NEXT_SHOOT, shoot.queue)
        transaction.on_commit(partial(turns.forget_forecast, shoot.queue))
    return shoot


def cancel(shoot: Shoot, by: Actor) -> None:
    """Stop an open shoot; its worker notices at its next heartbeat. Raises TransitionRefused."""
    with transaction.atomic():
        transitions.shoot_cancelled(shoot, by)
        audit.record("shoot_cancelled", shoot, by, employee_id=shoot.employee_id)
        transaction.on_commit(partial(turns.forget_forecast, shoot.queue))


def _new(employee: Employee, photos: selectors.PhotoSet, retake_reason: str, own_photo: bool) -> Shoot:
    if photos.checking:
        raise StartRefused("being_checked")
    if not photos.usable:
        raise StartRefused("no_photo")
    if selectors.shoots_left(employee) == 0:
        raise StartRefused("limit", limit=employee.company.max_shoots)
    version = version_for(employee)
    if version is None:
        raise StartRefused("no_style")
    consent = live_consent(employee)
    found = engines.resolve(version.look.engine, employee.company, consent, own_photo=own_photo)
    return Shoot(
        company_id=employee.company_id,
        employee=employee,
        style_version=version,
        engine=found.offer.name,
        queue=found.offer.queue,
        fallback=found.fallback,
        status=ShootStatus.QUEUED,
        seed=seed_of(employee, Shoot.objects.filter(employee=employee).count() + 1),
        count=settings.SHOOT_CANDIDATES,
        retake_reason=retake_reason if retake_reason in RETAKE_REASONS else "",
        enqueued_at=timezone.now(),
    )


def seed_of(employee: Employee, ordinal: int) -> int:
    """The seed of a person's n-th shoot (from 1): the same for ever, another for the next one."""
    digest = hashlib.sha256(f"{employee.pk}:{ordinal}".encode()).digest()
    # 31 bits: every random generator takes it.
    return int.from_bytes(digest[:4], "big") >> 1
