"""What tiering declares: actions in the audit trail, what its fields hold of a person, and events."""

from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.enums import Tier
from customers.querysets import selves
from customers.relations import Relation
from tiering.enums import MoveReason
from tiering.models import TierChange, TierOverride
from tiering.querysets import both_set_by_hand
from tiering.rules import LABELS
from tiering.turns import wait_for_turn

actions.declare("tier.set", _("Tier set by hand"))
actions.declare("tier.released", _("Tier no longer set by hand"))
actions.declare("tier_policy.changed", _("Tier policy changed"))
actions.declare_fields(tier=_("Tier"), version=_("Version"), expires_on=_("Last day"), **LABELS)
actions.declare_values("tier", lambda: dict(Tier.choices))

classify(
    "tiering.TierPolicy",
    business="""version mode window_days vip_percent mid_percent vip_monthly mid_monthly weight_amount weight_frequency
        weight_tenure demotion_runs created_by created_at""",
)
classify(
    "tiering.TierOverride",
    business="customer tier reason approved_by created_at expires_on end_requested_at ended_by ended_at",
)
classify(
    "tiering.TierChange",
    business="""customer from_tier to_tier reason as_of window_days policy_version rank ranked contribution
        shipment_count changed_at""",
)

relations.register(
    "tier_changes",
    Relation(
        label=_("Moves between tiers"),
        model=TierChange,
        rows=lambda customer: TierChange.objects.filter(customer__in=selves(customer)),
        stays=_("They tell how one customer was ranked by what it had sent then."),
    ),
)
relations.register(
    "tier_overrides",
    Relation(
        label=_("Tiers set by hand"),
        model=TierOverride,
        rows=lambda customer: customer.tier_overrides.all(),
        moves="customer",
        clashes=both_set_by_hand,
        wait=wait_for_turn,
    ),
)

registry.declare(
    "customer.tier_changed",
    version=1,
    subject="the customer",
    payload={
        "number": registry.text("the customer's number"),
        "from": registry.text("the tier before, null when there was none", values=Tier.values, is_nullable=True),
        "to": registry.text("the tier now, null when no shipment is left", values=Tier.values, is_nullable=True),
        "reason": registry.text("what moved the customer", values=MoveReason.values),
        "as_of": registry.day("the last date that counted"),
    },
    doc="A customer moved from one tier to another, or got the first one.",
)
