"""Everything that writes tiers, their policy and what is set by hand."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.events.services import publish
from core.tenancy.clock import day_start, local_date
from core.tenancy.errors import DomainError
from core.tenancy.fields import from_minor, to_minor
from core.tenancy.models import Tenant
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.enums import Tier
from customers.models import Customer
from customers.tiers import place_by_hand
from tiering.enums import MoveReason, PolicyMode
from tiering.models import TierChange, TierOverride, TierPolicy
from tiering.statement import evaluation_statement

MOST_WINDOW_DAYS = 3660


class BadWindow(DomainError):
    code = "bad_window"
    message = _("The window is between 1 and 3660 days.")


class BadDate(DomainError):
    code = "bad_date"
    message = _("Tiers cannot be evaluated as of this date.")


class BadPolicy(DomainError):
    code = "bad_policy"
    message = _("These rules do not fit together.")


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = _("Say why the tier is set by hand.")


class OverrideExpired(DomainError):
    code = "override_expired"
    message = _("A tier set by hand holds at least until today.")


class OverrideEnded(DomainError):
    code = "override_ended"
    message = _("This tier is no longer set by hand.")


@dataclass(frozen=True)
class PlacedCustomer:
    number: str
    tier: str
    rank: int
    contribution: Decimal
    shipment_count: int


@dataclass(frozen=True)
class Move:
    number: str
    from_tier: str | None
    to_tier: str


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation found; `customers` and `moves` by rank, `customers` only where asked for."""

    as_of: date
    window_days: int
    policy_version: int
    ranked: int
    counts: dict[str, int]
    customers: list[PlacedCustomer]
    moves: list[Move]


def current_policy() -> TierPolicy:
    """Return the policy in force. Raises TierPolicy.DoesNotExist."""
    policy = TierPolicy.objects.order_by("-version").first()
    if policy is None:
        raise TierPolicy.DoesNotExist
    return policy


def last_whole_day(*, at: datetime) -> date:
    """Return the active tenant's yesterday."""
    return local_date(at, current_tenant().time_zone) - timedelta(days=1)


@transaction.atomic
def evaluate_tiers(
    *,
    as_of: date,
    window_days: int | None = None,
    dry_run: bool = False,
    with_customers: bool = False,
    at: datetime,
) -> Evaluation:
    """Place every existing customer of the active tenant by the shipments of (as_of − window, as_of].

    A dry run writes nothing and demotes at once; otherwise a demotion waits for the policy's number of runs
    of different dates. Raises BadWindow or BadDate.
    """
    policy = current_policy()
    window = policy.window_days if window_days is None else window_days
    if not 1 <= window <= MOST_WINDOW_DAYS:
        raise BadWindow
    parameters = {
        **_period(as_of, window),
        **_rules(policy),
        "tenant": required_tenant_id(),
        "as_of": as_of,
        "today": local_date(at, current_tenant().time_zone),
        "at": at,
        "window": window,
        "demotion_runs": 0 if dry_run else policy.demotion_runs,
        "with_customers": with_customers,
    }
    with connection.cursor() as cursor:
        if not dry_run:
            _wait_for_other_evaluations(cursor)
        cursor.execute(evaluation_statement(policy, dry_run=dry_run), parameters)
        rows = cursor.fetchall()
    ranked, vip, mid, low = rows[0][:4]
    placed = [row[4:] for row in rows if row[4] is not None]
    return Evaluation(
        as_of=as_of,
        window_days=window,
        policy_version=policy.version,
        ranked=ranked,
        counts={"vip": vip, "mid": mid, "low": low},
        customers=[
            PlacedCustomer(number, new, rank, from_minor(contribution), count)
            for number, _old, new, _moved, rank, contribution, count in placed
            if with_customers
        ],
        moves=[Move(number, old, new) for number, old, new, moved, *_figures in placed if moved],
    )


def _period(as_of: date, window: int) -> dict[str, datetime]:
    """Return the instants from which and before which shipments count."""
    zone = current_tenant().time_zone
    try:
        return {
            "start": day_start(as_of - timedelta(days=window - 1), zone),
            "end": day_start(as_of + timedelta(days=1), zone),
        }
    except OverflowError as error:
        raise BadDate from error


def _rules(policy: TierPolicy) -> dict[str, int]:
    shares = ("vip_percent", "mid_percent")
    weights = ("weight_amount", "weight_frequency", "weight_tenure")
    return {
        **{name: getattr(policy, name) for name in (*shares, *weights)},
        "policy_version": policy.version,
        "vip_monthly": to_minor(Decimal(policy.vip_monthly)),
        "mid_monthly": to_minor(Decimal(policy.mid_monthly)),
    }


def _wait_for_other_evaluations(cursor: Any) -> None:
    """Hold the tenant's lock to the transaction's end; two evaluations at once would count a run twice."""
    cursor.execute(
        "select pg_advisory_xact_lock(hashtextextended('tiering.evaluate:' || %s, 0))",
        [str(required_tenant_id())],
    )


def evaluate_last_day(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Do the nightly evaluation as of the day before `business_date`; return its figures."""
    result = evaluate_tiers(as_of=business_date - timedelta(days=1), at=at)
    return {
        "as_of": result.as_of.isoformat(),
        "ranked": result.ranked,
        "counts": result.counts,
        "moves": len(result.moves),
    }


def create_first_policy(*, tenant: Tenant, at: datetime) -> TierPolicy:
    """Give a new tenant the default rules as version 1."""
    return TierPolicy.objects.create(version=1, created_at=at)


@transaction.atomic
def create_policy(
    *,
    mode: str,
    window_days: int,
    vip_percent: int,
    mid_percent: int,
    vip_monthly: Decimal,
    mid_monthly: Decimal,
    weight_amount: int,
    weight_frequency: int,
    weight_tenure: int,
    demotion_runs: int,
    by: User | None,
    at: datetime,
) -> TierPolicy:
    """Put a new version of the rules in force for the next evaluation. Raises BadWindow or BadPolicy."""
    weights = (weight_amount, weight_frequency, weight_tenure)
    if not 1 <= window_days <= MOST_WINDOW_DAYS:
        raise BadWindow
    fits = (
        min(vip_percent, mid_percent, mid_monthly, *weights) >= 0
        and vip_percent + mid_percent <= 100
        and vip_monthly >= mid_monthly
        and 0 < sum(weights) <= 1000
        and 1 <= demotion_runs <= 100
    )
    if not fits:
        raise BadPolicy
    with connection.cursor() as cursor:
        _wait_for_other_evaluations(cursor)
    newest = TierPolicy.objects.aggregate(newest=Max("version"))["newest"] or 0
    return TierPolicy.objects.create(
        version=newest + 1,
        mode=PolicyMode(mode),
        window_days=window_days,
        vip_percent=vip_percent,
        mid_percent=mid_percent,
        vip_monthly=vip_monthly,
        mid_monthly=mid_monthly,
        weight_amount=weight_amount,
        weight_frequency=weight_frequency,
        weight_tenure=weight_tenure,
        demotion_runs=demotion_runs,
        created_by=by,
        created_at=at,
    )


@transaction.atomic
def set_override(
    *, customer: Customer, tier: str, reason: str, expires_on: date | None, by: User, at: datetime
) -> TierOverride:
    """Set a customer's tier by hand, at once, through the day `expires_on`; `by` approves it.

    An earlier one of the same customer ends. Raises ReasonMissing or OverrideExpired.
    """
    today = local_date(at, current_tenant().time_zone)
    if not reason.strip():
        raise ReasonMissing
    if expires_on is not None and expires_on < today:
        raise OverrideExpired
    customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    TierOverride.objects.filter(customer=customer, ended_at=None).update(ended_at=at)
    override = TierOverride.objects.create(
        customer=customer,
        tier=Tier(tier),
        reason=reason.strip(),
        approved_by=by,
        created_at=at,
        expires_on=expires_on,
    )
    if customer.tier != override.tier:
        _move_by_hand(customer, override.tier, today, at)
    return override


def _move_by_hand(customer: Customer, tier: str, today: date, at: datetime) -> None:
    policy = current_policy()
    old = customer.tier
    place_by_hand(customer=customer, tier=tier, since=today)
    TierChange.objects.create(
        customer=customer,
        from_tier=old,
        to_tier=tier,
        reason=MoveReason.OVERRIDE,
        as_of=today,
        window_days=policy.window_days,
        policy_version=policy.version,
        contribution=customer.contribution,
        shipment_count=customer.window_shipment_count,
        changed_at=at,
    )
    publish(
        "customer.tier_changed",
        subject_id=customer.pk,
        payload={
            "number": customer.number,
            "from": old,
            "to": str(tier),
            "reason": MoveReason.OVERRIDE.value,
            "as_of": today.isoformat(),
        },
        at=at,
    )


@transaction.atomic
def end_override(*, override: TierOverride, by: User, at: datetime) -> TierOverride:
    """Let a tier set by hand hold no longer.

    The customer keeps it until the next evaluation, which closes the override and moves without waiting, as
    it does for one that expired. Raises OverrideEnded.
    """
    override = TierOverride.objects.select_for_update(of=("self",)).get(pk=override.pk)
    today = local_date(at, current_tenant().time_zone)
    if override.ended_at is not None or (override.expires_on is not None and override.expires_on < today):
        raise OverrideEnded
    override.expires_on = today - timedelta(days=1)
    override.save(update_fields=["expires_on"])
    return override
