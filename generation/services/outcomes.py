"""How a shoot ends that did not succeed: tried again, or given up with a mail that says so."""

from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction

from generation import transitions
from generation.imaging.errors import EngineError
from generation.models import Shoot
from generation.services import announcements

log = structlog.get_logger("generation.outcomes")


# What somebody must put right on the machine first: a model, a package, a larger card. Nobody should wait
# through three further attempts for that, while the studio could make the picture at once.
_FOR_THE_OPERATOR: Final = frozenset(
    [
        "unknown_engine",
        "engine_not_installed",
        "package_missing",
        "diffusion_missing",
        "gpu_absent",
        "gpu_too_small",
        "memory_short",
        "attention_backend",
        "weights_unreadable",
        "weights_mismatch",
        "licences_damaged",
        "no_encoder",
        "no_independent_judge",
        "model_unknown",
        "model_missing",
        "model_role",
        "model_changed",
        "model_incomplete",
        "model_licence",
        "model_not_accepted",
        "model_unsafe",
        "model_table_invalid",
    ]
)


def failed(shoot: Shoot, kind: str, code: str, data: dict[str, Any]) -> None:
    """Final. Raises TransitionRefused when the shoot has moved on."""
    # Outcome and mail together: a worker killed between them would leave the person waiting.
    with transaction.atomic():
        transitions.shoot_failed(shoot, kind, code, data)
        announcements.shoot_failed(shoot)


def failed_by_us(shoot: Shoot, error: EngineError) -> None:
    """Try again with back-off; give up after the last attempt, or at once where trying again cannot help.
    Raises TransitionRefused when the shoot has moved on."""
    hopeless = not error.retryable or error.code in _FOR_THE_OPERATOR
    if hopeless:
        log.error("engine cannot work", engine=shoot.engine, code=error.code, **error.data)
    if not hopeless and shoot.failures < settings.MAX_ATTEMPTS:
        transitions.shoot_requeued(shoot, error.code)
    else:
        failed(shoot, "engine", error.code, error.data)


def lost(shoot: Shoot) -> None:
    """Its worker died: tried again at once. Raises TransitionRefused when the shoot has moved on."""
    log.warning("worker lost", shoot=str(shoot.pk), worker=shoot.worker, attempt=shoot.attempt)
    if shoot.failures < settings.MAX_ATTEMPTS:
        transitions.shoot_requeued(shoot, "worker_lost", delay=False)
    else:
        failed(shoot, "engine", "worker_lost", {})
