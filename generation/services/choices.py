"""What an employee decides about finished pictures."""

from django.db import IntegrityError, transaction

from generation import transitions
from generation.models import Candidate, Headshot, HeadshotStatus, Shoot, ShootStatus
from teams import audit
from teams.actor import Actor
from teams.models import Employee


class ChoiceRefused(Exception):
    """This picture cannot be chosen: its shoot is not finished, or it has just been taken back."""


def choose(candidate: Candidate, by: Actor) -> Headshot:
    """Hand this picture to the reviewers. Choosing the same one again changes nothing.

    Raises ChoiceRefused.
    """
    if candidate.shoot.status != ShootStatus.DONE:
        raise ChoiceRefused
    try:
        return _choose(candidate, by)
    except IntegrityError as error:
        # A change of a picture that its owner took back in another tab at this moment.
        raise ChoiceRefused from error


def _choose(candidate: Candidate, by: Actor) -> Headshot:
    with transaction.atomic():
        # Two tabs queue up here.
        Employee.objects.select_for_update().get(pk=candidate.shoot.employee_id)
        already = _already_chosen(candidate)
        if already is not None:
            return already
        headshot = transitions.headshot_chosen(candidate, by)
        picked = {"candidate": str(candidate.pk), "rank": candidate.rank, **candidate.nudge_steps}
        audit.record("headshot_chosen", headshot, by, employee_id=headshot.employee_id, **picked)
    return headshot


def _already_chosen(candidate: Candidate) -> Headshot | None:
    """The headshot of this very picture, when it is in review, or approved with nothing newer in review."""
    live = Headshot.objects.filter(
        employee_id=candidate.shoot.employee_id, status__in=[HeadshotStatus.CHOSEN, HeadshotStatus.APPROVED]
    )
    newest = live.order_by("-chosen_at").first()
    return newest if newest is not None and newest.candidate_id == candidate.pk else None


def set_favourite(candidate: Candidate, favourite: bool) -> None:
    """Mark a picture, or take the mark away; only the employee's own aid to choosing."""
    Candidate.objects.filter(pk=candidate.pk).update(favourite=favourite)
    candidate.favourite = favourite


def none_of_these(employee: Employee, shoot: Shoot, reason: str, by: Actor) -> None:
    """The employee likes none of a shoot's pictures, and says why."""
    audit.record("pictures_declined", shoot, by, employee_id=employee.pk, why=reason)
