"""Types of requests after `TenancyMiddleware`: what a view may rely on."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from teams.models import Company, Employee, Invite, Membership, User

if TYPE_CHECKING:

    class CompanyRequest(HttpRequest):
        """The company is known and its scope entered."""

        company: Company
        htmx: HtmxDetails

    class MemberRequest(CompanyRequest):
        """A member with the declared right."""

        user: User
        membership: Membership

    class EmployeeRequest(CompanyRequest):
        """The employee of a valid personal link."""

        invite: Invite
        employee: Employee
        token: str

else:
    CompanyRequest = MemberRequest = EmployeeRequest = HttpRequest
