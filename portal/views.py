"""The front door: home, health, the company's accent, error pages."""

import re

import django_rq
from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from portal.queuestate import collect, exposition
from teams import permissions, tenancy
from teams.http import CompanyRequest, MemberRequest
from teams.models import Membership
from teams.permissions import access


@access(permissions.SIGNED_IN)
def home(request: MemberRequest) -> HttpResponse:
    """The member's company, or a choice when there are several."""
    memberships = list(Membership.objects.filter(user=request.user).select_related("company"))
    if len(memberships) == 1:
        return redirect("dashboard", company=memberships[0].company.slug)
    return render(request, "portal/companies.html", {"memberships": memberships})


@access(permissions.COMPANY_PUBLIC)
@cache_control(public=True, max_age=300)
def theme(request: CompanyRequest) -> HttpResponse:
    """The company's accent as a stylesheet of its own: the CSP allows no inline style."""
    accent = request.company.accent
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", accent):
        accent = "#3355cc"
    return HttpResponse(f":root{{--accent:{accent}}}\n", content_type="text/css")


@access(permissions.PUBLIC)
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@access(permissions.PUBLIC)
def readyz(request: HttpRequest) -> HttpResponse:
    """Database and Redis answer too; 503 names what does not."""
    state = {"database": "ok", "redis": "ok"}
    try:
        if not tenancy.role_is_bound():
            state["database"] = "role is exempt from row-level security"
    except DatabaseError:
        state["database"] = "unreachable"
    try:
        django_rq.get_connection("intake").ping()
    except RedisError:
        state["redis"] = "unreachable"
    ready = all(value == "ok" for value in state.values())
    return JsonResponse(state, status=200 if ready else 503)


@access(permissions.PUBLIC)
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The queues for Prometheus, behind the operator's token; without one in the settings there is none."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not constant_time_compare(given, settings.METRICS_TOKEN):
        return HttpResponse("The token of METRICS_TOKEN is needed.\n", status=401, content_type="text/plain")
    return HttpResponse(exposition(collect()), content_type="text/plain; version=0.0.4; charset=utf-8")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A right is missing."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing here, or nothing for this person."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault."""
    return render(request, "500.html", status=500)
