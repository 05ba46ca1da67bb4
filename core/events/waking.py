"""Waking a worker for events, after the commit; Redis away is only a delay."""

import time
import uuid
from dataclasses import dataclass

import structlog
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from core.events.registry import is_received
from core.tenancy.scope import required_tenant_id

# The sweeper finds by then what a wake-up that nobody took was about.
WAKE_UP_SECONDS = 60
REST_SECONDS = 10.0
_resting_until = 0.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class WakeUp:
    """One call to the workers of a tenant; equal ones of a transaction are one."""

    tenant_id: uuid.UUID

    def __call__(self) -> None:
        """Tell Celery; after a failure rest a while, so that not every request waits for a Redis that is away."""
        global _resting_until  # noqa: PLW0603  one for the process
        from core.events.tasks import deliver_events_task  # noqa: PLC0415  the task is an interface to this module

        if time.monotonic() < _resting_until:
            return
        try:
            deliver_events_task.apply_async(
                kwargs={"tenant_id": str(self.tenant_id)}, expires=WAKE_UP_SECONDS, retry=False
            )
        except OperationalError:
            _resting_until = time.monotonic() + REST_SECONDS
            log.warning("events.worker_not_woken")


def wake_for(*names: str) -> None:
    """Wake a worker once after the commit, if anybody receives one of the named events."""
    if not any(is_received(name) for name in names):
        return
    wake_up = WakeUp(required_tenant_id())
    if all(waiting != wake_up for _savepoints, waiting, _robust in connection.run_on_commit):
        transaction.on_commit(wake_up)
