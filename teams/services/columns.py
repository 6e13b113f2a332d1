"""Which column of an uploaded table holds what, guessed from its heading in English or German."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

# Fields that a roster file can fill, with their headings in the template file and on the page.
LABELS = {
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "email": _("E-mail"),
    "department": _("Department"),
    "title": _("Job title"),
    "location": _("Location"),
    "external_id": _("Employee number"),
}
# Longest value of each field: the columns of Employee and Department.
LONGEST = {"name": 120, "email": 254, "department": 120, "title": 120, "location": 120, "external_id": 64}
# Headings as people write them, normalised by `_key`; what is most particular first.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email", "emailaddress", "mail", "mailaddress", "workemail", "workemailaddress", "businessemail",
        "companyemail", "emailadresse", "mailadresse", "eposta", "epost", "userprincipalname", "upn",
        "emailgeschaeftlich", "geschaeftlicheemail", "dienstlicheemail",
    ),
    "first_name": ("firstname", "givenname", "forename", "vorname", "rufname"),
    "last_name": ("lastname", "surname", "familyname", "nachname", "familienname", "zuname"),
    "name": (
        "name", "fullname", "displayname", "employeename", "employee", "person", "vollername", "anzeigename",
        "vollstaendigername", "mitarbeiter", "mitarbeitername", "mitarbeiterin", "vorundnachname",
    ),
    "department": (
        "department", "dept", "team", "division", "unit", "orgunit", "businessunit", "abteilung", "bereich",
        "fachbereich", "organisationseinheit",
    ),
    "title": (
        "title", "jobtitle", "position", "role", "job", "funktion", "stelle", "stellenbezeichnung", "rolle",
        "berufsbezeichnung", "jobbezeichnung",
    ),
    "location": ("location", "office", "site", "city", "worklocation", "standort", "buero", "ort", "stadt"),
    "external_id": (
        "employeenumber", "employeeid", "employeeno", "personnelnumber", "personnelno", "staffid",
        "staffnumber", "externalid", "id", "personalnummer", "personalnr", "mitarbeiternummer",
        "mitarbeiternr", "mitarbeiterid",
    ),
}  # fmt: skip
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

Columns = dict[str, int]


def _key(heading: str) -> str:
    """Lower case letters only, umlauts written out: "E-Mail-Adresse" → "emailadresse"."""
    plain = unicodedata.normalize("NFC", heading).lower().translate(_UMLAUTS)
    return re.sub(r"[^a-z]", "", plain)


def guess(header: Sequence[str]) -> Columns:
    """Field → index of its column, for every field whose heading is recognised; each column once."""
    keys = [_key(heading) for heading in header]
    found: Columns = {}
    for field, headings in _HEADINGS.items():
        at = next((keys.index(heading) for heading in headings if heading in keys), None)
        if at is not None and at not in found.values():
            found[field] = at
    if "first_name" in found and "last_name" not in found and "name" in found:
        # "Vorname; Name": beside a first name, the name is the last one.
        found["last_name"] = found.pop("name")
    if "first_name" in found and "last_name" in found:
        # Both halves are surer than a "name" beside them (often the login or the last name again).
        found.pop("name", None)
    return found


def complete(columns: Columns) -> bool:
    """Whether the table can be read with these: a name (or its halves) and an e-mail address."""
    return "email" in columns and ("name" in columns or {"first_name", "last_name"} <= columns.keys())
