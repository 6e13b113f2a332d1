"""The only place that puts a job on a queue.

A job's arguments are ids; it is enqueued when the transaction commits. When Redis cannot be reached the
row stays queued and the reaper enqueues it again: nothing decided is lost.
"""

from functools import partial

import django_rq
import structlog
from django.db import transaction
from redis.exceptions import RedisError

log = structlog.get_logger("portal.jobs")


def enqueue(queue: str, job: str, *ids: object) -> None:
    """Put `job` (a dotted path) with `ids` on `queue` once the current transaction has committed."""
    transaction.on_commit(partial(_push, queue, job, tuple(str(value) for value in ids)))


def _push(queue: str, job: str, ids: tuple[str, ...]) -> None:
    try:
        django_rq.get_queue(queue).enqueue(job, *ids)
    except RedisError as error:
        log.warning("enqueue failed", queue=queue, job=job, ids=ids, error=str(error))


def length(queue: str) -> int:
    """Jobs that wait on a queue; none where Redis cannot be reached, as nothing can be put there either."""
    try:
        return int(django_rq.get_queue(queue).count)
    except RedisError:
        return 0
