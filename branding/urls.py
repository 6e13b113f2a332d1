"""Addresses of styles, under /c/<company>/styles/."""

from django.urls import URLPattern, path

from branding import views, views_departments

style_urls: list[URLPattern] = [
    path("", views.gallery, name="list"),
    path("new/", views.new, name="new"),
    path("departments/", views_departments.departments, name="departments"),
    path("<uuid:style>/", views.edit, name="edit"),
    path("<uuid:style>/save/", views.save, name="save"),
    path("<uuid:style>/publish/", views.publish, name="publish"),
    path("<uuid:style>/versions/", views.versions, name="versions"),
    path("<uuid:style>/compare/", views.compare, name="compare"),
    path("<uuid:style>/revert/", views.revert, name="revert"),
    path("<uuid:style>/default/", views.default, name="default"),
    path("<uuid:style>/archive/", views.archive, name="archive"),
    path("<uuid:style>/restore/", views.restore, name="restore"),
]
