"""Reads that span models: who stands where, what a policy would change, what a customer's tiers were."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count

from core.jobs.enums import JobState
from core.jobs.models import JobRun
from customers.enums import Segment, Tier
from customers.models import Customer
from tiering.entitlements import entitled
from tiering.enums import MoveReason
from tiering.models import TierChange, TierOverride
from tiering.services import NIGHTLY_JOB, Evaluation, Move, current_policy

VALUE_JOB = "tiering.value"
MOVES_SHOWN = 100
HISTORY_SHOWN = 50


def head_start_of(tier: str | None) -> timedelta:
    """Return by how much requests of a tier stand earlier in a queue by the policy in force; one query."""
    return timedelta(hours=entitled(current_policy(), tier).head_start)


def managed_tiers() -> frozenset[str]:
    """Return the tiers that the policy in force gives an account manager; one query."""
    policy = current_policy()
    return frozenset(tier for tier in Tier.values if entitled(policy, tier).has_manager)


def tier_counts() -> dict[str | None, int]:
    """Return how many customers stand in each tier now, and under None how many in none; one query.

    Counting rows rather than keys lets it be answered from an index alone.
    """
    found = dict(Customer.objects.values_list("tier").annotate(count=Count("*")).order_by())
    return {tier: found.get(tier, 0) for tier in (*Tier.values, None)}


def segment_counts() -> dict[str | None, int]:
    """Return how many customers are in each segment now, and under None how many in none; one query."""
    found = dict(Customer.objects.values_list("segment").annotate(count=Count("*")).order_by())
    return {segment: found.get(segment, 0) for segment in (*Segment.values, None)}


def last_nightly_run() -> JobRun | None:
    return JobRun.objects.filter(job=NIGHTLY_JOB).order_by("-business_date").first()


def last_analysis() -> dict[str, Any] | None:
    """Return the figures of the newest analysis of value, as tiering.value has them; None before the first."""
    done = JobRun.objects.filter(job=VALUE_JOB, state=JobState.DONE).order_by("-business_date").first()
    return done.result if done else None


@dataclass(frozen=True)
class NamedMove:
    customer_id: uuid.UUID
    name: str
    number: str
    move: Move


@dataclass(frozen=True)
class Outcome:
    """An evaluation's moves as a page shows them: sums of all of them, and the weightiest by name."""

    evaluation: Evaluation
    flows: list[tuple[str, str, int]]
    moves: list[NamedMove]

    @property
    def total(self) -> int:
        return len(self.evaluation.moves)

    @property
    def is_shortened(self) -> bool:
        return self.total > len(self.moves)


def outcome_of(evaluation: Evaluation, *, page: int = 1) -> Outcome:
    """Bring the names of the customers whose moves matter most, or of those that follow; one query."""
    weightiest = evaluation.weightiest_moves(page * MOVES_SHOWN)[(page - 1) * MOVES_SHOWN :]
    return Outcome(evaluation=evaluation, flows=_flows(evaluation.moves), moves=_with_names(weightiest))


def figures_of(evaluation: Evaluation, *, at: datetime) -> dict[str, Any]:
    """Return what is needed to read an evaluation of that moment again, fit for JSON."""
    return {
        "as_of": evaluation.as_of.isoformat(),
        "window_days": evaluation.window_days,
        "policy_version": evaluation.policy_version,
        "ranked": evaluation.ranked,
        "counts": evaluation.counts,
        "written": evaluation.written,
        "at": at.isoformat(),
    }


def evaluation_of(figures: Mapping[str, Any]) -> Evaluation:
    """Read back the evaluation of these figures, with its moves from the history; one query."""
    made = TierChange.objects.filter(changed_at=datetime.fromisoformat(figures["at"])).exclude(
        reason=MoveReason.OVERRIDE
    )
    columns = ("customer_id", "customer__number", "from_tier", "to_tier", "rank", "contribution", "shipment_count")
    return Evaluation(
        as_of=date.fromisoformat(figures["as_of"]),
        window_days=figures["window_days"],
        policy_version=figures["policy_version"],
        ranked=figures["ranked"],
        counts=figures["counts"],
        written=figures["written"],
        customers=[],
        moves=[Move(*row) for row in made.order_by("rank").values_list(*columns)],
    )


def _flows(moves: Iterable[Move]) -> list[tuple[str, str, int]]:
    order = {tier: place for place, tier in enumerate((*Tier.values, None))}
    counted = Counter((move.from_tier, move.to_tier) for move in moves)
    return [
        (tier_label(old), tier_label(new), count)
        for (old, new), count in sorted(counted.items(), key=lambda flow: (order[flow[0][0]], order[flow[0][1]]))
    ]


def _with_names(moves: list[Move]) -> list[NamedMove]:
    customers = Customer.objects.only("number", "kind", "company_name", "person_name").in_bulk(
        [move.customer_id for move in moves]
    )
    return [
        NamedMove(
            customer_id=move.customer_id,
            name=customers[move.customer_id].display_name,
            number=move.number,
            move=move,
        )
        for move in moves
    ]


def tier_label(tier: str | None) -> str:
    return str(Tier(tier).label) if tier else "–"


@dataclass(frozen=True)
class TierHistory:
    """A customer's moves, newest first, with the override each came from or ended, and the one that holds now."""

    moves: list[tuple[TierChange, TierOverride | None]]
    override: TierOverride | None
    asked: TierOverride | None
    waits_for_evaluation: bool


def tier_history(customer: Customer, *, today: date) -> TierHistory:
    """Read the newest moves and overrides of a customer; two queries."""
    changes = TierChange.objects.filter(customer=customer).order_by("-changed_at", "-id")[:HISTORY_SHOWN]
    overrides = list(
        TierOverride.objects.filter(customer=customer)
        .select_related("asked_by", "approved_by", "ended_by")
        .order_by("-created_at")[:HISTORY_SHOWN]
    )
    approved = [override for override in overrides if override.approved_at is not None]
    by_start = {override.approved_at: override for override in approved}
    by_end = {override.ended_at: override for override in approved}
    open_ones = [override for override in approved if override.ended_at is None]
    asked = [override for override in overrides if override.approved_at is None and override.ended_at is None]
    holding = [override for override in open_ones if override.holds_on(today)]
    return TierHistory(
        moves=[
            (change, (by_end if change.reason == MoveReason.OVERRIDE_ENDED else by_start).get(change.changed_at))
            for change in changes
        ],
        override=holding[0] if holding else None,
        asked=asked[0] if asked else None,
        waits_for_evaluation=bool(open_ones) and not holding,
    )
