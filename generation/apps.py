"""The generation app."""

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        """Tell imaging, which reads no settings and knows no storage, where the models are, who judges
        likeness and where the files of a look come from."""
        from django.conf import settings

        from branding import engines as choice
        from branding.materials import content
        from generation.imaging import materials
        from generation.imaging.models.configured import Configuration, configure
        from generation.imaging.models.store import ModelStore
        from generation.services.engines import for_styles

        store = ModelStore(
            settings.MODELS_DIR,
            allow_noncommercial=settings.MODELS_ALLOW_NONCOMMERCIAL,
            offline=settings.MODELS_OFFLINE,
        )
        choice.offer_by(for_styles)
        configure(Configuration(store, tuple(settings.IDENTITY_ENCODERS)))
        materials.load_with(content)
