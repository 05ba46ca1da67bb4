"""Celery's application, and the whole schedule of the product.

Due work is rows in the database. The entries here wake whoever looks for them, so a lost message costs until the
next one, and two beats do nothing twice.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")

SCHEDULE = {
    "sweep due work": {
        "task": "core.jobs.tasks.sweep_due_work_task",
        "schedule": 60.0,
        # A wake-up that nobody took in time is worthless: the next one is here.
        "options": {"queue": "default", "expires": 55},
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
