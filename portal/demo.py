"""The demo company of `make run`: a published style, a dozen people in different states, two of them with
real pictures from the public-domain portraits that wheels carry."""

import datetime as dt
import io
import secrets
import unicodedata
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from branding import services as styles
from branding.look import STARTERS
from generation import jobs
from generation import transitions as generation_moves
from generation.imaging.samples import portrait_files
from generation.models import Candidate, Headshot, Shoot, ShootStatus, SourcePhoto
from generation.services import choices, reviews, shoots, uploads
from teams import tenancy, transitions
from teams.actor import SYSTEM, Actor
from teams.models import Company, Employee, Membership, Role, User
from teams.services import consents, invites, roster
from teams.services.links import personal_link

SLUG = "fernhill"
_ADMIN = "hr@fernhill.example"
# name, department, job title, location, how far they are
_PEOPLE = (
    ("Eileen Collins", "Flight", "Commander", "Houston", "approved"),
    ("Grace Hopper", "Engineering", "Rear Admiral, Compilers", "Arlington", "made"),
    ("Amara Diallo", "People", "Recruiter", "Lyon", "opened"),
    ("Jonas Weber", "Engineering", "Site reliability engineer", "Berlin", "consented"),
    ("Mei Tanaka", "Design", "Product designer", "Osaka", "consented"),
    ("Luca Moretti", "Sales", "Account executive", "Milano", "invited"),
    ("Priya Raman", "Engineering", "Data engineer", "Chennai", "invited"),
    ("Tomás Herrera", "Support", "Support lead", "Bogotá", "invited"),
    ("Zanele Mokoena", "Legal", "Counsel", "Durban", "opened"),
    ("Freya Lindqvist", "Marketing", "Brand manager", "Malmö", "not_invited"),
    ("Omar Haddad", "Sales", "Sales engineer", "Amman", "not_invited"),
    ("Nora Whitfield", "Finance", "Controller", "Leeds", "not_invited"),
)
_ORDER = ("not_invited", "invited", "opened", "consented", "made", "approved")
_PORTRAITS = {"Eileen Collins": "eileen-collins.png", "Grace Hopper": "grace-hopper.png"}
# The one whose personal link is printed: nothing done yet, so the whole way can be tried.
_TRY = "Luca Moretti"


def access_file() -> Path:
    """Where the demo's password is kept, readable by the owner of the portal's files only."""
    return Path(settings.VAR_DIR) / "demo-password"


def make() -> dict[str, str] | None:
    """Create the demo company unless there is any company; return how to get in, or None when this
    installation has companies of its own. An interrupted run is completed by the next one."""
    if not Company.objects.exists():
        _create(_new_password())
    company = Company.objects.filter(slug=SLUG).first()
    if company is None or not access_file().exists():
        return None
    with tenancy.company_scope(company.pk):
        _make_pictures()
        someone = Employee.objects.select_related("company").get(name=_TRY)
        link = personal_link(invites.link_for(someone, SYSTEM))
    return {"email": _ADMIN, "password": access_file().read_text().strip(), "employee": _TRY, "link": link}


def _new_password() -> str:
    """Kept before the company exists: an interrupted start must not leave a company nobody can enter."""
    password = secrets.token_urlsafe(9)
    access_file().parent.mkdir(parents=True, exist_ok=True)
    access_file().touch(mode=0o600)
    access_file().write_text(password + "\n")
    return password


def _create(password: str) -> None:
    # One transaction for everything without pictures: an interrupted start leaves no half company.
    with transaction.atomic():
        admin = User.objects.filter(email=_ADMIN).first() or User.objects.create_user(
            _ADMIN, name="Hanna Frei"
        )
        admin.set_password(password)
        admin.save()
        company = Company.objects.create(
            slug=SLUG,
            name="Fernhill",
            accent="#2f6f5e",
            welcome="We are giving our team page one light. It takes you about five minutes.",
            due_on=timezone.localdate() + dt.timedelta(days=21),
        )
        with tenancy.company_scope(company.pk):
            Membership.objects.create(company=company, user=admin, role=Role.OWNER)
            _make_styles(company, admin)
            for row in _PEOPLE:
                _make_person(company, admin, row)


def _make_styles(company: Company, admin: User) -> None:
    house = styles.create_style(company, "Fernhill house style", STARTERS["corporate"], admin)
    styles.publish(house, styles.seen_of(house), admin, default=True)
    styles.create_style(company, "Conference speakers", STARTERS["creative"], admin)


def _make_person(company: Company, admin: User, row: tuple[str, ...]) -> None:
    name, department, title, location, state = row
    by = Actor.member(admin)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    address = plain.lower().replace(" ", ".")
    values = {
        "name": name,
        "email": f"{address}@fernhill.example",
        "department": department,
        "title": title,
        "location": location,
        "external_id": "",
    }
    person = roster.add_employee(company, values, by)
    far = _ORDER.index(state)
    if far == 0:
        return
    invite = invites.link_for(person, by, admin)
    if far >= _ORDER.index("opened"):
        transitions.invite_opened(invite, Actor.employee(person))
    if far >= _ORDER.index("consented"):
        consents.give(person, invite, generated=False, signature=name, language="en")


def _make_pictures() -> None:
    """The two real people: photographed once, the one of them chosen and approved."""
    files = portrait_files()
    for name, file in _PORTRAITS.items():
        person = Employee.objects.select_related("company").get(name=name)
        if not Shoot.objects.filter(employee=person).exists():
            photograph(person, {file: files[file]})
    best = (
        Candidate.objects.filter(shoot__employee__name="Eileen Collins", shoot__status=ShootStatus.DONE)
        .select_related("shoot__employee__company")
        .first()
    )
    if best is not None and not Headshot.objects.filter(employee=best.shoot.employee).exists():
        headshot = choices.choose(best, Actor.employee(best.shoot.employee))
        reviews.approve(headshot, User.objects.get(email=_ADMIN))


def photograph(person: Employee, files: dict[str, bytes]) -> Shoot | None:
    """Upload these photos for a consented person and make their headshots here and now, through the same
    services and jobs as everybody else's. None when no photo can be used."""
    by = Actor.employee(person)
    for name, data in files.items():
        arrived = uploads.receive_file(person, by, name, io.BytesIO(data), len(data))
        jobs.check_photo(str(person.company_id), str(arrived.photo.pk))
    if not SourcePhoto.objects.filter(employee=person, verdict__in=["accept", "warn"]).exists():
        return None
    shoot = shoots.start(person, by)
    generation_moves.shoot_claimed(shoot)
    jobs.run_shoot(shoot)
    shoot.refresh_from_db()
    return shoot
