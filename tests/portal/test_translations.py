"""The German catalogue: complete, with the same placeholders, compiled; and the pages that speak it."""

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from generation import sentences, verdicts
from teams import transitions
from teams.actor import SYSTEM
from tests import factories
from tests.cast import Cast
from tests.generation.reviewing import approved, in_review

GERMAN = Path(settings.BASE_DIR) / "locale" / "de" / "LC_MESSAGES"
_LINE = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr|msgstr\[\d\])? ?(".*")$')
# Names, printf's positions and Python's braces; markup inside a sentence belongs to it as well.
_PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*(?::[^}]*)?\}|</?\w+[^>]*>")
BROWSER = {"HTTP_ACCEPT_LANGUAGE": "de-DE,de;q=0.9,en;q=0.5"}


@dataclass
class Entry:
    """One message of a .po file: its texts by keyword, and its flags."""

    flags: str = ""
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def strings(self) -> list[str]:
        return [text for key, text in self.texts.items() if key.startswith("msgstr")]

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each translation with the text it stands for; a plural's last form stands for the plural."""
        forms = self.strings
        for text in forms[:-1]:
            yield self.texts["msgid"], text
        yield self.texts.get("msgid_plural", self.texts["msgid"]), forms[-1]

    @property
    def key(self) -> str:
        """How a compiled catalogue names it."""
        context = self.texts.get("msgctxt")
        return f"{context}\x04{self.texts['msgid']}" if context else self.texts["msgid"]


def read_po(path: Path) -> list[Entry]:
    """The messages of a .po file, without its header."""
    entries = []
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        entry, keyword = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry.flags += line[2:]
            found = _LINE.match(line)
            if found:
                keyword = found[1] or keyword
                entry.texts[keyword] = entry.texts.get(keyword, "") + ast.literal_eval(found[2])
        if entry.texts.get("msgid"):
            entries.append(entry)
    return entries


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return read_po(GERMAN / "django.po")


def test_every_message_is_translated(entries: list[Entry]) -> None:
    assert len(entries) > 1000
    assert [one.key for one in entries if not all(one.strings)] == []
    assert [one.key for one in entries if "fuzzy" in one.flags] == []
    assert [one.key for one in entries if "msgid_plural" in one.texts and len(one.strings) != 2] == []


def test_placeholders_and_markup_agree(entries: list[Entry]) -> None:
    wrong = [
        (meant, said)
        for one in entries
        for meant, said in one.pairs
        # The form for one may say "1" or "a" without its number.
        if (set(_PLACE.findall(said)) - set(_PLACE.findall(meant)))
        or ("msgid_plural" not in one.texts and sorted(_PLACE.findall(said)) != sorted(_PLACE.findall(meant)))
    ]
    assert wrong == []


def test_the_compiled_catalogue_says_what_its_source_says(entries: list[Entry]) -> None:
    with (GERMAN / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    expected: dict[object, str] = {}
    for one in entries:
        if "msgid_plural" in one.texts:
            expected |= {(one.key, i): text for i, text in enumerate(one.strings)}
        else:
            expected[one.key] = one.strings[0]
    del compiled[""]
    assert compiled == expected, "run: make messages"


def test_sentences_that_are_put_together_elsewhere_are_german() -> None:
    with translation.override("de"):
        dark = sentences.sentence("side_shadow", {"side": "left"})
        assert dark.startswith("Ihr Gesicht ist links zu dunkel.")
        assert sentences.stage("a stage of a newer worker") == "Ihre Bilder entstehen"
        assert verdicts.deviations({"eye_line": 0.2})[0].words == "Augenlinie 20,0 % zu tief"


def _german(client: Client, path: str) -> str:
    response = client.get(path, **BROWSER)  # type: ignore[arg-type]
    assert response.status_code == 200, path
    page = response.content.decode()
    assert '<html lang="de"' in page, path
    return page


PAGES = {
    "": ("Übersicht", "Wie weit die Personen sind"),
    "people/": ("Personen", "Jeder Status", "Eingewilligt"),
    "people/import/": ("Personen importieren",),
    "people/write/": ("Personen einladen", "Es gibt niemanden anzuschreiben"),
    "styles/": ("Stile", "Neuer Stil"),
    "review/": ("Prüfung", "Freigeben", "Zurückgeben", "Alle Prüfungen, Licht und Bildausschnitt"),
    "review/wall/": ("Teamwand",),
    "library/": ("Bibliothek", "Alle exportieren"),
    "exports/new/": ("Welche Größen?", "Dateinamen", "Profilbild"),
    "settings/": ("Marke und Grenzen", "Frist"),
    "settings/members/": ("Mitglieder", "Inhaber/in"),
    "settings/audit/": ("Protokoll", "Porträt freigegeben"),
}
# Whole words of the English pages that have no other business on a German one.
ENGLISH = re.compile(
    r"\b(the|your|you|with|not|yet|people|photos|settings|review|approve|choose|save|cancel|delete)\b", re.I
)


def _visible(page: str) -> str:
    """The text of a page, with what assistive technology reads out of attributes."""
    body = page[page.index("<body") :]
    body = re.sub(r"(?s)<(script|style|code|textarea|svg)\b.*?</\1>", " ", body)
    spoken = re.findall(r'(?:aria-label|placeholder|alt|title)="([^"]*)"', body)
    return " ".join([*spoken, re.sub(r"<[^>]+>", " ", body)])


@pytest.mark.parametrize("path", PAGES)
def test_members_pages_are_german_for_a_german_browser(cast: Cast, path: str) -> None:
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
        in_review(cast.northwind, "jonas")
    page = _german(cast.client("olga"), f"/c/northwind/{path}")
    text = _visible(page)
    assert [word for word in PAGES[path] if word not in text] == []
    assert ENGLISH.findall(text) == []


def test_no_page_that_an_owner_reaches_has_english_left(cast: Cast) -> None:
    # Mails, and what the pages show of them, speak the company's language.
    cast.northwind.company.language = "de"
    cast.northwind.company.save()
    with cast.northwind.scope():
        approved(cast.northwind, "ines")
        in_review(cast.northwind, "jonas")
    client = cast.client("olga")
    found, seen, waiting = {}, set(), ["/c/northwind/"]
    while waiting:
        path = waiting.pop()
        response = client.get(path, follow=True, **BROWSER)  # type: ignore[arg-type]
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        page = response.content.decode()
        leftovers = ENGLISH.findall(_visible(page))
        if leftovers:
            found[path] = leftovers
        # Once per page: neither the same page sorted otherwise nor the same page of somebody else.
        for link in re.findall(r'href="(/(?:c/northwind|accounts)/[^"?#]*)', page):
            kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|version\W\d+", "*", link)
            if kind not in seen:
                seen.add(kind)
                waiting.append(link)
    assert len(seen) > 20
    assert found == {}


def test_numbers_inside_markup_keep_their_point(cast: Cast) -> None:
    with cast.northwind.scope():
        for who in ("ines", "jonas"):
            transitions.invite_opened(cast.northwind.invites[who], SYSTEM)
        approved(cast.northwind, "ines")
        style = cast.northwind.style.pk
    for path in ("", "people/", "review/wall/", f"styles/{style}/", "settings/"):
        page = _german(cast.client("olga"), f"/c/northwind/{path}")
        numbers = (
            r'\s(?:width|height|x|y|r|cx|cy|max|min|step|value|pathLength|stroke-dasharray)="\d+,\d+[^"]*"'
        )
        assert re.findall(numbers, page) == [], path


def test_an_employees_pages_are_german(cast: Cast) -> None:
    link = cast.northwind.me("ines")
    client = Client()
    assert "Ihr neues Porträt" in _german(client, link)
    consent = _german(client, f"{link}consent/")
    for words in ("Mein Gesicht wird gemessen", "365 Tage", "Artikel 9 DSGVO", "Zustimmen und weiter"):
        assert words in consent
    with cast.northwind.scope():
        factories.give_consent(cast.northwind.employees["ines"])
    photos = _visible(_german(client, f"{link}photos/"))
    for words in ("Ihre Fotos", "Foto aufnehmen", "Zusage", "Wahl", "Meine Porträts erstellen"):
        assert words in photos
    assert ENGLISH.findall(photos) == []


def test_a_browser_without_our_languages_gets_the_companys(cast: Cast) -> None:
    company = cast.northwind.company
    company.language = "de"
    company.save()
    client, link = Client(), cast.northwind.me("ines")

    def language(accept: str) -> str:
        page = client.get(link, headers={"accept-language": accept}).content.decode()
        return str(re.findall(r'<html lang="(\w+)"', page)[0])

    assert language("fr-FR,fr;q=0.9") == "de"
    assert language("") == "de"
    assert language("en-GB,fr;q=0.9") == "en"
    assert language("de") == "de"


def test_the_preview_of_a_mail_is_in_the_mails_language(cast: Cast) -> None:
    ines = cast.northwind.employees["ines"]
    page = _german(cast.client("hana"), f"/c/northwind/people/write/?employee={ines.pk}")
    assert "Personen einladen" in page
    assert "Open my page" in page and "Meine Seite öffnen" not in page
