"""/metrics: Prometheus' text, for whoever has the operator's token, and for nobody else."""

import re
from typing import Any

import pytest
from django.test import Client

from portal.queuestate import exposition
from tests import factories
from tests.cast import Cast

_SAMPLE = re.compile(r'onelight_\w+\{(?:\w+="(?:[^"\\]|\\.)*",?)*\} -?[\d.e+]+')


def _get(token: str = "") -> Any:
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}"} if token else {})


def test_without_a_token_in_the_settings_there_is_no_page(db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert _get("").status_code == 404
    assert _get("anything").status_code == 404


@pytest.mark.parametrize("token", ["", "wrong", "s3cret "])
def test_the_token_is_needed(db: None, settings: Any, token: str) -> None:
    settings.METRICS_TOKEN = "s3cret"
    answer = _get(token)
    assert answer.status_code == 401
    assert b"onelight_" not in answer.content


def test_a_member_is_no_operator(cast: Cast, settings: Any) -> None:
    settings.METRICS_TOKEN = "s3cret"
    assert cast.client("olga").get("/metrics").status_code == 401


def test_every_line_is_a_sample_of_all_companies(cast: Cast, settings: Any) -> None:
    settings.METRICS_TOKEN = "s3cret"
    for house, who in ((cast.northwind, "ines"), (cast.southbay, "sven")):
        with house.scope():
            factories.make_shoot(house.employees[who], "queued")
    factories.make_worker("studio", name="box:worker.2")
    text = _get("s3cret").content.decode()
    lines = [line for line in text.splitlines() if not line.startswith("# ")]
    assert all(_SAMPLE.fullmatch(line) for line in lines), lines
    assert 'onelight_shoots_waiting{queue="studio"} 2' in lines
    assert 'onelight_workers_alive{queue="gpu"} 0' in lines
    assert 'onelight_company_shoots_waiting{queue="studio",company="southbay"} 1' in lines
    assert 'onelight_worker_silence_seconds{worker="box:worker.2",device="cpu"}' in text
    # Nobody waits long on a queue that no worker serves: that is unknown, not zero.
    assert 'onelight_newcomer_wait_seconds{queue="gpu"}' not in text


def test_names_cannot_break_the_format() -> None:
    worker = {"name": 'a"b\\c\nd', "device": "cpu", "heard_of_s": 1.0}
    text = exposition({"shoots": {}, "jobs": {}, "workers": [worker], "failures": {}})
    assert text.splitlines()[-1] == (
        'onelight_worker_silence_seconds{worker="a\\"b\\\\c\\nd",device="cpu"} 1'
    )
