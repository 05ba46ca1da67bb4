"""What tiering declares: actions in the audit trail, what its fields hold of a person, and events."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.enums import Tier
from customers.querysets import selves
from customers.relations import Relation
from tiering.enums import MoveReason
from tiering.models import SegmentChange, TierChange, TierOverride, TrialMove
from tiering.querysets import both_set_by_hand
from tiering.rules import LABELS, TEAMS
from tiering.services.telling import tell_merged_tier
from tiering.turns import wait_for_turn

actions.declare("tier.set", _("Tier set by hand"))
actions.declare("tier.released", _("Tier no longer set by hand"))
actions.declare("tier.asked", _("Tier by hand asked for"))
actions.declare("tier.declined", _("Tier by hand declined"))
actions.declare("tier_policy.written", _("Draft of a tier policy written"))
actions.declare("tier_policy.submitted", _("Tier policy sent for approval"))
actions.declare("tier_policy.approved", _("Tier policy approved"))
actions.declare("tier_policy.declined", _("Tier policy declined"))
actions.declare("tier_policy.withdrawn", _("Tier policy withdrawn"))
actions.declare("tier_policy.overtaken", _("Tier policy overtaken by another"))
actions.declare("tier.teams_set", _("Teams that serve tiers set"))
actions.declare_fields(**TEAMS)
actions.declare_fields(tier=_("Tier"), version=_("Version"), expires_on=_("Last day"), **LABELS)
actions.declare_values("tier", lambda: dict(Tier.choices))

classify(
    "tiering.TierPolicy",
    business="""version mode window_days vip_percent mid_percent vip_monthly mid_monthly weight_amount weight_frequency
        weight_tenure demotion_runs created_by created_at replaces state vip_head_start mid_head_start low_head_start
        head_start_cost vip_manager mid_manager low_manager manager_cost vip_rebate mid_rebate low_rebate submitted_at
        approved_by approved_at closed_by closed_at closed_reason vip_self_service mid_self_service low_self_service""",
)
classify("tiering.PolicyTrial", business="policy as_of ranked moved tiers flows made_at")
classify(
    "tiering.TrialMove",
    business="trial place customer from_tier to_tier rank contribution shipment_count",
)
classify("tiering.TierTeam", business="tier team")
classify(
    "tiering.TierOverride",
    business="""customer tier reason asked_by created_at approved_by approved_at refusal expires_on end_requested_at
        ended_by ended_at""",
)
classify(
    "tiering.TierChange",
    business="""customer from_tier to_tier reason as_of window_days policy_version rank ranked contribution
        shipment_count changed_at""",
)
classify(
    "tiering.SegmentChange",
    business="""customer from_segment to_segment as_of shipment_count silent_days months_shipped months_known
        changed_at""",
)

relations.register(
    "segment_changes",
    Relation(
        label=_("Moves between segments"),
        model=SegmentChange,
        rows=lambda customer: SegmentChange.objects.filter(customer__in=selves(customer)),
        stays=_("They tell what one customer was by what it had sent then."),
        goes_along=Q(),
    ),
)
relations.register(
    "trial_moves",
    Relation(
        label=_("Moves that a trial of a tier policy found"),
        model=TrialMove,
        rows=lambda customer: TrialMove.objects.filter(customer__in=selves(customer)),
        stays=_("They tell where one customer would have been ranked by what it had sent then."),
        goes_along=Q(),
    ),
)
relations.register(
    "tier_changes",
    Relation(
        label=_("Moves between tiers"),
        model=TierChange,
        rows=lambda customer: TierChange.objects.filter(customer__in=selves(customer)),
        stays=_("They tell how one customer was ranked by what it had sent then."),
        tell=tell_merged_tier,
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

OF_POLICY = {
    "version": registry.whole_number("the version of the policy"),
    "replaces": registry.whole_number("the version it was written against"),
}
registry.declare(
    "tier_policy.submitted",
    version=1,
    subject="the version of the tier policy",
    payload=OF_POLICY,
    doc="A version of the tier policy waits for approval.",
)
registry.declare(
    "tier_policy.approved",
    version=1,
    subject="the version of the tier policy",
    payload=OF_POLICY,
    doc="A version of the tier policy was approved, and is in force from the next evaluation on.",
)
registry.declare(
    "tier_policy.declined",
    version=1,
    subject="the version of the tier policy",
    payload=OF_POLICY,
    doc="A version of the tier policy that waited for approval was declined.",
)
registry.declare(
    "tier_override.asked",
    version=1,
    subject="the tier set by hand",
    payload={
        "customer_id": registry.record_id("the customer"),
        "tier": registry.text("the tier that is asked for", values=Tier.values),
    },
    doc="Somebody asks that a customer's tier be set by hand.",
)
registry.declare(
    "tiers.managers_missing",
    version=1,
    subject="the tier policy in force",
    payload={"customers": registry.whole_number("how many customers")},
    doc="Customers whose tier gives them an account manager have none, and there are others than the night before.",
)
