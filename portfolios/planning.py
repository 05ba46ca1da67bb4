"""Proposals of who should look after whom, from what is stored; they change nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from core.accounts.models import User
from core.web.lists.page import TOTAL_CAP
from customers.models import Customer, ManagerTerm
from portfolios.balancing import Held, Person, Plan, Reason, assign, rebalance
from portfolios.loads import Shift
from portfolios.models import NO_TIER, TIERS, PortfolioPolicy
from portfolios.selectors import Portfolio, load_portfolios, today_at

UNSEEN = ("special_needs", "birthday")
# A page lists so many at most; what is left comes with the next proposal.
MOST_PROPOSED = 500


@dataclass(frozen=True)
class Proposal:
    """One move as a page lists it."""

    customer: Customer
    tier: str
    giver: User | None
    taker: User

    @property
    def sent(self) -> str:
        """What a form sends of it: enough to see that it is stale by then."""
        giver = str(self.giver.pk) if self.giver else ""
        return f"{self.customer.pk}:{giver}:{self.taker.pk}:{self.tier}"


@dataclass(frozen=True)
class Waiting:
    """How many customers of a tier cannot be assigned, up to one more than TOTAL_CAP, and why."""

    tier: str
    count: int
    reason: Reason


@dataclass(frozen=True)
class Proposed:
    proposals: list[Proposal]
    plan: Plan
    portfolios: list[Portfolio]
    has_more: bool
    waiting: list[Waiting] = field(default_factory=list)


def unassigned(policy: PortfolioPolicy) -> QuerySet[Customer]:
    """Return the customers that nobody looks after though the rules want somebody to, the best first."""
    tiers = Q(tier__in=[tier for tier in policy.assigned_tiers if tier != NO_TIER])
    if NO_TIER in policy.assigned_tiers:
        tiers |= Q(tier=None)
    return Customer.objects.filter(tiers, account_manager=None, erased_at=None).order_by("-contribution", "pk")


def propose_assignments(*, policy: PortfolioPolicy, at: datetime, most: int = MOST_PROPOSED) -> Proposed:
    """Propose who should look after the customers that nobody does; two queries more for each tier.

    Of each tier as many are looked at as there may be room for, so that those for whom there is none are in nobody's
    way.
    """
    portfolios = load_portfolios(policy=policy)
    people = {person.id: person for person in _people(portfolios, at)}
    plan, reasons, has_more = Plan(), {}, False
    for tier in (tier for tier in TIERS if tier in policy.assigned_tiers):
        takers = [person for person in people.values() if tier in person.takes]
        weight = policy.weight_of(tier)
        room = sum(max(0, person.free) // weight for person in takers)
        wanted = min(room, most - len(plan.moves))
        found = [*_unassigned_in(tier, policy).values_list("pk", flat=True)[: wanted + 1]] if room else []
        for move in assign([Held(pk, tier, weight) for pk in found[:wanted]], takers).moves:
            people[move.taker].load += move.weight
            plan.moves.append(move)
        if wanted < min(room, len(found)):
            has_more = True
        else:
            reasons[tier] = Reason.NO_ROOM if takers else Reason.NOBODY_SERVES
    waiting = [*_waiting(plan, reasons, policy)]
    return _proposed(plan, portfolios, most, has_more=has_more, waiting=waiting)


def _unassigned_in(tier: str, policy: PortfolioPolicy) -> QuerySet[Customer]:
    return unassigned(policy).filter(tier=None if tier == NO_TIER else tier)


def _waiting(plan: Plan, reasons: dict[str, Reason], policy: PortfolioPolicy) -> Iterator[Waiting]:
    """Return how many of each tier the plan leaves without anybody, and why."""
    for tier, reason in reasons.items():
        placed = sum(move.tier == tier for move in plan.moves)
        count = _unassigned_in(tier, policy).order_by()[: placed + TOTAL_CAP + 1].count() - placed
        if count > 0:
            yield Waiting(tier, count, reason)


def propose_moves(*, policy: PortfolioPolicy, at: datetime, most: int = MOST_PROPOSED) -> Proposed:
    """Propose what brings everybody within their capacity; six queries, four where nobody has room."""
    portfolios = load_portfolios(policy=policy)
    people = _people(portfolios, at)
    room = sum(max(0, person.free) for person in people if person.takes)
    asked = [asked for portfolio in portfolios if portfolio.is_over for asked in _movable(portfolio, policy, room)]
    held = []
    if asked:
        rows = asked[0].union(*asked[1:], all=True)
        held = [Held(pk, tier or NO_TIER, policy.weight_of(tier), manager, since) for pk, tier, manager, since in rows]
    plan = rebalance(held, people)
    return _proposed(plan, portfolios, most, has_more=len(plan.moves) > most)


def _movable(portfolio: Portfolio, policy: PortfolioPolicy, room: int) -> Iterator[QuerySet[ManagerTerm]]:
    """Return who may go from one above their capacity: of each tier those that came last, as many as could move."""
    terms = ManagerTerm.objects.filter(manager=portfolio.person, ended_at=None, customer__merged_into=None)
    for tier, count in portfolio.by_tier:
        weight = policy.weight_of(tier)
        could_move = min(-(-(portfolio.load - portfolio.capacity) // weight), room // weight)
        if count and could_move:
            of_tier = terms.filter(customer__tier=None if tier == NO_TIER else tier).order_by("-started_at", "customer")
            yield of_tier.values_list("customer", "customer__tier", "manager", "started_at")[:could_move]


def _people(portfolios: list[Portfolio], at: datetime) -> list[Person]:
    today = today_at(at)
    return [
        Person(
            each.person.pk,
            each.capacity,
            frozenset(tier for tier in TIERS if each.takes(tier, today=today)),
            each.load,
        )
        for each in portfolios
    ]


def shifts_of(proposals: Iterable[Proposal], policy: PortfolioPolicy) -> list[Shift]:
    return [Shift(each.giver and each.giver.pk, each.taker.pk, policy.weights[each.tier]) for each in proposals]


def _proposed(
    plan: Plan, portfolios: list[Portfolio], most: int, *, has_more: bool, waiting: Sequence[Waiting] = ()
) -> Proposed:
    people = {each.person.pk: each.person for each in portfolios}
    moves = plan.moves[:most]
    wanted = [move.customer for move in moves]
    customers = Customer.objects.defer(*UNSEEN).in_bulk(wanted) if wanted else {}
    return Proposed(
        proposals=[
            Proposal(customers[move.customer], move.tier, people.get(move.giver), people[move.taker])
            for move in moves
            if move.customer in customers
        ],
        plan=plan,
        portfolios=portfolios,
        has_more=has_more,
        waiting=[*waiting],
    )


def suggestions(*, customer: Customer, policy: PortfolioPolicy, at: datetime) -> list[tuple[Portfolio, int]]:
    """Return who has room for a customer, most first, each with what would be free then; four queries."""
    tier, weight, today = customer.tier or NO_TIER, policy.weight_of(customer.tier), today_at(at)
    able = [
        each
        for each in load_portfolios(policy=policy)
        if each.person.pk != customer.account_manager_id and each.takes(tier, today=today) and each.free >= weight
    ]
    return [(each, each.free - weight) for each in sorted(able, key=lambda each: (-each.free, each.person.pk))]


def parse_sent(text: str) -> tuple[UUID, UUID | None, UUID, str] | None:
    """Return what `Proposal.sent` says; None where it is not of that form."""
    parts = text.split(":")
    if len(parts) != 4 or parts[3] not in TIERS:
        return None
    try:
        return UUID(parts[0]), UUID(parts[1]) if parts[1] else None, UUID(parts[2]), parts[3]
    except ValueError:
        return None
