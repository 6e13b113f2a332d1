"""Row-level security: a forgotten filter shows nothing of another company."""

import pytest
from django.db import connection, connections, transaction
from django.db.utils import ProgrammingError

from teams import tenancy
from teams.models import Department, Employee, Membership
from tests.cast import Cast


def test_without_a_scope_no_row_is_seen(cast: Cast) -> None:
    assert Employee.objects.count() == 0


def test_a_scope_shows_its_own_company_only(cast: Cast) -> None:
    with cast.southbay.scope():
        assert [e.name for e in Employee.objects.all()] == ["Sven Southbay"]
    assert Employee.objects.count() == 0


def test_another_companys_row_cannot_be_written(cast: Cast) -> None:
    with cast.southbay.scope(), pytest.raises(ProgrammingError), transaction.atomic():
        Department.objects.create(company=cast.northwind.company, name="Stolen")
    with cast.southbay.scope():
        assert Employee.objects.filter(company=cast.northwind.company).update(name="x") == 0


def test_the_system_scope_sees_all_companies(cast: Cast) -> None:
    with tenancy.system_scope():
        assert Employee.objects.count() == 4


def test_a_user_without_a_company_sees_only_their_own_memberships(cast: Cast) -> None:
    with tenancy.user_scope(cast.user("hugo").pk):
        assert [m.role for m in Membership.objects.all()] == ["hr"]
        assert Employee.objects.count() == 0


def test_the_scope_ends_also_after_an_error_inside_a_transaction(cast: Cast) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), cast.southbay.scope():
        Department.objects.create(company=cast.northwind.company, name="Stolen")
    assert Employee.objects.count() == 0


def test_every_company_table_is_forced(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id'"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        )
        tables = dict(cursor.fetchall())
    assert tables and all(tables.values()), [name for name, forced in tables.items() if not forced]
    assert {model._meta.db_table for model in tenancy.tenant_models()} == set(tables)


def test_the_web_role_is_bound_and_cannot_lift_the_policy(cast: Cast) -> None:
    assert tenancy.role_is_bound()
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE teams_employee DISABLE ROW LEVEL SECURITY")


def test_a_connection_opened_inside_a_scope_knows_it(transactional_db: None) -> None:
    from tests.cast import make_cast

    cast = make_cast()
    with cast.southbay.scope():
        connections["default"].close()
        assert Employee.objects.count() == 1
