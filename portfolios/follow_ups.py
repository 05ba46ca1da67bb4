"""What is to be done about customers that will return to the pool."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.events.models import OutboxEvent
from customers.enums import FollowUpKind, FollowUpState, Priority
from customers.follow_ups.rules import Rule, Wanted
from customers.models import Customer, FollowUp
from customers.services.follow_up_steps import cancel_follow_up
from portfolios.words import say_return


def cause_of(customer_id: object) -> str:
    return f"return:{customer_id}"


def wanted_for_return(event: OutboxEvent, at: datetime) -> Wanted | None:
    """Ask whoever looks after the customer to speak with it, where they still do."""
    manager = event.payload["manager_id"]
    customer = Customer.objects.filter(pk=event.subject_id, account_manager=manager).first()
    if customer is None:
        return None
    return Wanted(customer=customer, cause=cause_of(customer.pk), parameters={"due_on": event.payload["due_on"]})


def withdraw_return(*, event: OutboxEvent, at: datetime) -> None:
    """Cancel what was asked for before a handover: who looks after the customer now has all the time again."""
    asked = FollowUp.objects.filter(cause=cause_of(event.subject_id), state=FollowUpState.OPEN).first()
    if asked is not None:
        cancel_follow_up(follow_up=asked, by=None, at=at)


RETURN_DUE = Rule(
    code="return_due",
    label=_("A customer returns to the pool soon"),
    event="customer.return_due",
    wanted=wanted_for_return,
    say=say_return,
    hours=27,
    kind=FollowUpKind.CALL,
    priority=Priority.HIGH,
)
