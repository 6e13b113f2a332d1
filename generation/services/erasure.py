"""Deleting everything about a person, at their wish.

In an order that can break off anywhere and be run again: first nothing new can be made, then the files,
listed from the storages and from the rows, then the rows that named them, last the link by which the person
came. What remains is a number: when it was done, and how much was deleted.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.core.files.storage import Storage
from django.db import transaction
from django.utils import timezone

from generation import keys, transitions
from generation.models import (
    Candidate,
    Headshot,
    HeadshotStatus,
    Nudge,
    NudgeStatus,
    PhotoStatus,
    Rendition,
    Shoot,
    ShootPhoto,
    ShootStatus,
    SourcePhoto,
    Upload,
)
from generation.signals import person_erased
from portal.lib import storage
from teams import audit
from teams import transitions as team_transitions
from teams.actor import Actor
from teams.models import AuditEvent, Consent, Employee, Invite, InviteStatus, Mail, StatusEvent
from teams.services import mails
from teams.transitions import TransitionRefused

log = structlog.get_logger("generation.erasure")

STARTED, DONE = "erasure_started", "erased"
# Stands where a name stood.
NOBODY = "Erased person"
# No I, L, O, 0, 1: read out on the phone without mistakes.
_RECEIPT_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_RECEIPT_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was deleted, and when. `number` is all that the person needs to keep."""

    number: str
    at: datetime
    photos: int
    pictures: int
    files: int


def erase(employee: Employee, by: Actor) -> Receipt:
    """Delete photos, pictures, measures, choices and mails of the person; withdraw the consent; revoke the
    link. The roster row stays: it is the company's.

    Safe to run again, also after it broke off: the same receipt number goes on until it is done.
    """
    number = _begin(employee, by)
    _stop(employee, by)
    _tell_others(employee)
    counts = _counts(employee)
    files = _delete_files(employee)
    with transaction.atomic():
        _delete_rows(employee)
        _withdraw_consent(employee)
        _anonymise(employee)
        _revoke_links(employee)
        receipt = _receipt(_finish(employee, number, by, {**counts, "files": files}))
        mails.write("erased", employee, receipt=receipt)
    log.info("person erased", employee=str(employee.pk), files=files)
    return receipt


def find_receipt(number: str) -> Receipt | None:
    """The receipt with this number in the current company, once everything is deleted."""
    event = AuditEvent.objects.filter(action=DONE, data__receipt=number).first() if number else None
    return _receipt(event) if event else None


def _receipt(event: AuditEvent) -> Receipt:
    data = event.data
    return Receipt(data["receipt"], event.at, data["photos"], data["pictures"], data["files"])


def _begin(employee: Employee, by: Actor) -> str:
    """The number of the erasure under way, or of a new one."""
    finished = AuditEvent.objects.filter(action=DONE, employee_id=employee.pk).order_by("-at").first()
    begun = AuditEvent.objects.filter(action=STARTED, employee_id=employee.pk)
    if finished is not None:
        begun = begun.filter(at__gt=finished.at)
    under_way = begun.order_by("-at").first()
    if under_way is not None:
        return str(under_way.data["receipt"])
    letters = [secrets.choice(_RECEIPT_LETTERS) for _ in range(_RECEIPT_LENGTH)]
    number = "-".join("".join(letters[at : at + 4]) for at in range(0, _RECEIPT_LENGTH, 4))
    audit.record(STARTED, employee, by, employee_id=employee.pk, receipt=number)
    return number


def _tell_others(employee: Employee) -> None:
    """Whoever keeps copies deletes them; told again when the erasure is run again."""
    headshots = [str(pk) for pk in Headshot.objects.filter(employee=employee).values_list("pk", flat=True)]
    ids = {"company_id": employee.company_id, "employee_id": employee.pk, "headshot_ids": headshots}
    person_erased.send(Employee, **ids)


def _stop(employee: Employee, by: Actor) -> None:
    """Nothing new is made, and nothing made is shown, from here on."""
    open_shoots = [ShootStatus.QUEUED, ShootStatus.RUNNING]
    for shoot in Shoot.objects.filter(employee=employee, status__in=open_shoots):
        try:
            transitions.shoot_cancelled(shoot, by, "erased")
        except TransitionRefused:
            log.info("shoot ended by itself", shoot=str(shoot.pk))
    open_nudges = [NudgeStatus.QUEUED, NudgeStatus.RUNNING]
    for nudge in Nudge.objects.filter(candidate__shoot__employee=employee, status__in=open_nudges):
        try:
            transitions.nudge_undone(nudge, by)
        except TransitionRefused:
            log.info("nudge ended by itself", nudge=str(nudge.pk))
    for headshot in Headshot.objects.filter(employee=employee).exclude(status=HeadshotStatus.WITHDRAWN):
        transitions.headshot_withdrawn(headshot, by, "erased")
    for photo in SourcePhoto.objects.filter(employee=employee).exclude(status=PhotoStatus.DELETED):
        transitions.photo_deleted(photo, by)


def _counts(employee: Employee) -> dict[str, int]:
    return {
        "photos": SourcePhoto.objects.filter(employee=employee).count(),
        "pictures": Candidate.objects.filter(shoot__employee=employee).count(),
    }


# --- files ---------------------------------------------------------------------------------------


def _delete_files(employee: Employee) -> int:
    """Delete what the storages hold in the person's folder and what rows name elsewhere; how many."""
    deleted = 0
    for store, names in _named(employee):
        everything = set(_tree(store, keys.person_folder(employee.company_id, employee.pk))) | names
        for name in everything:
            if store.exists(name):
                store.delete(name)
                deleted += 1
    return deleted


def _named(employee: Employee) -> list[tuple[Storage, set[str]]]:
    originals: set[str] = set()
    for photo in SourcePhoto.objects.filter(employee=employee):
        originals |= {photo.original, photo.normalized, photo.thumbnail}
    renditions = set(Rendition.objects.filter(headshot__employee=employee).values_list("file", flat=True))
    masters: set[str] = set()
    for candidate in Candidate.objects.filter(shoot__employee=employee):
        renditions |= {candidate.image, candidate.small}
        masters.add(candidate.master)
    return [
        (storage.originals(), originals - {""}),
        (storage.renditions(), renditions - {""}),
        (storage.masters(), masters - {""}),
    ]


def _tree(store: Storage, folder: str) -> Iterator[str]:
    """All files under a folder, however deep."""
    try:
        folders, files = store.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in files if name)
    for inner in folders:
        yield from _tree(store, f"{folder}/{inner}")


# --- rows ----------------------------------------------------------------------------------------


def _delete_rows(employee: Employee) -> None:
    Rendition.objects.filter(headshot__employee=employee).delete()
    Headshot.objects.filter(employee=employee).delete()
    Candidate.objects.filter(shoot__employee=employee).delete()
    ShootPhoto.objects.filter(shoot__employee=employee).delete()
    Shoot.objects.filter(employee=employee).delete()
    SourcePhoto.objects.filter(employee=employee).delete()
    Upload.objects.filter(employee=employee).delete()
    # Their words and links are about the person; what was sent is in their own mailbox.
    Mail.objects.filter(employee=employee).delete()


def _withdraw_consent(employee: Employee) -> None:
    """That there was a consent, and until when, is the company's proof; it needs no signature."""
    consents = Consent.objects.filter(employee=employee)
    consents.filter(withdrawn_at=None).update(withdrawn_at=timezone.now())
    consents.update(signature="")


def _anonymise(employee: Employee) -> None:
    """The audit keeps what happened and when, without the name and without details."""
    mine = {"actor_kind": "employee", "actor_id": str(employee.pk)}
    StatusEvent.objects.filter(**mine).update(actor_name=NOBODY)
    AuditEvent.objects.filter(**mine).update(actor_name=NOBODY)
    about = AuditEvent.objects.filter(employee_id=employee.pk)
    about.exclude(action__in=[STARTED, DONE]).update(data={})


def _revoke_links(employee: Employee) -> None:
    live = [InviteStatus.PENDING, InviteStatus.OPENED, InviteStatus.ACCEPTED]
    for invite in Invite.objects.filter(employee=employee, status__in=live):
        team_transitions.invite_revoked(invite, Actor("employee", str(employee.pk), NOBODY), "erased")


def _finish(employee: Employee, number: str, by: Actor, counts: dict[str, int]) -> AuditEvent:
    nobody = Actor(by.kind, by.id, NOBODY if by.kind == "employee" else by.name)
    event = audit.record(DONE, employee, nobody, employee_id=employee.pk, receipt=number, **counts)
    event.refresh_from_db()
    return event
