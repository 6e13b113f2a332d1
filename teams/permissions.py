"""Role → actions, one table; and how a view declares what it needs.

`TenancyMiddleware` reads the declaration: a view without one does not run.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from teams.models import Role


class Action(StrEnum):
    """Something a member may be allowed to do."""

    VIEW_DASHBOARD = "view_dashboard"
    VIEW_PEOPLE = "view_people"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_STYLES = "manage_styles"
    CHOOSE_ENGINES = "choose_engines"
    REVIEW = "review"
    VIEW_WALL = "view_wall"
    VIEW_LIBRARY = "view_library"
    EXPORT = "export"
    MANAGE_COMPANY = "manage_company"
    VIEW_AUDIT = "view_audit"


_HR = {
    Action.VIEW_DASHBOARD,
    Action.VIEW_PEOPLE,
    Action.MANAGE_PEOPLE,
    Action.MANAGE_STYLES,
    Action.CHOOSE_ENGINES,
    Action.REVIEW,
    Action.VIEW_WALL,
    Action.VIEW_LIBRARY,
    Action.EXPORT,
    Action.VIEW_AUDIT,
}
ROLE_ACTIONS: dict[str, frozenset[Action]] = {
    Role.OWNER: frozenset(Action),
    Role.HR: frozenset(_HR),
    Role.REVIEWER: frozenset({Action.VIEW_DASHBOARD, Action.REVIEW, Action.VIEW_WALL}),
    Role.MARKETING: frozenset({Action.VIEW_DASHBOARD, Action.VIEW_LIBRARY, Action.EXPORT, Action.VIEW_WALL}),
}


def allows(role: str, action: Action) -> bool:
    """Whether members with this role may do this."""
    return action in ROLE_ACTIONS.get(role, frozenset())


View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed_in"
MEMBER = "member"
PERSONAL_LINK = "personal_link"
COMPANY_PUBLIC = "company_public"
OPERATOR = "operator"


def access(need: Action | str) -> Callable[[View], View]:
    """Declare who may call a view: an Action (a member with that right), MEMBER (any member),
    PERSONAL_LINK (the employee of the URL's `token`), COMPANY_PUBLIC (anybody, the company resolved),
    OPERATOR (who runs this installation, across companies: `is_staff`), SIGNED_IN or PUBLIC."""

    def mark(view: View) -> View:
        view.access = need  # type: ignore[attr-defined]
        return view

    return mark
