"""Photos, shoots, candidates, headshots and their renditions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from branding.models import StyleVersion
from portal.lib.jobrow import JobRow
from teams.models import Employee, TenantModel, User


class PhotoStatus(models.TextChoices):
    RECEIVED = "received", _("Being checked")
    CHECKED = "checked", _("Checked")
    DELETED = "deleted", _("Deleted")


class Verdict(models.TextChoices):
    ACCEPT = "accept", _("Good")
    WARN = "warn", _("Usable")
    REJECT = "reject", _("Cannot be used")


# Key in `SourcePhoto.measures`: the face as 16 x 16 grey bytes in hex (`imaging.photoset.THUMBNAIL_SIDE`).
FACE_THUMBNAIL = "face_thumbnail"


class Upload(TenantModel):
    """A photo that is still arriving, piece by piece. Gone once it is complete, or after some days."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="uploads")
    # Made by the browser once per chosen file, and found again when the same file is chosen again.
    key = models.UUIDField()
    name = models.CharField(max_length=200)
    size_bytes = models.PositiveBigIntegerField()
    received_bytes = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["employee", "key"], name="upload_key_once")]


class SourcePhoto(TenantModel, JobRow):
    """A photo that an employee uploaded, with the photo check's verdict. The original is never rewritten."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="photos")
    status = models.CharField(max_length=10, choices=PhotoStatus.choices, default=PhotoStatus.RECEIVED)
    # Made by the browser once per chosen file: the same upload sent twice is one photo.
    upload_key = models.UUIDField()
    original_name = models.CharField(max_length=200)
    # Keys in the `originals` storage; empty after deletion.
    original = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    # Upright sRGB copies without metadata, in `originals` too: they show the same face.
    normalized = models.CharField(max_length=200, blank=True)
    thumbnail = models.CharField(max_length=200, blank=True)
    width_px = models.PositiveIntegerField(null=True)
    height_px = models.PositiveIntegerField(null=True)
    verdict = models.CharField(max_length=6, choices=Verdict.choices, blank=True)
    # [{"code", "message", "data"}], what helps most first.
    reasons = models.JSONField(default=list)
    measures = models.JSONField(default=dict)
    # 128 numbers of dlib's encoder; deleted with the photo.
    embedding = ArrayField(models.FloatField(), null=True)
    created_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["employee", "upload_key"], name="photo_upload_once"),
            models.UniqueConstraint(
                fields=["employee", "sha256"],
                condition=~models.Q(status="deleted"),
                name="photo_bytes_once",
            ),
        ]


class ShootStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("In the studio")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Could not be made")
    CANCELLED = "cancelled", _("Cancelled")


class Shoot(TenantModel, JobRow):
    """One employee photographed once under one style version.

    Same photos + version + seed + engine version = same pixels.
    """

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="shoots")
    style_version = models.ForeignKey(StyleVersion, on_delete=models.PROTECT, related_name="shoots")
    status = models.CharField(max_length=10, choices=ShootStatus.choices, default=ShootStatus.QUEUED)
    photos = models.ManyToManyField(SourcePhoto, related_name="shoots", through="ShootPhoto")
    # What photographs, and the queue that carries it; see `generation.imaging.engines.table`.
    engine = models.CharField(max_length=20, default="studio")
    queue = models.CharField(max_length=10, default="studio")
    # Why the studio works instead of the style's own engine: empty, or a code of `services.engines`.
    fallback = models.CharField(max_length=10, blank=True)
    # Name of the worker process that claimed it last (`Worker.name`).
    worker = models.CharField(max_length=80, blank=True)
    # Since when its worker's time counts as this one's: the claim, or for those that were drawn together with
    # others the end of the one before.
    turn_at = models.DateTimeField(null=True, blank=True)
    # Claims that were given back unharmed when a worker was stopped; they count as no attempt.
    spared = models.PositiveSmallIntegerField(default=0)
    engine_version = models.CharField(max_length=40, blank=True)
    seed = models.PositiveBigIntegerField(default=0)
    count = models.PositiveSmallIntegerField(default=4)
    # Why this one was asked for after an earlier one: "", "not_me", "hair", "glasses", …
    retake_reason = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            # Two tabs or a double click cannot start two.
            models.UniqueConstraint(
                fields=["employee"],
                condition=models.Q(status__in=["queued", "running"]),
                name="shoot_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["status", "created_at"], name="shoot_by_status"),
            # The two questions of every claim: who waits, and who used how much lately.
            models.Index(
                fields=["queue", "company", "created_at"],
                condition=models.Q(status="queued"),
                name="shoot_waiting",
            ),
            models.Index(fields=["queue", "-finished_at"], name="shoot_finished"),
        ]

    @property
    def failures(self) -> int:
        """Attempts that count against the limit."""
        return self.attempt - self.spared


class Worker(models.Model):
    """A worker process, as it says so itself every few seconds. Belongs to no company.

    Named after its machine and its card, so that a restarted one takes the place of its predecessor.
    """

    name = models.CharField(max_length=80, unique=True)
    pid = models.PositiveIntegerField()
    # Names of the queues, separated by spaces.
    queues = models.CharField(max_length=80)
    # What it computes on: "cpu", or the card's name.
    device = models.CharField(max_length=80, default="cpu")
    # starting, ready, busy, stopping
    doing = models.CharField(max_length=10, default="starting")
    shoot_id = models.UUIDField(null=True, blank=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    # Shoots finished since its start, and seconds spent on them.
    shoots = models.PositiveIntegerField(default=0)
    busy_s = models.FloatField(default=0.0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ShootPhoto(TenantModel):
    """Which photos a shoot was made from."""

    shoot = models.ForeignKey(Shoot, on_delete=models.CASCADE, related_name="+")
    photo = models.ForeignKey(SourcePhoto, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shoot", "photo"], name="shoot_photo_once")]


class Candidate(TenantModel):
    """One finished picture of a shoot, with everything measured on it."""

    class Source(models.TextChoices):
        RETOUCHED = "retouched", _("Retouched: your own photo")
        GENERATED = "generated", _("Generated")

    shoot = models.ForeignKey(Shoot, on_delete=models.CASCADE, related_name="candidates")
    rank = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=10, choices=Source.choices)
    # Keys: `image` and `small` in renditions, `master` in masters.
    image = models.CharField(max_length=200)
    small = models.CharField(max_length=200)
    master = models.CharField(max_length=200)
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    likeness = models.FloatField()
    gates = models.JSONField(default=dict)
    scores = models.JSONField(default=dict)
    light = models.JSONField(default=dict)
    framing = models.JSONField(default=dict)
    variation = models.JSONField(default=dict)
    # Further numbers for team consistency: skin lightness, contrast, the backdrop's corner colour.
    measures = models.JSONField(default=dict)
    seconds = models.FloatField(default=0.0)
    favourite = models.BooleanField(default=False)
    # The picture that this one is a small change of, and the change in steps (`imaging.nudge.Nudge`). It has
    # that one's rank, and shares its master.
    nudged_from = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="nudged")
    nudge_steps = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(
                fields=["shoot", "rank"],
                condition=models.Q(nudged_from=None),
                name="candidate_rank_once",
            ),
            models.UniqueConstraint(fields=["nudged_from", "nudge_steps"], name="candidate_nudge_once"),
        ]


class NudgeStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("In the studio")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Could not be made")
    UNDONE = "undone", _("Taken back")


class Nudge(TenantModel, JobRow):
    """A small change that an employee asked for in one of their pictures; that one stays as it is."""

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="nudge")
    status = models.CharField(max_length=10, choices=NudgeStatus.choices, default=NudgeStatus.QUEUED)
    # Steps asked for last, see `imaging.nudge`.
    brightness = models.SmallIntegerField(default=0)
    size = models.SmallIntegerField(default=0)
    side = models.SmallIntegerField(default=0)
    # The newest picture that came of it; that of an earlier wish until the next one is ready.
    result = models.OneToOneField(Candidate, null=True, on_delete=models.SET_NULL, related_name="+")
    # Claims that earlier wishes took.
    earlier = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(brightness__range=(-2, 2), size__range=(-2, 2), side__range=(-2, 2)),
                name="nudge_is_small",
            )
        ]
        indexes = [models.Index(fields=["status"], name="nudge_by_status")]

    @property
    def failures(self) -> int:
        """Attempts at the present wish."""
        return self.attempt - self.earlier


class HeadshotStatus(models.TextChoices):
    CHOSEN = "chosen", _("In review")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")
    SUPERSEDED = "superseded", _("Replaced")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ReturnReason(models.TextChoices):
    LIKENESS = "likeness", _("Does not look like the person")
    EXPRESSION = "expression", _("Expression")
    CLOTHES = "clothes", _("Clothes")
    QUALITY = "quality", _("Picture quality")
    CONSISTENCY = "consistency", _("Does not match the team")
    OTHER = "other", _("Other")


class Headshot(TenantModel):
    """The candidate an employee chose, and what the reviewer decided."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="headshots")
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="headshots")
    status = models.CharField(max_length=10, choices=HeadshotStatus.choices, default=HeadshotStatus.CHOSEN)
    chosen_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    return_reason = models.CharField(max_length=12, choices=ReturnReason.choices, blank=True)
    return_note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-chosen_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee"], condition=models.Q(status="chosen"), name="headshot_one_chosen"
            ),
            models.UniqueConstraint(
                fields=["employee"], condition=models.Q(status="approved"), name="headshot_one_approved"
            ),
        ]
        indexes = [models.Index(fields=["company", "status", "chosen_at"], name="headshot_by_status")]


class Rendition(TenantModel):
    """A derived file of a headshot; its key is headshot × preset × style version."""

    headshot = models.ForeignKey(Headshot, on_delete=models.CASCADE, related_name="renditions")
    preset = models.CharField(max_length=40)
    style_version = models.ForeignKey(StyleVersion, on_delete=models.PROTECT, related_name="+")
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["headshot", "preset", "style_version"], name="rendition_natural_key"
            )
        ]
