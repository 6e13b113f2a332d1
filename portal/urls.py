"""Every address of the portal. Company pages stand under /c/<company>/."""

from django.urls import URLPattern, URLResolver, include, path

from branding import urls as branding
from generation import urls as generation
from portal import dashboard, views, views_operator, views_people
from portal.exports import urls as exports
from teams import urls as teams

# The list and the person's page join the roster with what the studio made.
people_urls: list[URLPattern | URLResolver] = [
    path("", views_people.people_list, name="list"),
    path("bulk/", views_people.bulk, name="bulk"),
    path("remind/", views_people.remind, name="remind"),
    path("<uuid:employee>/", views_people.person, name="person"),
    *teams.people_urls,
]

settings_urls: list[URLPattern | URLResolver] = [*teams.settings_urls, *generation.settings_urls]

company_urls: list[URLPattern | URLResolver] = [
    path("", dashboard.dashboard, name="dashboard"),
    path("theme.css", views.theme, name="theme"),
    path("people/", include((people_urls, "people"))),
    path("settings/", include((settings_urls, "settings"))),
    path("styles/", include((branding.style_urls, "styles"))),
    path("styles/", include((generation.preview_urls, "previews"))),
    path("styles/", include((generation.material_urls, "materials"))),
    path("review/", include((generation.review_urls, "review"))),
    path("library/", include((generation.library_urls, "library"))),
    path("media/", include((generation.media_urls, "media"))),
    path("exports/", include((exports.export_urls, "exports"))),
    path("me/<str:token>/", include((teams.me_urls, "me"))),
    path("me/<str:token>/", include((generation.studio_urls, "studio"))),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("operator/models/", views_operator.models, name="operator_models"),
    path("operator/queue/", views_operator.queue, name="operator_queue"),
    path("accounts/", include("allauth.urls")),
    path("c/<slug:company>/", include(company_urls)),
]

handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"
