"""An export through a real RQ worker in a process of its own."""

import subprocess
import sys

from generation.models import Rendition
from portal.lib import storage
from portal.models import Export
from teams.models import Mail
from tests.cast import make_cast
from tests.portal.exporting import archive, ask, crew
from tests.workers import ROOT

_BURST = (
    "import django; django.setup(); import django_rq; from rq import SimpleWorker;"
    "SimpleWorker([django_rq.get_queue('exports')], connection=django_rq.get_connection('exports'))"
    ".work(burst=True)"
)


def test_a_real_worker_packs_what_the_page_asked_for(transactional_db: None) -> None:
    house = make_cast().northwind
    with house.scope():
        export = ask(house, crew(house))
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import os; os.environ['DJANGO_SETTINGS_MODULE']='tests.settings'; {_BURST}",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        export = Export.objects.get(pk=export.pk)
        assert (export.status, export.file_count) == ("ready", 6)
        assert storage.exports().size(export.file) == export.size_bytes
        assert archive(export).testzip() is None
        assert Rendition.objects.count() == 6
        assert Mail.objects.filter(kind="export_ready").count() == 1
