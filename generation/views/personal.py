"""What views behind a personal link share: addresses, pages and their parts, the person's own pictures."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from generation.models import Candidate
from generation.views import steps
from teams.http import EmployeeRequest


def url_of(request: EmployeeRequest, name: str, **kwargs: Any) -> str:
    """The address of a page under the same personal link."""
    return reverse(name, kwargs={"company": request.company.slug, "token": request.token, **kwargs})


def go(request: EmployeeRequest, name: str, **kwargs: Any) -> HttpResponse:
    """Redirect to such a page."""
    return redirect(url_of(request, name, **kwargs))


def away(request: EmployeeRequest, name: str, **kwargs: Any) -> HttpResponse:
    """Redirect the whole page, also when a part of it was asked for."""
    if request.htmx:
        return HttpResponseClientRedirect(url_of(request, name, **kwargs))
    return go(request, name, **kwargs)


def page(request: EmployeeRequest, template: str, step: str, **context: Any) -> HttpResponse:
    """A page of the studio with the stepper at `step`."""
    base = {"employee": request.employee, "token": request.token, "steps": steps.way(step)}
    return render(request, f"generation/studio/{template}.html", base | context)


def part(request: EmployeeRequest, name: str, **context: Any) -> HttpResponse:
    """A fragment of a page, for htmx."""
    base = {"employee": request.employee, "token": request.token}
    return render(request, f"generation/studio/{name}", base | context)


def own_candidate(request: EmployeeRequest, candidate: uuid.UUID) -> Candidate:
    """A picture of the person themselves; 404 for any other."""
    rows = Candidate.objects.select_related("shoot__employee", "shoot__style_version", "nudged_from")
    row = get_object_or_404(rows, pk=candidate, shoot__employee=request.employee)
    # With the company that the request knows.
    row.shoot.employee = request.employee
    return row
