"""Service plans for tests."""

from datetime import date

from service_plans.models import ServicePlan
from service_plans.services import add_item, approve_plan, create_plan, propose_plan

PUNCTUAL = {"kind": "product", "text": "Next day, always.", "product": "express", "target_percent": 90}
PRICE = {"kind": "price", "text": "8.50 for the first kilogram."}


def make_draft(customer, *, by, at, items=(PUNCTUAL, PRICE), starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31)):
    plan = create_plan(customer=customer, starts_on=starts_on, ends_on=ends_on, by=by, at=at)
    for facts in items:
        add_item(plan=plan, facts=facts, by=by, at=at)
    return ServicePlan.objects.get(pk=plan.pk)


def make_approved(customer, *, by, approver, at, **facts):
    plan = make_draft(customer, by=by, at=at, **facts)
    propose_plan(plan=plan, by=by, at=at)
    return approve_plan(plan=plan, by=approver, at=at)
