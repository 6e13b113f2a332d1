"""What every template may use: the company, the member and the navigation they are allowed to see."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from generation import review_selectors
from teams.permissions import Action, allows
from teams.services import logos

# label, URL name, icon (lucide), the right it needs
_NAV = (
    (_("Dashboard"), "dashboard", "layout-dashboard", Action.VIEW_DASHBOARD),
    (_("People"), "people:list", "users", Action.VIEW_PEOPLE),
    (_("Styles"), "styles:list", "palette", Action.MANAGE_STYLES),
    (_("Review"), "review:queue", "badge-check", Action.REVIEW),
    (_("Team wall"), "review:wall", "layout-grid", Action.VIEW_WALL),
    (_("Library"), "library:list", "images", Action.VIEW_LIBRARY),
    (_("Exports"), "exports:list", "package", Action.EXPORT),
    (_("Settings"), "settings:brand", "settings", Action.MANAGE_COMPANY),
    (_("Engines"), "settings:engines", "wand-sparkles", Action.CHOOSE_ENGINES),
    (_("Audit log"), "settings:audit", "scroll-text", Action.VIEW_AUDIT),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html: `company`, `company_logo_url`, `membership`, `nav`."""
    company = getattr(request, "company", None)
    membership = getattr(request, "membership", None)
    logo = logos.address(company) if company is not None else ""
    if company is None or membership is None:
        return {"company": company, "company_logo_url": logo, "membership": None, "nav": []}
    nav: list[dict[str, Any]] = [
        {
            "label": label,
            "url": reverse(name, args=[company.slug]),
            "icon": icon,
            # Only counted where the navigation is drawn: the page of a failed database draws none.
            "count": SimpleLazyObject(review_selectors.waiting_count) if action == Action.REVIEW else 0,
        }
        for label, name, icon, action in _NAV
        if allows(membership.role, action)
    ]
    # The most specific entry that the page stands under: /review/wall/ is the wall, not the queue.
    here = max((item["url"] for item in nav if request.path.startswith(item["url"])), key=len, default="")
    for item in nav:
        item["current"] = item["url"] == here
    return {"company": company, "company_logo_url": logo, "membership": membership, "nav": nav}
