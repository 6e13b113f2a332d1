"""Addresses of styles, under /c/<company>/styles/."""

from django.urls import URLPattern, path

from branding import views

style_urls: list[URLPattern] = [
    path("", views.gallery, name="list"),
]
