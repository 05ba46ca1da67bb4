"""What the demo's account manager and agent have to do: overdue, today, later, each week, and done."""

from datetime import date, datetime, timedelta

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from courier_crm.demo.stories import STORIES, number_of
from customers.enums import FollowUpKind, Priority, Recurrence
from customers.models import Customer, FollowUp
from customers.services.follow_up_steps import complete_follow_up
from customers.services.follow_ups import open_follow_up

# Of each of the courier's texts, in their order: what kind, for the customer of which story or in which place by
# contribution (None: for nobody), hours from the beginning of today, priority, whether it was promised.
PLAN = (
    (FollowUpKind.VISIT, "decline", -7, Priority.URGENT, True),
    (FollowUpKind.CALL, "trouble", 10, Priority.HIGH, True),
    (FollowUpKind.EMAIL, "growth", 15, Priority.NORMAL, True),
    (FollowUpKind.CALL, 3, 11, Priority.NORMAL, False),
    (FollowUpKind.CHECK, 60, 14, Priority.NORMAL, False),
    (FollowUpKind.MESSAGE, 90, -30, Priority.NORMAL, False),
    (FollowUpKind.OTHER, None, 17, Priority.LOW, False),
    (FollowUpKind.CALL, 5, 34, Priority.NORMAL, False),
    (FollowUpKind.VISIT, 1, 82, Priority.NORMAL, True),
)
DONE = 5
WEEKLY = 3


def make_follow_ups(courier: Courier, people: dict[Role, User], *, today: date) -> None:
    """Give both something to do: each has every text, the account manager and the agent in turn by its place."""
    end = day_start(today, courier.time_zone)
    ranked = list(Customer.objects.order_by("-contribution", "number"))
    places = {story.name: number_of(courier, index) for index, story in STORIES.items()}
    by_number = {customer.number: customer for customer in ranked}
    for at, ((kind, whose, hours, priority, promised), subject) in enumerate(
        zip(PLAN, courier.follow_ups, strict=True)
    ):
        customer = by_number.get(places[whose]) if isinstance(whose, str) else None
        if isinstance(whose, int):
            customer = ranked[whose % len(ranked)]
        for role in (Role.ACCOUNT_MANAGER, Role.AGENT) if customer is None else (_role(customer, at),):
            _make(
                end + timedelta(hours=hours),
                end,
                customer=customer,
                subject=subject,
                kind=kind,
                priority=priority,
                is_promised=promised,
                assignee=people[role],
                recurrence=Recurrence.WEEKLY if at == WEEKLY else "",
                repeats_every=2 if at == WEEKLY else 1,
                is_done=at == DONE,
            )


def _role(customer: Customer, at: int) -> Role:
    return Role.ACCOUNT_MANAGER if customer.account_manager_id and at % 3 else Role.AGENT


def _make(due_at: datetime, end: datetime, *, assignee: User, is_done: bool, **facts: object) -> FollowUp:
    opened_at = min(end, due_at) - timedelta(days=2)
    follow_up = open_follow_up(due_at=due_at, assignee=assignee, by=assignee, at=opened_at, **facts)
    if is_done:
        complete_follow_up(follow_up=follow_up, by=assignee, at=due_at - timedelta(hours=1))
    return follow_up
