"""The words for what happened: audit actions in the log and in a person's story.

Actions are written by every app; one that is not named here is shown by its code, so nothing is hidden.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from teams.models import AuditEvent, Employee

# action: (words, icon of lucide)
_NAMES = {
    "employee.added": (_("Added to the roster"), "user-plus"),
    "employee.edited": (_("Data changed"), "pencil"),
    "employee.archived": (_("Archived"), "archive"),
    "employee.restored": (_("Restored from the archive"), "archive-restore"),
    "roster.imported": (_("Roster imported"), "file-up"),
    "invite.sent": (_("Invite sent"), "send"),
    "invite.link_made": (_("Personal link made"), "link"),
    "invite.revoked": (_("Link revoked"), "ban"),
    "reminder.sent": (_("Reminder sent"), "bell"),
    "consent.given": (_("Consent given"), "file-check"),
    "consent.changed": (_("Choice about generated pictures changed"), "file-check"),
    "company.changed": (_("Settings changed"), "settings"),
    "engines.changed": (_("Allowed engines changed"), "wand-sparkles"),
    "company.share": (_("Share of the workers set"), "scale"),
    "member.invited": (_("Member invited"), "user-plus"),
    "member.role_changed": (_("Role changed"), "user-cog"),
    "member.removed": (_("Member removed"), "user-minus"),
    "photo_uploaded": (_("Photo uploaded"), "image-up"),
    "photo_removed": (_("Photo removed"), "image-off"),
    "photo_expired": (_("Photo deleted at the end of its time"), "hourglass"),
    "shoot_started": (_("Pictures asked for"), "camera"),
    "shoot_cancelled": (_("Shoot cancelled"), "circle-stop"),
    "headshot_chosen": (_("Headshot chosen"), "mouse-pointer-click"),
    "picture_nudged": (_("Light or crop of a picture adjusted"), "sliders-horizontal"),
    "picture_nudge_undone": (_("Adjustment of a picture taken back"), "undo-2"),
    "pictures_declined": (_("None of the pictures wanted"), "thumbs-down"),
    "headshot.approved": (_("Headshot approved"), "badge-check"),
    "headshot.returned": (_("Headshot returned"), "corner-up-left"),
    "headshot.reopened": (_("Review decision undone"), "undo-2"),
    "headshot.downloaded": (_("Headshot downloaded"), "download"),
    "export.requested": (_("Export asked for"), "package"),
    "export.ready": (_("Export packed"), "package-check"),
    "export.downloaded": (_("Export downloaded"), "download"),
    "headshot_approved": (_("Headshot approved"), "badge-check"),
    "headshot_returned": (_("Headshot returned"), "corner-up-left"),
    "headshot_reopened": (_("Review decision undone"), "undo-2"),
    "erasure_started": (_("Deletion of everything asked for"), "eraser"),
    "erased": (_("Everything deleted"), "eraser"),
    "style.created": (_("Style created"), "palette"),
    "style.renamed": (_("Style renamed"), "palette"),
    "style.published": (_("Style published"), "palette"),
    "style.archived": (_("Style archived"), "palette"),
    "backdrop.uploaded": (_("Backdrop uploaded"), "palette"),
    "backdrop.deleted": (_("Backdrop deleted"), "palette"),
    "reference.uploaded": (_("Reference picture uploaded"), "palette"),
    "reference.deleted": (_("Reference picture deleted"), "palette"),
    "colortable.uploaded": (_("Colour table uploaded"), "palette"),
    "colortable.deleted": (_("Colour table deleted"), "palette"),
    "style.restored": (_("Style restored"), "palette"),
    "department.style": (_("Style of a department set"), "palette"),
    "style.made_default": (_("Style made the default"), "palette"),
}
_DEFAULT_ICON = "circle-dot"
# What a line of the log says about its data: key, words before it.
_DETAILS = (
    ("name", ""),
    ("email", ""),
    ("to", _("to")),
    ("file", ""),
    ("before", pgettext_lazy("from … to …", "from")),
    ("after", pgettext_lazy("from … to …", "to")),
    ("role", _("as")),
    ("fields", _("fields")),
    ("new", _("new")),
    ("changed", _("changed")),
    ("bad", _("left out")),
    ("archived", _("archived")),
    ("engine", ""),
    ("off", _("without")),
    ("weight", _("weight")),
    ("most", _("at once, at most")),
    ("text_version", _("consent text")),
    ("reason", ""),
    ("why", ""),
    ("number", _("version")),
    ("picture", _("picture")),
    ("brightness", _("brightness")),
    ("size", _("size of the head")),
    ("side", _("to the side")),
    ("people", _("people:")),
    ("presets", ""),
    ("preset", ""),
    ("receipt", _("receipt")),
)
# Why a reviewer returned a picture (`reason`), and what a person wants to be different (`why`).
_REASONS = {
    "likeness": _("does not look like the person"),
    "not_me": _("does not look like the person"),
    "expression": _("the expression"),
    "clothes": _("the clothes"),
    "hair": _("the hair"),
    "glasses": _("the glasses"),
    "quality": _("the picture's quality"),
    "consistency": _("does not match the team"),
    "other": _("another reason"),
}
# Sizes of `branding.presets` that are called otherwise than by their key.
_PRESETS = {
    "microsoft365": "Microsoft 365",
    "slack": "Slack",
    "web": _("Website card"),
    "master": _("Master"),
}
# Signed steps of `generation.imaging.nudge`.
_STEPS = ("brightness", "size", "side")
# The engine in words: every other one draws.
_OWN_PHOTOS = _("from their own photos")
_DRAWN = _("generated (%(engine)s)")


@dataclass(frozen=True, slots=True)
class Line:
    """One audit event in words. `person`: whose story it belongs to; empty where nobody asked, or nobody
    has that id any more."""

    event: AuditEvent
    words: str
    icon: str
    details: str
    person: str = ""


def name_of(action: str) -> str:
    """The action in words, or its code written legibly."""
    if action in _NAMES:
        return str(_NAMES[action][0])
    return action.replace(".", ": ").replace("_", " ").capitalize()


def icon_of(action: str) -> str:
    """The action's icon."""
    return _NAMES[action][1] if action in _NAMES else _DEFAULT_ICON


def described(events: Iterable[AuditEvent], without: str = "") -> list[Line]:
    """Audit events as lines. `without`: a value that goes without saying, such as the name of the person
    whose story it is."""
    return [
        Line(one, name_of(one.action), icon_of(one.action), _details(one.data, without)) for one in events
    ]


def described_with_people(events: Sequence[AuditEvent]) -> list[Line]:
    """Audit events as lines that name the person each is about, once."""
    ids = {one.employee_id for one in events if one.employee_id}
    names = dict(Employee.objects.filter(pk__in=ids).values_list("pk", "name"))
    lines = []
    for one in events:
        person = names.get(one.employee_id, "") if one.employee_id else ""
        lines += [replace(line, person=person) for line in described([one], without=person)]
    return lines


def _details(data: dict[str, Any], without: str) -> str:
    parts = []
    for key, before in _DETAILS:
        value = data.get(key)
        if value in (None, "", 0, [], False, without):
            continue
        text = ", ".join(_value(key, one) for one in value) if isinstance(value, list) else _value(key, value)
        parts.append(f"{before} {text}".strip())
    return " · ".join(parts)


def _value(key: str, value: Any) -> str:
    if key == "engine":
        return str(_OWN_PHOTOS if value == "studio" else _DRAWN % {"engine": value})
    if key in {"reason", "why"}:
        return str(_REASONS.get(value, value))
    if key in {"preset", "presets"}:
        return str(_PRESETS.get(value, value))
    if key in _STEPS:
        return f"{int(value):+d}".replace("-", "\N{MINUS SIGN}")
    return str(value)
