"""An evaluation of everything: tiers, then the segments of those who are low, then who lacks what its tier gives."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count

from core.events.services import publish
from core.jobs.enums import JobState
from core.jobs.models import JobRun
from customers.enums import Tier
from customers.models import Customer
from tiering.entitlements import entitled
from tiering.models import TierPolicy
from tiering.services.evaluation import Evaluation, evaluate_tiers
from tiering.services.policies import current_policy
from tiering.services.segments import evaluate_segments

NIGHTLY_JOB = "tiering.evaluate"


@transaction.atomic
def evaluate_all(*, as_of: date, at: datetime) -> Evaluation:
    """Place every customer in its tier and its segment; return the moves between tiers. Raises DateAhead."""
    evaluation = evaluate_tiers(as_of=as_of, at=at)
    evaluate_segments(as_of=as_of, at=at)
    return evaluation


def without_manager(policy: TierPolicy) -> dict[str, int]:
    """Count by tier the customers whose tier gives them an account manager, and who have none; one query."""
    tiers = [tier for tier in Tier.values if entitled(policy, tier).has_manager]
    lacking = Customer.objects.filter(tier__in=tiers, account_manager=None)
    found = dict(lacking.values_list("tier").annotate(count=Count("*")).order_by())
    return {tier: found.get(tier, 0) for tier in tiers}


def evaluate_last_day(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Do the nightly evaluation as of the day before `business_date`; return its figures.

    Whoever leads is told how many lack an account manager, when there are others than the night before.
    """
    as_of = business_date - timedelta(days=1)
    result = evaluate_tiers(as_of=as_of, at=at)
    changed = evaluate_segments(as_of=as_of, at=at)
    policy = current_policy()
    lacking = sum(without_manager(policy).values())
    before = JobRun.objects.filter(job=NIGHTLY_JOB, state=JobState.DONE).order_by("-business_date").first()
    if lacking and lacking != (before.result.get("without_manager") if before else None):
        publish("tiers.managers_missing", subject_id=policy.pk, payload={"customers": lacking}, at=at)
    return {
        "as_of": result.as_of.isoformat(),
        "ranked": result.ranked,
        "counts": result.counts,
        "moves": len(result.moves),
        "segments": changed,
        "without_manager": lacking,
    }
