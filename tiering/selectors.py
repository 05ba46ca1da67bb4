"""Reads that span models: who stands where, what a policy would change, what a customer's tiers were."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count

from core.accounts.models import Team
from core.jobs.enums import JobState
from core.jobs.models import JobRun
from core.tenancy.fields import from_minor
from customers.enums import Segment, SelfService, Tier
from customers.models import Customer
from tiering.entitlements import TierCost, entitled
from tiering.enums import BY_PEOPLE, MoveReason
from tiering.models import PolicyTrial, TierChange, TierOverride, TierPolicy, TrialMove
from tiering.querysets import moves_for_list, serving
from tiering.services import NIGHTLY_JOB, Evaluation, Move, current_policy
from tiering.services.trials import MOST_KEPT

VALUE_JOB = "tiering.value"
MOVES_SHOWN = 100
HISTORY_SHOWN = 50


def head_start_of(tier: str | None) -> timedelta:
    """Return by how much requests of a tier stand earlier in a queue by the policy in force; one query."""
    return timedelta(hours=entitled(current_policy(), tier).head_start)


def teams_of(tier: str) -> list[Team]:
    """Return the teams that serve a tier, by name; none where everybody does. One query."""
    return serving()[tier]


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


def self_service_counts() -> dict[tuple[str | None, str], int]:
    """Return how many customers of each tier were offered to serve themselves, do, or declined; one query."""
    noted = Customer.objects.filter(self_service__isnull=False).order_by()
    return {
        (tier, answer): count
        for tier, answer, count in noted.values_list("tier", "self_service").annotate(count=Count("*"))
    }


@dataclass(frozen=True)
class SelfServing:
    """Of one tier: its customers, those that an offer waits for, that serve themselves, and that declined."""

    tier: str
    is_invited: bool
    customers: int
    offered: int
    accepted: int
    declined: int

    @property
    def percent(self) -> int:
        return round(100 * self.accepted / self.customers) if self.customers else 0


def self_serving(policy: TierPolicy, counts: Mapping[str | None, int]) -> list[SelfServing]:
    """Return how far each tier has come, by how many there are in each; one query."""
    found = self_service_counts()
    return [
        SelfServing(
            tier,
            entitled(policy, tier).is_invited,
            counts[tier],
            *(found.get((tier, answer), 0) for answer in SelfService.values),
        )
        for tier in Tier.values
    ]


def last_nightly_run() -> JobRun | None:
    return JobRun.objects.filter(job=NIGHTLY_JOB).order_by("-business_date").first()


def last_analysis() -> dict[str, Any] | None:
    """Return the figures of the newest analysis of value, as tiering.value has them; None before the first."""
    done = JobRun.objects.filter(job=VALUE_JOB, state=JobState.DONE).order_by("-business_date").first()
    return done.result if done else None


@dataclass(frozen=True)
class NamedMove:
    customer: Customer
    move: Move | TrialMove


@dataclass(frozen=True)
class Outcome:
    """Moves as a page shows them: sums of all of them, and the weightiest by name."""

    ranked: int
    total: int
    flows: list[tuple[str, str, int]]
    moves: list[NamedMove]

    @property
    def is_shortened(self) -> bool:
        return self.total > len(self.moves)


def outcome_of(evaluation: Evaluation) -> Outcome:
    """Bring the names of the customers whose moves matter most; one query."""
    weightiest = evaluation.weightiest_moves(MOVES_SHOWN)
    customers = Customer.objects.only("number", "kind", "company_name", "person_name").in_bulk(
        [move.customer_id for move in weightiest]
    )
    return Outcome(
        ranked=evaluation.ranked,
        total=len(evaluation.moves),
        flows=_labelled(evaluation.flows),
        moves=[NamedMove(customers[move.customer_id], move) for move in weightiest],
    )


@dataclass(frozen=True)
class TierTrial:
    """How many customers stand in a tier and would, and what its entitlements cost a month and would."""

    tier: str
    label: str
    now: int
    then: int
    cost: TierCost

    @property
    def difference(self) -> int:
        return self.then - self.now


@dataclass(frozen=True)
class Tried:
    """What a trial found, as pages show it; of the moves one page, and none past what is kept by name."""

    trial: PolicyTrial
    tiers: list[TierTrial]
    outcome: Outcome
    page: int
    has_more: bool

    @property
    def cost(self) -> TierCost:
        """All tiers together."""
        before, after = (sum(getattr(each.cost, name) for each in self.tiers) for name in ("before", "after"))
        return TierCost("", before, after)


def trial_of(policy: TierPolicy, *, page: int = 1) -> Tried | None:
    """Return what was found when these very rules were tried, None where they were not; two queries."""
    trial = PolicyTrial.objects.filter(policy=policy).first()
    if trial is None:
        return None
    places = ((page - 1) * MOVES_SHOWN + 1, page * MOVES_SHOWN)
    moves = moves_for_list(TrialMove.objects.filter(trial=trial, place__range=places)).order_by("place")
    return Tried(
        trial=trial,
        tiers=[
            TierTrial(
                tier,
                tier_label(tier),
                found["now"],
                found["then"],
                TierCost(tier, from_minor(found["cost_now"]), from_minor(found["cost_then"])),
            )
            for tier in Tier.values
            for found in [trial.tiers[tier]]
        ],
        outcome=Outcome(
            ranked=trial.ranked,
            total=trial.moved,
            flows=_labelled(trial.flows),
            moves=[NamedMove(move.customer, move) for move in moves],
        ),
        page=page,
        has_more=places[1] < min(trial.moved, MOST_KEPT),
    )


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
    made = TierChange.objects.filter(changed_at=datetime.fromisoformat(figures["at"])).exclude(reason__in=BY_PEOPLE)
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


def _labelled(flows: Iterable[Sequence[Any]]) -> list[tuple[str, str, int]]:
    return [(tier_label(old), tier_label(new), count) for old, new, count in flows]


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
