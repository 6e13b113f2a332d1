"""The generation app."""

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        """Tell imaging, which reads no settings, where the models are and who judges likeness."""
        from django.conf import settings

        from generation.imaging.models.configured import Configuration, configure
        from generation.imaging.models.store import ModelStore

        store = ModelStore(
            settings.MODELS_DIR,
            allow_noncommercial=settings.MODELS_ALLOW_NONCOMMERCIAL,
            offline=settings.MODELS_OFFLINE,
        )
        configure(Configuration(store, tuple(settings.IDENTITY_ENCODERS)))
