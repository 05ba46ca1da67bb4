"""Celery's application, and the whole schedule of the product.

Due work is rows in the database. The entries here wake whoever looks for them, so a lost message costs until the
next one, and two beats do nothing twice.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_shutting_down
from django.core.exceptions import ImproperlyConfigured

from core.jobs.stopping import ask_to_stop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")

SCHEDULE = {
    "sweep due work": {
        "task": "core.jobs.tasks.sweep_due_work_task",
        "schedule": 60.0,
        # A wake-up that nobody took in time is worthless: the next one is here.
        "options": {"queue": "default", "expires": 55},
    },
    "sweep events": {
        "task": "core.events.tasks.sweep_events_task",
        "schedule": 10.0,
        "options": {"queue": "default", "expires": 10},
    },
    "sweep mail of notices": {
        "task": "core.web.tasks.sweep_notice_mail_task",
        "schedule": 60.0,
        "options": {"queue": "default", "expires": 55},
    },
    "rank search tokens": {
        "task": "customers.tasks.rank_tokens_task",
        "schedule": 60.0,
        "options": {"queue": "bulk", "expires": 55},
    },
    "find duplicate customers": {
        "task": "customers.tasks.match_customers_task",
        "schedule": 120.0,
        "options": {"queue": "bulk", "expires": 115},
    },
    "judge customers that changed": {
        "task": "customers.tasks.judge_customers_task",
        "schedule": 20.0,
        "options": {"queue": "bulk", "expires": 18},
    },
    "escalate follow-ups": {
        "task": "customers.tasks.escalate_follow_ups_task",
        "schedule": 600.0,
        "options": {"queue": "default", "expires": 590},
    },
    "find late and silent shipments": {
        "task": "shipments.tasks.watch_shipments_task",
        "schedule": 300.0,
        "options": {"queue": "default", "expires": 290},
    },
    "watch deadlines of service requests": {
        "task": "service_requests.tasks.watch_requests_task",
        "schedule": 300.0,
        "options": {"queue": "default", "expires": 290},
    },
    "seal the audit trail": {
        "task": "core.audit.tasks.seal_events_task",
        "schedule": 5.0,
        "options": {"queue": "default", "expires": 5},
    },
}

app = Celery("courier_crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def refuse_wrong_master_key(**kwargs: Any) -> None:
    """Let no worker start by a master key that does not open the tenants' keys."""
    from core.crypto.checks import refuse_wrong_master_key  # noqa: PLC0415  only now may models be imported

    try:
        refuse_wrong_master_key()
    except ImproperlyConfigured as error:
        # Celery logs the exceptions of its signals and goes on.
        raise SystemExit(str(error)) from error


@worker_shutting_down.connect
def give_work_back(**kwargs: Any) -> None:
    """Have the pool's processes end what they are at and give back the rest, however long it is."""
    ask_to_stop()
