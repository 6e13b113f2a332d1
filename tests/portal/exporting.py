"""Exports in the states that their tests start from."""

import csv
import io
import json
import uuid
import zipfile
from typing import Any

from generation.models import Headshot
from portal.exports import jobs, services
from portal.lib import storage
from portal.models import Export, ExportChoice
from tests.cast import House
from tests.generation.reviewing import approved


def crew(house: House, *people: str) -> list[Headshot]:
    """Approved headshots of these people (everybody without names)."""
    return [approved(house, who) for who in people or house.employees]


def ask(house: House, headshots: list[Headshot], who: str = "mara", **wish: Any) -> Export:
    """An export of these headshots, asked for by a member."""
    values: dict[str, Any] = {
        "key": uuid.uuid4(),
        "choice": ExportChoice.ALL,
        "choice_name": "",
        "presets": ["web", "master"],
        "pattern": "{first}_{last}",
        "headshots": headshots,
    }
    return services.request_export(house.company, house.members[who], services.Wish(**(values | wish)))


def packed(export: Export) -> Export:
    """Carry the job out here and now."""
    jobs.pack(str(export.company_id), str(export.pk))
    return Export.objects.select_related("company", "requested_by").get(pk=export.pk)


def archive(export: Export) -> zipfile.ZipFile:
    """The stored ZIP."""
    return zipfile.ZipFile(io.BytesIO(storage.read(storage.exports(), export.file)))


def rows(export: Export) -> list[dict[str, str]]:
    """The manifest's lines."""
    text = archive(export).read("manifest.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def about(export: Export) -> dict[str, Any]:
    """The manifest as JSON."""
    found: dict[str, Any] = json.loads(archive(export).read("manifest.json"))
    return found
