"""Who looks after how much, in a fixed number of queries however many there are."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.db.models import Count, Q

from core.accounts.models import User
from core.accounts.permissions import may
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from customers.follow_ups.querysets import is_late, is_open
from customers.models import Customer, FollowUp
from portfolios.loads import Load, percent_of
from portfolios.models import NO_TIER, TIERS, Capacity, PortfolioPolicy
from portfolios.permissions import CLAIM, MANAGERS
from service_requests.models import ServiceRequest
from service_requests.querysets import late, unfinished
from tiering.querysets import serving


@dataclass(kw_only=True)
class Portfolio:
    """What somebody looks after: how many customers by tier, and the points of work that these are.

    `has_own_points` says that the capacity is not that of the rules, `may_be_given` that customers may be assigned to
    them: who only has some that came in another way gets no others.
    """

    person: User
    capacity: int
    weights: dict[str, int]
    serves: frozenset[str] = frozenset(TIERS)
    has_own_points: bool = False
    may_be_given: bool = True
    absent_until: date | None = None
    counts: dict[str, int] = field(default_factory=dict)
    follow_ups: int = 0
    overdue: int = 0
    requests: int = 0
    overdue_requests: int = 0

    @property
    def load(self) -> int:
        return sum(self.weights[tier] * count for tier, count in self.counts.items())

    @property
    def customers(self) -> int:
        return sum(self.counts.values())

    @property
    def free(self) -> int:
        return self.capacity - self.load

    @property
    def percent(self) -> int:
        return percent_of(self.load, self.capacity)

    @property
    def is_over(self) -> bool:
        return self.load > self.capacity

    @property
    def as_load(self) -> Load:
        return Load(self.customers, self.load, self.capacity)

    @cached_property
    def by_tier(self) -> list[tuple[str, int]]:
        return [(tier, self.counts.get(tier, 0)) for tier in TIERS]

    def takes(self, tier: str, *, today: date) -> bool:
        """Say whether customers of a tier may be assigned to them, room or not."""
        is_absent = self.absent_until is not None and self.absent_until >= today
        return self.may_be_given and not is_absent and tier in self.serves


def load_portfolios(people: Collection[uuid.UUID] | None = None, *, policy: PortfolioPolicy) -> list[Portfolio]:
    """Return the portfolios of these people, or of all who have one, by name; four queries."""
    owned = Customer.objects.exclude(account_manager=None)
    if people is not None:
        owned = owned.filter(account_manager__in=people)
    counted: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for manager, tier, count in owned.order_by().values_list("account_manager", "tier").annotate(count=Count("*")):
        counted[manager][tier or NO_TIER] = count
    capacities = {each.user_id: each for each in Capacity.objects.all()}
    who = Q(is_active=True, role__in=MANAGERS) | Q(pk__in=[*counted]) | Q(pk__in=[*capacities], is_active=True)
    found = User.objects.filter(who if people is None else Q(pk__in=people))
    teams = {tier: {team.pk for team in chosen} for tier, chosen in serving().items()}
    return [
        _portfolio(person, capacities.get(person.pk), counted.get(person.pk, {}), policy, teams)
        for person in found.order_by("name", "id")
    ]


def portfolio_of(person: User, *, policy: PortfolioPolicy) -> Portfolio:
    """Return the portfolio of one; four queries."""
    return load_portfolios([person.pk], policy=policy)[0]


def load_with_work(*, policy: PortfolioPolicy, at: datetime) -> list[Portfolio]:
    """Return all portfolios with what their people have to do; six queries."""
    portfolios = load_portfolios(policy=policy)
    mine = {portfolio.person.pk: portfolio for portfolio in portfolios}
    open_ones = is_open(FollowUp.objects.filter(assignee__in=[*mine])).order_by().values_list("assignee")
    for pk, count, overdue in open_ones.annotate(count=Count("pk"), overdue=Count("pk", filter=is_late(at))):
        mine[pk].follow_ups, mine[pk].overdue = count, overdue
    requests = unfinished(ServiceRequest.objects.filter(assignee__in=[*mine])).order_by().values_list("assignee")
    for pk, count, overdue in requests.annotate(count=Count("pk"), overdue=Count("pk", filter=late(at))):
        mine[pk].requests, mine[pk].overdue_requests = count, overdue
    return portfolios


def today_at(at: datetime) -> date:
    return local_date(at, current_tenant().time_zone)


def _portfolio(
    person: User,
    own: Capacity | None,
    counts: dict[str, int],
    policy: PortfolioPolicy,
    teams: Mapping[str, Collection[uuid.UUID]],
) -> Portfolio:
    tiers = own.tiers if own is not None and own.tiers else TIERS
    points = own.points if own is not None and own.points is not None else policy.capacity
    return Portfolio(
        person=person,
        capacity=points,
        weights=policy.weights,
        serves=frozenset(tier for tier in tiers if not teams.get(tier) or person.team_id in teams[tier]),
        has_own_points=own is not None and own.points is not None,
        may_be_given=may(person, CLAIM) and (person.role in MANAGERS or own is not None),
        absent_until=own.absent_until if own is not None else None,
        counts=counts,
    )


def tier_counts() -> dict[str, int]:
    """Count the customers by tier, those in none, too; one query."""
    counted = dict(Customer.objects.order_by().values_list("tier").annotate(count=Count("*")))
    return {tier: counted.get(None if tier == NO_TIER else tier, 0) for tier in TIERS}
