import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import inf
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.events.waking import wake_for
from core.tenancy.clock import day_start, local_date
from core.tenancy.errors import DomainError
from core.tenancy.fields import from_minor, to_minor
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.enums import Tier
from customers.turns import wait_for_imports
from tiering.entitlements import Standing
from tiering.models import TierPolicy
from tiering.services.policies import MOST_WINDOW_DAYS, BadWindow, current_policy
from tiering.statement import HEAD, TIERS, evaluation_statement
from tiering.turns import wait_for_turn

# The sums and the order of all customers stay in memory for a hundred thousand of them. After a large import the
# planner may still take a tenant's tables for empty: a nested loop over them would run until the next night.
# Compiling the statement, or doing the sums again in every parallel worker, costs more than it saves.
PLANNER = {"work_mem": "64MB", "enable_nestloop": "off", "jit": "off", "max_parallel_workers_per_gather": "0"}
IMPORTANCE = {Tier.VIP: 0, Tier.MID: 1, Tier.LOW: 2, None: 3}


class BadDate(DomainError):
    code = "bad_date"
    message = _("Tiers cannot be evaluated as of this date.")


class DateAhead(BadDate):
    code = "date_ahead"
    message = _("Tiers are evaluated as of today at the latest; a later date can only be tried.")


@dataclass(frozen=True)
class PlacedCustomer:
    number: str
    tier: str
    rank: int
    contribution: Decimal
    shipment_count: int


@dataclass(frozen=True)
class Move:
    customer_id: uuid.UUID
    number: str
    from_tier: str | None
    to_tier: str | None
    rank: int | None
    contribution: Decimal
    shipment_count: int


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation found; `customers` and `moves` by rank, `customers` only where asked for.

    `written` is how many customers' rows differed from what was found. What a dry run found besides is how many of the
    ranked stand in each tier, and what they brought in the window, `before` and `after`.
    """

    as_of: date
    window_days: int
    policy_version: int
    ranked: int
    counts: dict[str, int]
    written: int
    customers: list[PlacedCustomer]
    moves: list[Move]
    before: dict[str, Standing] = field(default_factory=dict)
    after: dict[str, Standing] = field(default_factory=dict)

    @property
    def flows(self) -> list[tuple[str | None, str | None, int]]:
        """Return how many move from where to where, from the best tier on."""
        counted = Counter((move.from_tier, move.to_tier) for move in self.moves)
        order = sorted(counted, key=lambda flow: (IMPORTANCE[flow[0]], IMPORTANCE[flow[1]]))
        return [(old, new, counted[old, new]) for old, new in order]

    def weightiest_moves(self, most: int) -> list[Move]:
        """Return the moves that matter most: into or out of the best tier first, then by rank."""

        def weight(move: Move) -> tuple[int, float]:
            return min(IMPORTANCE[move.from_tier], IMPORTANCE[move.to_tier]), move.rank or inf

        return sorted(self.moves, key=weight)[:most]


def last_whole_day(*, at: datetime) -> date:
    """Return the active tenant's yesterday."""
    return local_date(at, current_tenant().time_zone) - timedelta(days=1)


@transaction.atomic
def evaluate_tiers(
    *,
    as_of: date,
    window_days: int | None = None,
    draft: TierPolicy | None = None,
    dry_run: bool = False,
    with_customers: bool = False,
    at: datetime,
) -> Evaluation:
    """Place every existing customer of the active tenant by the shipments of (as_of − window, as_of].

    A dry run writes nothing and demotes at once, by the `draft` of a policy if there is one; otherwise a demotion
    waits for the policy's number of runs of different dates. Who has a tier and no shipment any more loses it,
    unranked, unless it is set by hand. Raises BadWindow or BadDate, DateAhead among them: runs of later dates than
    today would count demotions before their time.
    """
    if draft is not None and not dry_run:
        raise ValueError("A draft is only tried, never applied.")
    if not dry_run:
        wait_for_imports()
        wait_for_turn()
    policy = draft or current_policy()
    window = policy.window_days if window_days is None else window_days
    if not 1 <= window <= MOST_WINDOW_DAYS:
        raise BadWindow
    period = _period(as_of, window)
    today = local_date(at, current_tenant().time_zone)
    if as_of > today and not dry_run:
        raise DateAhead
    parameters = {
        **period,
        **_rules(policy),
        "tenant": required_tenant_id(),
        "as_of": as_of,
        "today": today,
        "at": at,
        "window": window,
        "demotion_runs": 0 if dry_run else policy.demotion_runs,
    }
    statement = evaluation_statement(policy, dry_run=dry_run, with_customers=with_customers)
    with planned_for_whole_tables(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    if not dry_run:
        wake_for("customer.tier_changed")
    ranked, vip, mid, low, written, *standings = rows[0][:HEAD]
    placed = [row[HEAD:] for row in rows if row[HEAD] is not None]
    counts = {"vip": vip, "mid": mid, "low": low}
    return Evaluation(
        as_of=as_of,
        window_days=window,
        policy_version=policy.version,
        ranked=ranked,
        counts=counts,
        written=written,
        customers=[
            PlacedCustomer(number, new, rank, from_minor(contribution), count)
            for _id, number, _old, new, _moved, rank, contribution, count in placed
            if with_customers and rank is not None
        ],
        moves=[
            Move(customer_id, number, old, new, rank, from_minor(contribution), count)
            for customer_id, number, old, new, moved, rank, contribution, count in placed
            if moved
        ],
        **(_standings(counts, standings) if dry_run else {}),
    )


def _standings(counts: dict[str, int], found: list[int]) -> dict[str, dict[str, Standing]]:
    """Return how the ranked stand before and after, from counts before and amounts before and after, tier by tier."""
    before, brought, would_bring = found[:3], found[3:6], found[6:]
    return {
        "before": {
            tier: Standing(count, from_minor(amount))
            for tier, count, amount in zip(TIERS, before, brought, strict=True)
        },
        "after": {
            tier: Standing(counts[tier], from_minor(amount)) for tier, amount in zip(TIERS, would_bring, strict=True)
        },
    }


@contextmanager
def planned_for_whole_tables() -> Iterator[None]:
    """Plan for whole tables, and as before again afterwards; an error's roll-back takes the settings along."""
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(f"current_setting('{name}')" for name in PLANNER))
        before = dict(zip(PLANNER, cursor.fetchone(), strict=True))
        _set(cursor, PLANNER)
        yield
        _set(cursor, before)


def _set(cursor: Any, settings: dict[str, str]) -> None:
    calls = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    cursor.execute(f"select {calls}", [part for setting in settings.items() for part in setting])


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
