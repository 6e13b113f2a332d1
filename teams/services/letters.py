"""The words of invites and reminders: placeholders, the company's own wording, text and HTML.

Placeholders are replaced by name, never by `str.format`, so that a letter cannot reach into objects.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import override

from teams.models import Company, Employee
from teams.services import mails

INVITE, REMINDER = "invite", "reminder"
KINDS = (INVITE, REMINDER)
PLACEHOLDERS = ("name", "company", "link", "due")
_PLACEHOLDER = re.compile(r"\{([^{}\n]{0,40})\}")
# Stand for the two values that differ from person to person while the mail is laid out once for all.
# Private-use characters: no keyboard writes them, and escaping leaves them alone.
_NAME, _LINK = "\ue000name\ue001", "\ue000link\ue001"
# The Mail row's subject column.
SUBJECT_MAX = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """Words with placeholders, as HR wrote them."""

    kind: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of a letter's HTML; `button` when it is nothing but the link."""

    html: str
    button: bool = False


@dataclass(frozen=True, slots=True)
class Laid:
    """A letter laid out for a company; `for_person` fills in one person."""

    subject: str
    text: str
    html: str

    def for_person(self, name: str, link: str) -> "Laid":
        """The finished mail to one person."""
        subject = " ".join(_fill(self.subject, name, link).split())[:SUBJECT_MAX]
        return Laid(subject, _fill(self.text, name, link), _fill(self.html, escape(name), escape(link)))


def _fill(words: str, name: str, link: str) -> str:
    return words.replace(_NAME, name).replace(_LINK, link)


def unknown_placeholders(words: str) -> list[str]:
    """Names in braces that mean nothing here, in order."""
    return [name for name in _PLACEHOLDER.findall(words) if name not in PLACEHOLDERS]


def due_words(company: Company) -> str:
    """The due date in the company's language; words that fit a sentence when there is none."""
    if company.due_on is None:
        return _("in the next days")
    return date_format(company.due_on, "DATE_FORMAT")


def standard(kind: str, company: Company) -> Letter:
    """The company's own wording, or ours in its language."""
    own = company.letters.get(kind)
    if isinstance(own, dict) and own.get("subject") and own.get("body"):
        return Letter(kind, own["subject"], own["body"])
    with override(company.language):
        letter = _reminder() if kind == REMINDER else _invite()
        if company.due_on is not None:
            letter = replace(letter, body=f"{letter.body}\n\n" + _("Please do it by {due}."))
    return letter


def _invite() -> Letter:
    subject = _("Your new headshot for {company}")
    body = _(
        "Hello {name},\n\n"
        "{company} is making new team portraits, and you do not have to go to a studio. "
        "Take a few photos with your phone, choose the headshot you like best, done. "
        "It takes about five minutes.\n\n"
        "{link}\n\n"
        "The link is yours alone; please do not pass it on."
    )
    return Letter(INVITE, subject, body)


def _reminder() -> Letter:
    subject = _("Your headshot for {company} is still missing")
    body = _(
        "Hello {name},\n\n"
        "a short reminder: your headshot for {company} is not finished yet. "
        "Your link brings you to where you left off.\n\n"
        "{link}"
    )
    return Letter(REMINDER, subject, body)


def fill(words: str, company: Company, name: str, link: str) -> str:
    """Replace the placeholders; unknown ones stay as they are."""
    values = {"name": name, "company": company.name, "link": link, "due": due_words(company)}
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), words)


def blocks(body: str) -> Iterator[Block]:
    """Paragraphs of a filled body (with the link still its sentinel or an address): escaped HTML."""
    for paragraph in re.split(r"\n\s*\n", body.replace("\r\n", "\n").strip()):
        if paragraph.strip() == _LINK:
            yield Block(_LINK, button=True)
            continue
        html = escape(paragraph.strip()).replace("\n", "<br>")
        yield Block(html.replace(_LINK, f'<a href="{_LINK}">{_LINK}</a>'))


def lay_out(letter: Letter, company: Company) -> Laid:
    """Lay the letter out once for everybody of the company."""
    with override(company.language):
        subject = fill(letter.subject, company, _NAME, _LINK)
        body = fill(letter.body, company, _NAME, _LINK)
        context = {
            **mails.frame(company),
            "subject": subject,
            "body": body.replace("\r\n", "\n").strip(),
            "blocks": list(blocks(body)),
        }
        text = render_to_string("mail/letter.txt", context)
        html = render_to_string("mail/letter.html", context)
    return Laid(subject, text, html)


def preview(letter: Letter, company: Company, employee: Employee | None) -> dict[str, object]:
    """What the compose page shows: subject and blocks for one recipient, with a link that leads nowhere."""
    with override(company.language):
        name = employee.name if employee else _("Alex Example")
        link = f"{settings.BASE_URL}/c/{company.slug}/me/…"
        body = fill(letter.body, company, name, _LINK)
        shown = [replace(block, html=block.html.replace(_LINK, escape(link))) for block in blocks(body)]
        subject = " ".join(fill(letter.subject, company, name, link).split())[:SUBJECT_MAX]
    return {"subject": subject, "blocks": shown, "to": employee}
