"""Styles, their frozen versions, and the files that looks refer to."""

from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from branding.look import Look
from teams.models import Department, TenantModel, User


class Style(TenantModel):
    """A brand's look while it is worked on. `draft` is a Look as JSON; publishing freezes it."""

    name = models.CharField(_("name"), max_length=80)
    draft = models.JSONField()
    # The style that new shoots use; exactly one published style of a company may be it.
    is_default = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "company", Lower("name"), condition=models.Q(archived_at=None), name="style_name_once"
            ),
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(is_default=True), name="style_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def draft_look(self) -> Look:
        """The draft as a validated value."""
        return Look.model_validate(self.draft)


class StyleVersion(TenantModel):
    """A published look. Never changed, so that a shoot can be repeated."""

    style = models.ForeignKey(Style, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    data = models.JSONField()
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["style", "number"], name="style_version_once")]

    def __str__(self) -> str:
        return f"{self.style.name} v{self.number}"

    @property
    def look(self) -> Look:
        """The frozen look."""
        return Look.model_validate(self.data)


class DepartmentStyle(TenantModel):
    """The style that one department's people are photographed in, instead of the company's default.

    Only `selectors.version_for` decides with it. A department without a row has the default.
    """

    department = models.OneToOneField(Department, on_delete=models.CASCADE, related_name="+")
    style = models.ForeignKey(Style, on_delete=models.PROTECT, related_name="departments")

    def __str__(self) -> str:
        return f"{self.department.name}: {self.style.name}"


class Material(TenantModel):
    """An uploaded file that looks name by its content. Never rewritten, and kept while a look uses it."""

    name = models.CharField(max_length=80)
    # sha256 of the stored file; what a Look says.
    key = models.CharField(max_length=64)
    # Key in the `brand` storage.
    file = models.CharField(max_length=200)
    size_bytes = models.PositiveBigIntegerField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name


class Picture(Material):
    """An uploaded picture, with a small copy to choose it by."""

    thumbnail = models.CharField(max_length=200)
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()

    class Meta(Material.Meta):
        abstract = True


class Backdrop(Picture):
    """A picture of a room: what `look.backdrop.image` names."""

    class Meta(Picture.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["company", "key"], name="backdrop_once")]


class Reference(Picture):
    """A picture whose colour and light are wanted: what `look.engine_options.references` names."""

    class Meta(Picture.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["company", "key"], name="reference_once")]


class ColorTable(Material):
    """A `.cube` colour table: what `look.grade.lut` names."""

    points = models.PositiveIntegerField()
    is_3d = models.BooleanField()

    class Meta(Material.Meta):
        constraints = [models.UniqueConstraint(fields=["company", "key"], name="color_table_once")]
