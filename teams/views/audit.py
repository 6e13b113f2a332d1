"""The audit log: who did what, when; to filter, page and take along as CSV."""

import datetime as dt
import io
from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.lib import keyset
from teams import tenancy
from teams.forms import AuditFilterForm
from teams.http import MemberRequest
from teams.models import Company
from teams.permissions import Action, access
from teams.selectors import audit_actions, audit_events
from teams.services import happenings, tables

PAGE_SIZE = 50
_KEYS = ("at", "id")
_EXPORT_CHUNK = 2000
_COLUMNS = (
    "at",
    "action",
    "actor_kind",
    "actor_id",
    "actor_name",
    "object_type",
    "object_id",
    "request_id",
    "data",
)


@access(Action.VIEW_AUDIT)
@require_safe
def audit(request: MemberRequest) -> HttpResponse:
    """One page of the log, newest first."""
    form = AuditFilterForm(request.GET or None)
    found = audit_events(request.company, _wanted(form))
    page = keyset.page(found, _KEYS, request.GET.get("at", ""), PAGE_SIZE, descending=True)
    words = {key: value for key in ("q", "action", "since", "until") if (value := request.GET.get(key))}
    context = {
        "tab": "audit",
        "form": form,
        "entries": happenings.described_with_people(page.rows),
        "actions": [(action, happenings.name_of(action)) for action in audit_actions(request.company)],
        "chosen": request.GET.get("action", ""),
        "query": urlencode(words),
        "narrowed": bool(words),
        "next_url": "?" + urlencode({**words, "at": page.next}) if page.next else "",
        "previous_url": "?" + urlencode({**words, "at": page.previous}) if page.previous else "",
    }
    return render(request, "teams/settings_audit.html", context)


def _wanted(form: AuditFilterForm) -> dict[str, object]:
    """The filter's valid words; days in the server's time zone, the last one included."""
    form.is_valid()
    values = form.cleaned_data if form.is_bound else {}
    since, until = values.get("since"), values.get("until")
    return {
        "q": (values.get("q") or "").replace("\0", ""),
        "action": values.get("action") or "",
        "since": _midnight(since) if since else None,
        "until": _midnight(until + dt.timedelta(days=1)) if until else None,
    }


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


@access(Action.VIEW_AUDIT)
@require_safe
def audit_csv(request: MemberRequest) -> StreamingHttpResponse:
    """The whole filtered log as CSV, safe to open in a spreadsheet."""
    lines = _lines(request.company, _wanted(AuditFilterForm(request.GET or None)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{request.company.slug}-audit.csv"'
    return response


def _lines(company: Company, wanted: dict[str, object]) -> Iterator[bytes]:
    """The stream is read after the request's scope has ended, so each chunk enters it again."""
    yield tables.csv_bytes([_COLUMNS])
    cursor = ""
    while True:
        with tenancy.company_scope(company.pk):
            page = keyset.page(audit_events(company, wanted), _KEYS, cursor, _EXPORT_CHUNK, descending=True)
        out = io.StringIO(newline="")
        tables.write_csv(out, ([getattr(event, name) for name in _COLUMNS] for event in page.rows))
        yield out.getvalue().encode()
        cursor = page.next
        if not cursor:
            return
