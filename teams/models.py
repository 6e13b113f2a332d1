"""The rows of the roster: companies, members, employees, invites, consents, mails, and what happened."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from portal.lib.jobrow import JobRow


class Company(models.Model):
    """A tenant. Not itself under row-level security: the URL's slug must be resolved first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True, max_length=60)
    name = models.CharField(max_length=120)
    # sRGB hex; the one accent of the interface.
    accent = models.CharField(max_length=7, default="#3355cc")
    logo = models.CharField(max_length=200, blank=True)
    # The company's own words on the employee's welcome page.
    welcome = models.TextField(blank=True)
    mail_sender = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=8, default="en")
    due_on = models.DateField(null=True, blank=True)
    max_photos = models.PositiveSmallIntegerField(default=12)
    max_shoots = models.PositiveSmallIntegerField(default=4)
    # Whether people may ask for small changes of light and crop in their pictures.
    allow_nudges = models.BooleanField(default=True)
    # Whether machines may draw pictures of people here at all, and which of their engines may not.
    allow_generated = models.BooleanField(default=False)
    engines_off = models.JSONField(default=list, blank=True)
    # Set by the operator (`manage.py share`): this company's share of busy workers against the others',
    # and how many of its shoots may run at once (empty: as many as there are workers).
    share_weight = models.FloatField(default=1.0)
    max_running = models.PositiveSmallIntegerField(null=True, blank=True)
    retention_days = models.PositiveIntegerField(default=365)
    # The company's own wording of its mails: {"invite": {"subject": …, "body": …}, "reminder": …}
    letters = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class TenantModel(models.Model):
    """A row of one company, guarded by row-level security (`teams.tenancy`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in. What they may do is said by their memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    HR = "hr", _("HR admin")
    REVIEWER = "reviewer", _("Reviewer")
    MARKETING = "marketing", _("Marketing")


class Membership(TenantModel):
    """A user's role in a company."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "user"], name="membership_once")]


class Department(TenantModel):
    """A part of the company. It may be photographed in a style of its own: `branding.models`."""

    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint("company", Lower("name"), name="department_once")]

    def __str__(self) -> str:
        return self.name


class Employee(TenantModel):
    """A row of the roster. An employee never signs in; they come by their invite's personal link."""

    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"))
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.SET_NULL, related_name="employees"
    )
    title = models.CharField(_("job title"), max_length=120, blank=True)
    location = models.CharField(_("location"), max_length=120, blank=True)
    # The number in the company's own directory; lets a re-import find a person whose mail changed.
    external_id = models.CharField(_("employee number"), max_length=64, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint("company", Lower("email"), name="employee_email_once"),
            models.UniqueConstraint(
                fields=["company", "external_id"],
                condition=~models.Q(external_id=""),
                name="employee_external_id_once",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "name", "id"], name="employee_by_name"),
            # The order of the people page, whatever the case of the letters.
            models.Index("company", Lower("name"), "id", name="employee_by_name_key"),
        ]

    def __str__(self) -> str:
        return self.name


class InviteStatus(models.TextChoices):
    PENDING = "pending", _("Not opened")
    OPENED = "opened", _("Opened")
    ACCEPTED = "accepted", _("Accepted")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class Invite(TenantModel):
    """An employee's personal link. The secret in the link is derived (`teams.services.invites`)."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="invites")
    status = models.CharField(max_length=10, choices=InviteStatus.choices, default=InviteStatus.PENDING)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employee"],
                condition=models.Q(status__in=["pending", "opened", "accepted"]),
                name="invite_one_live",
            )
        ]


class Consent(TenantModel):
    """What an employee agreed to, in the words of a numbered text. Never changed, only withdrawn."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="consents")
    invite = models.ForeignKey(Invite, null=True, on_delete=models.SET_NULL, related_name="+")
    text_version = models.CharField(max_length=20)
    language = models.CharField(max_length=8, default="en")
    headshot = models.BooleanField()
    biometrics = models.BooleanField()
    generated = models.BooleanField(default=False)
    signature = models.CharField(max_length=120)
    signed_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["employee"], condition=models.Q(withdrawn_at=None), name="consent_one_live"
            )
        ]


class Mail(TenantModel, JobRow):
    """A mail to a person: written first, sent by a job, kept as part of their story."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Sending")
        DONE = "done", _("Sent")
        FAILED = "failed", _("Failed")

    employee = models.ForeignKey(Employee, null=True, on_delete=models.CASCADE, related_name="mails")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    kind = models.CharField(max_length=20)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    # Made once by the form that asked for it: a double click, or the back button, sends once.
    request_key = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["employee", "request_key"], name="mail_once_per_request")
        ]


class RosterImport(TenantModel):
    """An uploaded roster between its dry run and its confirmation. Nothing is written before."""

    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    file_name = models.CharField(max_length=200)
    # {"header": [...], "rows": [[...], …], "columns": {"name": 0, …}}
    table = models.JSONField()
    applied_at = models.DateTimeField(null=True, blank=True)
    # {"new": n, "changed": n, "unchanged": n}
    result = models.JSONField(default=dict)


class Happening(TenantModel):
    """Shared columns: when, who, in which request."""

    at = models.DateTimeField(db_default=Now())
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=150, blank=True)
    request_id = models.CharField(max_length=32, blank=True)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)

    class Meta:
        abstract = True


class StatusEvent(Happening):
    """One move of one row's status: from, to, why. Written only by a `transitions.py`."""

    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["company", "object_id", "at"], name="status_event_by_object")]


class AuditEvent(Happening):
    """A decision somebody took: published, invited, consented, chose, approved, exported, …"""

    action = models.CharField(max_length=40)
    # The person whose story it belongs to, where there is one.
    employee_id = models.UUIDField(null=True, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["company", "-at"], name="audit_by_time"),
            models.Index(fields=["company", "employee_id", "-at"], name="audit_by_employee"),
        ]
