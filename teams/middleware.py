"""Resolve company, member or employee once from the URL, enter the scope, check the declared right.

Another company's object is 404, a missing right is 403, a view without a declaration does not run.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import structlog
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation.trans_real import parse_accept_lang_header

from teams import permissions, tenancy
from teams.models import Company, Invite, InviteStatus, Membership
from teams.permissions import Action
from teams.services import links

# Packages whose views guard themselves.
_FOREIGN = ("allauth.", "django.")


class TenancyMiddleware:
    """See the module docstring. Sets request.company, request.membership, request.invite, .employee."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.company = request.membership = request.invite = request.employee = None  # type: ignore[attr-defined]
        with ExitStack() as stack:
            request.scope_stack = stack  # type: ignore[attr-defined]
            response = self.get_response(request)
            # The company's language ends with the scope; LocaleMiddleware outside asks only afterwards.
            response.headers.setdefault("Content-Language", translation.get_language() or "")
            return response

    def process_view(
        self, request: Any, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        need = getattr(view, "access", None)
        if need is None:
            if view.__module__.startswith(_FOREIGN):
                return None
            raise ImproperlyConfigured(f"{view.__module__}.{view.__name__} declares no @access")
        if need == permissions.PUBLIC:
            return None
        slug = kwargs.pop("company", None)
        if need == permissions.PERSONAL_LINK:
            return self._employee(request, slug, kwargs.pop("token"))
        if need == permissions.COMPANY_PUBLIC:
            self._company(request, slug)
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if need == permissions.OPERATOR:
            if not request.user.is_staff:
                raise PermissionDenied
            return None
        self._member(request, slug, need)
        return None

    def _company(self, request: Any, slug: str | None, user_id: int | None = None) -> None:
        company = Company.objects.filter(slug=slug).first()
        if company is None:
            raise Http404
        request.company = company
        if not _asks_for_a_language_of_ours(request):
            request.scope_stack.enter_context(translation.override(company.language))
        request.scope_stack.enter_context(tenancy.company_scope(company.pk, user_id))
        structlog.contextvars.bind_contextvars(company=company.slug)

    def _member(self, request: Any, slug: str | None, need: Action | str) -> None:
        if need == permissions.SIGNED_IN:
            request.scope_stack.enter_context(tenancy.user_scope(request.user.pk))
            return
        self._company(request, slug, request.user.pk)
        membership = Membership.objects.filter(company=request.company, user=request.user).first()
        if membership is None:
            raise Http404
        request.membership = membership
        structlog.contextvars.bind_contextvars(member=request.user.pk)
        if isinstance(need, Action) and not permissions.allows(membership.role, need):
            raise PermissionDenied

    def _employee(self, request: Any, slug: str | None, token: str) -> HttpResponse | None:
        self._company(request, slug)
        pk = links.invite_id(token)
        invite = Invite.objects.select_related("employee").filter(pk=pk).first() if pk else None
        if invite is None or invite.employee.archived_at is not None:
            return render(request, "teams/link_unknown.html", status=404)
        late = invite.expires_at <= timezone.now() and invite.status != InviteStatus.ACCEPTED
        if late or invite.status in {InviteStatus.EXPIRED, InviteStatus.REVOKED}:
            gone = {"revoked": invite.status == InviteStatus.REVOKED}
            return render(request, "teams/link_gone.html", gone, status=410)
        invite.company = request.company
        invite.employee.company = request.company
        request.invite, request.employee, request.token = invite, invite.employee, token
        structlog.contextvars.bind_contextvars(employee=str(invite.employee_id))
        return None


def _asks_for_a_language_of_ours(request: HttpRequest) -> bool:
    """Whether the browser names one; LocaleMiddleware answers all others in the installation's default."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        try:
            translation.get_supported_language_variant(code)
        except LookupError:
            continue
        return True
    return False
