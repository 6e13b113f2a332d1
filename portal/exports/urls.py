"""Addresses of exports, under /c/<company>/exports/."""

from django.urls import URLPattern, path

from portal.exports import views

export_urls: list[URLPattern] = [
    path("", views.export_list, name="list"),
    path("new/", views.new, name="new"),
    path("new/preview/", views.preview, name="preview"),
    path("<uuid:export>/", views.show, name="show"),
    path("<uuid:export>/retry/", views.retry, name="retry"),
    path("<uuid:export>/download/", views.download, name="download"),
]
