"""Addresses of people and company settings, and the employee's first pages."""

from django.urls import URLPattern, path

from teams.views import audit, brand, imports, invites, me, members, people

# under /c/<company>/people/ (the list and the person's page are composed in portal.views_people)
people_urls: list[URLPattern] = [
    path("add/", people.add, name="add"),
    path("restore/", people.restore_many, name="restore_many"),
    path("import/", imports.upload, name="import"),
    path("import/template.csv", imports.template, name="import_template"),
    path("import/<uuid:imported>/", imports.review, name="import_review"),
    path("import/<uuid:imported>/confirm/", imports.confirm, name="import_confirm"),
    path("import/<uuid:imported>/errors.csv", imports.errors, name="import_errors"),
    path("import/<uuid:imported>/discard/", imports.discard, name="import_discard"),
    path("write/", invites.compose, name="compose"),
    path("write/preview/", invites.preview, name="preview"),
    path("<uuid:employee>/edit/", people.edit, name="edit"),
    path("<uuid:employee>/archive/", people.archive, name="archive"),
    path("<uuid:employee>/restore/", people.restore, name="restore"),
    path("<uuid:employee>/resend/", invites.resend, name="resend"),
    path("<uuid:employee>/link/", invites.link, name="link"),
    path("<uuid:employee>/revoke/", invites.revoke, name="revoke"),
]
# under /c/<company>/settings/
settings_urls: list[URLPattern] = [
    path("", brand.brand, name="brand"),
    path("logo.png", brand.logo, name="logo"),
    path("members/", members.members, name="members"),
    path("members/<uuid:member>/role/", members.role, name="member_role"),
    path("members/<uuid:member>/remove/", members.remove, name="member_remove"),
    path("members/<uuid:member>/remind/", members.remind, name="member_remind"),
    path("audit/", audit.audit, name="audit"),
    path("audit/log.csv", audit.audit_csv, name="audit_csv"),
]
# under /c/<company>/me/<token>/
me_urls: list[URLPattern] = [
    path("", me.welcome, name="welcome"),
    path("consent/", me.consent, name="consent"),
]
