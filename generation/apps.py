"""The generation app."""

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from generation.imaging.engines.runtime import RuntimeOptions


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        """Tell imaging, which reads no settings and knows no storage, where the models are, who judges
        likeness, how a device is used and where the files of a look come from."""
        from django.conf import settings

        from branding import engines as choice
        from branding.materials import content
        from generation.imaging import materials
        from generation.imaging.engines import runtime
        from generation.imaging.models.configured import Configuration, configure
        from generation.imaging.models.store import ModelStore
        from generation.services.engines import for_styles

        store = ModelStore(
            settings.MODELS_DIR,
            allow_noncommercial=settings.MODELS_ALLOW_NONCOMMERCIAL,
            offline=settings.MODELS_OFFLINE,
        )
        choice.offer_by(for_styles)
        judges = tuple(settings.IDENTITY_ENCODERS)
        configure(Configuration(store, judges, settings.MATTE_MODEL, settings.UPSCALE_MODEL))
        runtime.configure(runtime_options())
        materials.load_with(content)


def runtime_options() -> "RuntimeOptions":
    """How the operator wants the engines that generate to use the device."""
    from django.conf import settings as django_settings

    from generation.imaging.engines.runtime import STEP_LIMIT_S, RuntimeOptions
    from generation.imaging.engines.tuning import Tuning

    # Words that `portal.settings` has checked.
    settings: Any = django_settings
    return RuntimeOptions(
        dtype=settings.GPU_DTYPE,
        offload=settings.GPU_OFFLOAD,
        tuning=Tuning(
            channels_last=settings.GPU_CHANNELS_LAST,
            attention=settings.GPU_ATTENTION,
            compile=settings.GPU_COMPILE,
            cache=settings.GPU_CACHE,
        ),
        step_limit_s=settings.STEP_TIMEOUT_S or STEP_LIMIT_S,
        batch=settings.GPU_BATCH,
    )
