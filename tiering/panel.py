from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from core.accounts.permissions import may
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from customers.models import Customer
from tiering.permissions import MANAGE
from tiering.selectors import TierHistory, tier_history


@dataclass(frozen=True)
class TierPanel:
    history: TierHistory
    may_manage: bool


def load_tier_panel(customer: Customer, user: Any) -> TierPanel:
    """Return what a customer's page shows of its tiers, in two queries."""
    today = local_date(timezone.now(), current_tenant().time_zone)
    return TierPanel(history=tier_history(customer, today=today), may_manage=may(user, MANAGE))
