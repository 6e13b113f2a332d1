"""The employee's first pages: welcome and consent."""

from django.http import HttpResponse
from django.shortcuts import render

from teams.http import EmployeeRequest
from teams.permissions import PERSONAL_LINK, access


@access(PERSONAL_LINK)
def welcome(request: EmployeeRequest) -> HttpResponse:
    """What will happen, in three lines."""
    return render(request, "teams/me_welcome.html")


@access(PERSONAL_LINK)
def consent(request: EmployeeRequest) -> HttpResponse:
    """What the employee agrees to."""
    return render(request, "teams/me_consent.html")
