from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from core.accounts.permissions import may
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from core.web.record_pages import Text
from customers.enums import Tier
from customers.models import Customer
from customers.permissions import LOG
from tiering.entitlements import Entitled, entitled
from tiering.models import SegmentChange
from tiering.permissions import APPROVE, ASK, MANAGE
from tiering.segments import NO_RULE, RULES
from tiering.selectors import TierHistory, tier_history
from tiering.services import current_policy

SEGMENTS_SHOWN = 5


@dataclass(frozen=True)
class TierPanel:
    history: TierHistory
    gets: Entitled
    lacks_manager: bool
    segment_rule: Text
    segments: list[SegmentChange]
    tracking_url: str
    may_note: bool
    may_ask: bool
    may_manage: bool
    may_approve: bool
    is_asker: bool


def load_tier_panel(customer: Customer, user: Any) -> TierPanel:
    """Return what a customer's page shows of its tiers, its segments and what it is entitled to, in four queries."""
    today = local_date(timezone.now(), current_tenant().time_zone)
    history = tier_history(customer, today=today)
    gets = entitled(current_policy(), customer.tier)
    rules = {rule.segment: rule.words for rule in RULES}
    is_asker = history.asked is not None and history.asked.asked_by_id == user.pk
    return TierPanel(
        history=history,
        gets=gets,
        lacks_manager=gets.has_manager and customer.account_manager_id is None,
        segment_rule=rules.get(customer.segment, NO_RULE) if customer.tier in (Tier.LOW, None) else "",
        segments=list(SegmentChange.objects.filter(customer=customer).order_by("-changed_at", "-id")[:SEGMENTS_SHOWN]),
        tracking_url=reverse("shipments:track", args=[current_tenant().slug]),
        may_note=may(user, LOG),
        may_ask=may(user, ASK),
        may_manage=may(user, MANAGE),
        may_approve=may(user, APPROVE) and not is_asker,
        is_asker=is_asker,
    )
