"""Addresses of people and company settings, and the employee's first pages."""

from django.urls import URLPattern

# under /c/<company>/people/
people_urls: list[URLPattern] = []
# under /c/<company>/settings/
settings_urls: list[URLPattern] = []
# under /c/<company>/me/<token>/
me_urls: list[URLPattern] = []
