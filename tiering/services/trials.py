from datetime import datetime

from django.db import transaction

from core.tenancy.fields import to_minor
from tiering.entitlements import costs
from tiering.models import PolicyTrial, TierPolicy, TrialMove
from tiering.services.evaluation import Evaluation, evaluate_tiers, last_whole_day
from tiering.services.policies import current_policy

# So many moves are kept by name; a file tells of all.
MOST_KEPT = 1000


@transaction.atomic
def try_policy(*, policy: TierPolicy, at: datetime) -> PolicyTrial | None:
    """Find what a version would do as of yesterday, and keep it in place of what was found before.

    None where it was decided on, or its rules written anew, meanwhile. Raises TierPolicy.DoesNotExist.
    """
    policy = TierPolicy.objects.get(pk=policy.pk)
    evaluation = evaluate_tiers(as_of=last_whole_day(at=at), draft=policy, dry_run=True, at=at)
    # Held only now: whoever writes the policy need not wait for the figures.
    stored = TierPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
    if not stored.is_open or stored.created_at != policy.created_at:
        return None
    PolicyTrial.objects.filter(policy=policy).delete()
    trial = PolicyTrial.objects.create(
        policy=policy,
        as_of=evaluation.as_of,
        ranked=evaluation.ranked,
        moved=len(evaluation.moves),
        tiers=_tiers(policy, evaluation),
        flows=evaluation.flows,
        made_at=at,
    )
    TrialMove.objects.bulk_create(
        TrialMove(
            trial=trial,
            place=place,
            customer_id=move.customer_id,
            from_tier=move.from_tier,
            to_tier=move.to_tier,
            rank=move.rank,
            contribution=move.contribution,
            shipment_count=move.shipment_count,
        )
        for place, move in enumerate(evaluation.weightiest_moves(MOST_KEPT), start=1)
    )
    return trial


def _tiers(policy: TierPolicy, evaluation: Evaluation) -> dict[str, dict[str, int]]:
    found = costs(
        current_policy(),
        policy,
        before=evaluation.before,
        after=evaluation.after,
        window_days=evaluation.window_days,
    )
    return {
        cost.tier: {
            "now": evaluation.before[cost.tier].customers,
            "then": evaluation.after[cost.tier].customers,
            "cost_now": to_minor(cost.before),
            "cost_then": to_minor(cost.after),
        }
        for cost in found
    }
