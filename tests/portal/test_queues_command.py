"""What the operator sees of the queues, and the share that they give a company."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation import turns
from teams.models import AuditEvent, Company
from tests.cast import Cast


def _run(*words: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_the_page(busy: Cast) -> None:
    said = _run("queues")
    lines = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    assert lines["studio"].split()[1:4] == ["2", "1", "1"]
    assert "studio 40 s" in lines["studio"]
    assert lines["gpu"].split()[1:4] == ["0", "0", "0"]
    assert lines["box:worker.2"].split()[3:6] == ["cpu", "busy", "0"]
    assert "25 s" in lines["box:worker.2"]
    assert "silent" in lines["box:gpu0"]
    assert "3 min ago" in lines["box:gpu0"]
    assert lines["northwind"].split()[1:5] == ["2", "0", "1", "any"]
    assert "southbay" in lines
    assert "intake 0" in said
    assert "our failures within a day: model_missing × 1" in said


def test_a_monitor_reads_the_same(busy: Cast) -> None:
    seen = json.loads(_run("queues", "--json"))
    studio = seen["shoots"]["studio"]
    assert (studio["waiting"], studio["running"], studio["workers"]) == (2, 1, 1)
    shares = {part["company"]: part["used"] for part in studio["companies"]}
    assert sum(shares.values()) == pytest.approx(1)
    assert [one["doing"] for one in seen["workers"]] == ["silent", "busy"]


def test_nothing_at_all(db: None) -> None:
    assert "No worker has given a sign of life within the hour." in _run("queues")


def test_a_share_is_set_shown_and_audited(cast: Cast) -> None:
    assert _run("share", "northwind") == "Northwind: weight 1, as many at once as there are workers\n"
    assert _run("share", "northwind", "--weight", "2.5", "--at-once", "3").endswith(
        "weight 2.5, at most 3 at once\n"
    )
    company = Company.objects.get(slug="northwind")
    assert (company.share_weight, company.max_running) == (2.5, 3)
    _run("share", "northwind", "--at-once", "any")
    company.refresh_from_db()
    assert (company.share_weight, company.max_running) == (2.5, None)
    with cast.northwind.scope():
        assert AuditEvent.objects.filter(action="company.share", actor_name="Operator").count() == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody",), "no company at /c/nobody/"),
        (("northwind", "--weight", "0"), "from 0.1 to 100"),
        (("northwind", "--weight", "-3"), "from 0.1 to 100"),
        (("northwind", "--at-once", "0"), "whole number"),
        (("northwind", "--at-once", "many"), "whole number"),
    ],
)
def test_a_share_that_makes_no_sense_is_one_sentence(cast: Cast, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("share", *words)
    company = Company.objects.get(slug="northwind")
    assert (company.share_weight, company.max_running) == (1.0, None)


def test_the_company_cannot_set_its_own_share(cast: Cast) -> None:
    form = {"name": "Northwind", "accent": "#3355cc", "language": "en", "max_photos": 12, "max_shoots": 4,
            "retention_days": 365, "share_weight": 50, "max_running": 99}  # fmt: skip
    assert cast.client("olga").post("/c/northwind/settings/", form).status_code == 302
    company = Company.objects.get(slug="northwind")
    assert (company.share_weight, company.max_running) == (1.0, None)


def test_parts_add_up(busy: Cast) -> None:
    from teams import tenancy

    with tenancy.system_scope():
        parts = {part.company: part for part in turns.parts("studio")}
    assert parts["northwind"].entitled == 1.0
    assert parts["southbay"].entitled == 0.0
    assert parts["northwind"].last_s > parts["northwind"].next_s
