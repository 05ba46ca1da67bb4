from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.accounts.permissions import may
from customers.follow_ups.querysets import for_list, is_open
from customers.follow_ups.words import Shown, show
from customers.models import Customer, FollowUp
from customers.permissions import FOLLOW_UPS_WORK, may_change_follow_up

SHOWN = 10


@dataclass(frozen=True)
class FollowUpPanel:
    """The next that is to be done for a customer, and with which of it the reader may take a step."""

    rows: list[Shown]
    has_more: bool
    changeable: set[UUID]
    may_work: bool


def load_follow_up_panel(customer: Customer, user: Any) -> FollowUpPanel:
    """Return what is open for a customer, what is due first at first; three queries."""
    found = for_list(is_open(FollowUp.objects.filter(customer=customer))).order_by("due_at", "id")
    rows = show(found[: SHOWN + 1])
    return FollowUpPanel(
        rows=rows[:SHOWN],
        has_more=len(rows) > SHOWN,
        changeable={each.pk for each in rows if may_change_follow_up(user, each.follow_up)},
        may_work=may(user, FOLLOW_UPS_WORK),
    )
