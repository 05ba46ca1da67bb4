"""An event of the tests, its receivers, and what became of it."""

from core.accounts.models import Department, Team
from core.events.dispatching import work_off
from core.events.models import EventDelivery
from core.events.services import publish_many
from core.tenancy.ids import uuid7

EVENT, UNRECEIVED = "test.happened", "test.unheard"


def make_department(*, event, at):
    """Make a department a delivery; its name is not unique over deliveries, so a second one would be seen."""
    Department.objects.create(name=f"{event.payload['number']} {uuid7()}")


def object_to_odd_ones(*, event, at):
    """Make a team, then fail where told to."""
    Team.objects.create(name=f"{event.payload['number']} {uuid7()}")
    if event.payload["number"] in {3, 7}:
        raise RuntimeError("in the middle")


def tell(*numbers, at, name=EVENT):
    publish_many(name, [(uuid7(), {"number": number}) for number in numbers], at=at)


def work(tenant, at):
    work_off(tenant_id=tenant.pk, now=lambda: at)


def states():
    return sorted(EventDelivery.objects.values_list("event__payload__number", "receiver", "state", "attempts", "error"))
