"""The default engine: the person's own best photos, every pixel of the face real."""

from collections.abc import Iterator

from branding.look import Look
from generation.imaging.engines.base import Portrait, Sitting
from generation.imaging.types import Gallery, Progress


class Studio:
    """Hands on the gallery's photos in their order, which is best first."""

    name = "studio"
    version = "2"

    def photograph(
        self, gallery: Gallery, look: Look, *, sitting: Sitting, seed: int, count: int, progress: Progress
    ) -> Iterator[Portrait]:
        """All of the gallery's photos: where one may not be shown the next is asked for. Nothing else changes
        anything: photos are as they are."""
        del look, sitting, seed
        for index, photo in enumerate(gallery.photos):
            progress("choose", min(1.0, index / max(1, count)))
            yield Portrait(photo, "retouched", {"photo": photo.name})
