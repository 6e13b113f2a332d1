"""Settings of the tests: the product's own, on databases and folders that belong to one test process.

A worker process that a test starts uses this module too, so it sees the same database and queues.
"""

import os
import tempfile
import zlib
from pathlib import Path

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
_ROOT = Path(__file__).resolve().parent.parent
# Services are shared by all test processes and outlive a run, so that the next one starts at once.
SERVICES_DIR = Path(os.environ.get("TEST_SERVICES_DIR", _ROOT / "var" / "test-services"))
os.environ.setdefault("VAR_DIR", str(SERVICES_DIR))
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("BASE_URL", "http://localhost:8000")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from portal.settings import *
from portal.settings import CACHES, DATABASES, REDIS_URL, RQ_QUEUES, STORAGES
from portal.lib import storage

for _database in DATABASES.values():
    _database["NAME"] = f"test_onelight_{_WORKER}"

# One Redis database per test process (0 is left alone).
_number = 1 if _WORKER == "main" else 2 + int(_WORKER.removeprefix("gw"))
REDIS_URL = f"{REDIS_URL.partition('?')[0]}?db={_number}"
for _queue in RQ_QUEUES.values():
    _queue["URL"] = REDIS_URL
CACHES["default"]["LOCATION"] = REDIS_URL

# Two checkouts on one machine must not sweep each other's files away.
_checkout = zlib.crc32(str(SERVICES_DIR).encode())
FILES_DIR = Path(tempfile.gettempdir()) / f"onelight-tests-{os.getuid()}-{_checkout:08x}-{_WORKER}"
STORAGES.update(storage.backends(os.environ.get("STORAGE_URL", ""), FILES_DIR))
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
EMAIL_FILE_PATH = str(FILES_DIR / "mail")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
HEARTBEAT_TIMEOUT_S = 5
# The web server of the browser tests serves static files where they lie.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

if os.environ.get("TEST_ENGINE"):
    from tests.engines import register

    register()

if os.environ.get("TEST_TINY_EDIT"):
    from tests.imaging.engines.tiny_sizes import shrink

    shrink()
