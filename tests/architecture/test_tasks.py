"""Every task of Celery: its queue, its name, and the tenant it works for."""

import inspect
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from courier_crm.celery import app

QUEUES = {"critical", "messages", "default", "bulk"}
# Tasks that look for due work of all tenants and open the scope of each.
OF_ALL_TENANTS = {
    "core.jobs.tasks.sweep_due_work_task",
    "core.audit.tasks.seal_events_task",
    "core.events.tasks.sweep_events_task",
    "core.web.tasks.sweep_notice_mail_task",
    "customers.tasks.match_customers_task",
    "customers.tasks.judge_customers_task",
    "customers.tasks.rank_tokens_task",
    "customers.tasks.escalate_follow_ups_task",
    "shipments.tasks.watch_shipments_task",
    "service_requests.tasks.watch_requests_task",
}


def own_tasks() -> dict[str, Any]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def faults(name: str, task: Any, routes: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What is wrong with one task, in words."""
    found = []
    if routes.get(name, {}).get("queue") not in QUEUES:
        found.append("no queue in CELERY_TASK_ROUTES")
    if not name.endswith("_task"):
        found.append("its name does not end in _task")
    parameters = inspect.signature(task.run).parameters
    if any(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in parameters.values()):
        found.append("a parameter that is not keyword-only")
    if name not in OF_ALL_TENANTS and "tenant_id" not in parameters:
        found.append("no tenant_id")
    return found


def test_every_task_has_queue_name_and_tenant():
    wrong = {name: faults(name, task, settings.CELERY_TASK_ROUTES) for name, task in own_tasks().items()}

    assert {name: each for name, each in wrong.items() if each} == {}


def test_no_route_or_exception_is_stale():
    assert set(settings.CELERY_TASK_ROUTES) == set(own_tasks())
    assert set(own_tasks()) >= OF_ALL_TENANTS


def test_the_guard_finds_a_bad_task():
    class Bad:
        @staticmethod
        def run(customer_id):
            return customer_id

    assert len(faults("customers.tasks.do_it", Bad, {})) == 4
