"""Addresses of people and company settings, and the employee's first pages."""

from django.urls import URLPattern, path

from teams.views import me, settings

# under /c/<company>/people/ (the list and the person's page are composed in portal.views_people)
people_urls: list[URLPattern] = []
# under /c/<company>/settings/
settings_urls: list[URLPattern] = [
    path("brand/", settings.brand, name="brand"),
    path("members/", settings.members, name="members"),
    path("audit/", settings.audit, name="audit"),
]
# under /c/<company>/me/<token>/
me_urls: list[URLPattern] = [
    path("", me.welcome, name="welcome"),
    path("consent/", me.consent, name="consent"),
]
