"""Addresses of exports, under /c/<company>/exports/."""

from django.urls import URLPattern, path

from portal.exports import views

export_urls: list[URLPattern] = [
    path("", views.export_list, name="list"),
]
