"""Who does something: a member, an employee by personal link, or the system."""

from dataclasses import dataclass

import structlog

from teams.models import Employee, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Named in every status move and audit row."""

    kind: str
    id: str = ""
    name: str = ""

    @classmethod
    def member(cls, user: User) -> "Actor":
        return cls("member", str(user.pk), str(user))

    @classmethod
    def employee(cls, employee: Employee) -> "Actor":
        return cls("employee", str(employee.pk), employee.name)

    def columns(self) -> dict[str, str]:
        """The columns of `Happening` that name this actor and the request."""
        request_id = structlog.contextvars.get_contextvars().get("request", "")
        return {
            "actor_kind": self.kind,
            "actor_id": self.id,
            "actor_name": self.name[:150],
            "request_id": str(request_id),
        }


SYSTEM = Actor("system", "", "Onelight")
