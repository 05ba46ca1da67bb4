"""What a customer's page shows of its stages and of how it was won."""

from dataclasses import dataclass
from typing import Any

from core.accounts.permissions import may
from customers.models import Customer
from lifecycle.models import Lead, StageChange
from lifecycle.moves import reachable_by_hand
from lifecycle.permissions import LEADS_VIEW, MOVE
from lifecycle.querysets import changes_of, newest_lead_of


@dataclass(frozen=True)
class StagePanel:
    changes: list[StageChange]
    lead: Lead | None
    may_move: bool


def load_stage_panel(customer: Customer, user: Any) -> StagePanel:
    """Return the moves of a customer and its newest lead, in two queries."""
    return StagePanel(
        changes=changes_of(customer),
        lead=newest_lead_of(customer) if may(user, LEADS_VIEW) else None,
        may_move=may(user, MOVE) and bool(reachable_by_hand(customer.stage)),
    )
