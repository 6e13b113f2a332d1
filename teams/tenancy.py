"""Company scope and PostgreSQL row-level security: only here.

The database refuses every row of another company: each tenant table has a forced policy that compares
`company_id` with the connection's `app.company`. The web and the workers connect as a role that owns no
table, so the policies hold for all of their queries; a forgotten filter shows nothing.

A scope is a context variable plus the three settings on the connection. They are set for the session
and applied again when a connection is opened within a scope.
"""

import functools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import structlog
from django.apps import apps
from django.db import close_old_connections, connection, models
from django.db.backends.base.base import BaseDatabaseWrapper

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows this code may see. `system` sees all companies: claims, reaper, clock."""

    company_id: uuid.UUID | None = None
    user_id: int | None = None
    system: bool = False


_NOWHERE = Scope()
_scope: ContextVar[Scope] = ContextVar("scope", default=_NOWHERE)


def current() -> Scope:
    """The scope this code runs in."""
    return _scope.get()


def apply_scope(wrapper: BaseDatabaseWrapper) -> None:
    """Write the current scope to the connection (also called for every new connection)."""
    scope = _scope.get()
    with wrapper.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.company', %s, false), set_config('app.user', %s, false),"
            " set_config('app.system', %s, false)",
            [str(scope.company_id or ""), str(scope.user_id or ""), "on" if scope.system else ""],
        )


def on_connect(sender: object, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Receiver of `connection_created`: a connection opened inside a scope must know it."""
    if connection.alias == "default" and _scope.get() != _NOWHERE:
        apply_scope(connection)


@contextmanager
def _enter(scope: Scope) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        if connection.connection is not None:
            apply_scope(connection)
        yield
    finally:
        _scope.reset(token)
        # After an error inside a transaction the connection takes no statement; the rollback itself
        # puts back the settings from before the transaction.
        if connection.connection is not None and not connection.needs_rollback:
            apply_scope(connection)


def company_scope(company_id: uuid.UUID | str, user_id: int | None = None) -> Any:
    """Context manager: see and write rows of this company only."""
    value = company_id if isinstance(company_id, uuid.UUID) else uuid.UUID(company_id)
    return _enter(Scope(company_id=value, user_id=user_id))


def user_scope(user_id: int) -> Any:
    """Context manager: before a company is chosen; sees only this user's own memberships."""
    return _enter(Scope(user_id=user_id))


def system_scope() -> Any:
    """Context manager: all companies. For claims, the reaper, the clock and operator commands."""
    return _enter(Scope(system=True))


def drop_stale_connection() -> None:
    """At the start of a job: a worker lives long, and a connection that the server has closed meanwhile
    must not be used again. Inside a transaction the connection is in use and stays."""
    if not connection.in_atomic_block:
        close_old_connections()


def tenant_job(job: Callable[P, R]) -> Callable[..., R]:
    """Decorate an RQ job `job(company_id, row_id, …)`: re-enter the company's scope, bind log ids."""

    @functools.wraps(job)
    def run(company_id: str, row_id: str, *args: Any, **kwargs: Any) -> R:
        drop_stale_connection()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(company=company_id, job=job.__name__, row=row_id)
        with company_scope(company_id):
            return job(company_id, row_id, *args, **kwargs)  # type: ignore[arg-type]

    return run


# --- row-level security in the database ---------------------------------------------------------

_OWN = "company_id = NULLIF(current_setting('app.company', true), '')::uuid"
_SYSTEM = "current_setting('app.system', true) = 'on'"
_OWN_USER = "user_id = NULLIF(current_setting('app.user', true), '')::bigint"


def tenant_models() -> list[type[models.Model]]:
    """Every concrete model whose rows belong to a company."""
    from teams.models import TenantModel

    return [model for model in apps.get_models(include_auto_created=True) if issubclass(model, TenantModel)]


def secure_tables(using: BaseDatabaseWrapper, app_role: str) -> None:
    """Force the policy on every tenant table and grant the app role its rights; safe to repeat.

    Called after each `migrate`, so that a new table cannot be forgotten.
    """
    existing = set(using.introspection.table_names())
    role = using.ops.quote_name(app_role)
    with using.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}")
        for model in tenant_models():
            name = model._meta.db_table
            if name not in existing:
                continue
            table = using.ops.quote_name(name)
            readable = f"{_OWN} OR {_SYSTEM}"
            if name == "teams_membership":
                readable += f" OR {_OWN_USER}"
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            cursor.execute(f"DROP POLICY IF EXISTS own_company ON {table}")
            cursor.execute(
                f"CREATE POLICY own_company ON {table} USING ({readable}) WITH CHECK ({_OWN} OR {_SYSTEM})"
            )


def after_migrate(sender: object, using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate` of the last app."""
    from django.db import connections

    if using == "owner":
        secure_tables(connections[using], str(connections["default"].settings_dict["USER"]))


def role_is_bound() -> bool:
    """Whether row-level security holds for the role of web and workers: neither superuser nor exempt, and
    owner of no tenant table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT (rolsuper OR rolbypassrls) AND NOT EXISTS ("
            "  SELECT 1 FROM pg_class WHERE relname = 'teams_employee' AND relowner = pg_roles.oid)"
            " FROM pg_roles WHERE rolname = current_user"
        )
        row = cursor.fetchone()
    return bool(row and row[0])
