"""Addresses of pictures: the employee's studio, review, library, media, style previews."""

from django.urls import URLPattern, path

from generation.views import engines, forget, library, materials, media, picks, preview, review, studio

# under /c/<company>/me/<token>/
studio_urls: list[URLPattern] = [
    path("studio/", studio.here, name="here"),
    path("photos/", studio.photos, name="photos"),
    path("photos/list/", studio.photo_list, name="photo_list"),
    path("photos/upload/<uuid:key>/", studio.upload, name="upload"),
    path("photos/upload/<uuid:key>/drop/", studio.drop_upload, name="drop_upload"),
    path("photos/<uuid:photo>/remove/", studio.remove_photo, name="remove_photo"),
    path("making/start/", studio.start, name="start"),
    path("making/", studio.making, name="making"),
    path("making/cancel/", studio.cancel, name="cancel"),
    path("generated/", engines.generated, name="generated"),
    path("choose/", studio.choose, name="choose"),
    path("choose/none/", studio.none_of_these, name="none_of_these"),
    path("choose/<uuid:candidate>/", picks.pick, name="pick"),
    path("choose/<uuid:candidate>/adjust/", picks.adjust, name="adjust"),
    path("choose/<uuid:candidate>/adjust/undo/", picks.undo_adjust, name="undo_adjust"),
    path("choose/<uuid:candidate>/favourite/", studio.favourite, name="favourite"),
    path("done/", studio.done, name="done"),
    path("done/download/<slug:preset>/", studio.download, name="download"),
    path("forget/", forget.forget, name="forget"),
    path("forget/receipt/<str:number>/", forget.receipt, name="receipt"),
    path("pictures/photo/<uuid:photo>/<str:kind>/", media.own_photo, name="photo"),
    path("pictures/candidate/<uuid:candidate>/<str:kind>/", media.own_candidate, name="candidate"),
]
# under /c/<company>/review/
review_urls: list[URLPattern] = [
    path("", review.queue, name="queue"),
    path("wall/", review.wall, name="wall"),
    path("bulk/", review.bulk, name="bulk"),
    path("undo/", review.undo, name="undo"),
    path("<uuid:headshot>/", review.person, name="person"),
    path("<uuid:headshot>/approve/", review.approve, name="approve"),
    path("<uuid:headshot>/return/", review.send_back, name="send_back"),
]
# under /c/<company>/library/
library_urls: list[URLPattern] = [
    path("", library.library, name="list"),
    path("<uuid:headshot>/", library.show, name="show"),
    path("<uuid:headshot>/<slug:preset>/", library.download, name="download"),
]
# under /c/<company>/settings/
settings_urls: list[URLPattern] = [path("engines/", engines.engines, name="engines")]
# under /c/<company>/media/
media_urls: list[URLPattern] = [
    path("photo/<uuid:photo>/<str:kind>/", media.photo, name="photo"),
    path("candidate/<uuid:candidate>/<str:kind>/", media.candidate, name="candidate"),
    path("headshot/<uuid:headshot>/<str:kind>/", media.headshot, name="headshot"),
]
# under /c/<company>/styles/
preview_urls: list[URLPattern] = [
    path("preview/people/", preview.people, name="people"),
    path("preview/words/", preview.words, name="words"),
    path("preview/<str:who>/", preview.picture, name="picture"),
    path("preview/<str:who>/before/", preview.before, name="before"),
]
# under /c/<company>/styles/
material_urls: list[URLPattern] = [
    path("backdrops/", materials.upload_backdrop, name="upload_backdrop"),
    path("backdrops/<uuid:backdrop>/", materials.thumbnail, name="thumbnail"),
    path("backdrops/<uuid:backdrop>/delete/", materials.delete_backdrop, name="delete_backdrop"),
    path("references/", materials.upload_reference, name="upload_reference"),
    path("references/<uuid:reference>/", materials.reference_thumbnail, name="reference_thumbnail"),
    path("references/<uuid:reference>/delete/", materials.delete_reference, name="delete_reference"),
    path("tables/", materials.upload_table, name="upload_table"),
    path("tables/<uuid:table>/delete/", materials.delete_table, name="delete_table"),
]
