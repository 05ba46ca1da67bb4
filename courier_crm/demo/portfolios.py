"""Who looks after whom at a demo courier: two account managers, one of whom has too much, and a pool to claim from."""

from collections.abc import Mapping
from datetime import date, timedelta

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_user
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import FollowUpState, HandoverReason, Tier
from customers.models import Customer, FollowUp
from customers.services import hand_over_customer
from portfolios.selectors import portfolio_of
from portfolios.services import claim_customer, create_policy, current_policy, release_customer, set_capacity
from portfolios.services.policies import RULES

SECOND_MANAGER = {"zh-hans": "何静怡", "en": "Nora Whitlock"}
HANDED_OVER, CLAIMED = 3, 4
# Of what the first one has, so much is what they should have.
SHARE_PERCENT = 80
SECOND_CAPACITY = 400


def make_portfolios(courier: Courier, people: Mapping[Role, User], *, password: str, today: date) -> None:
    """Hire a second account manager, hand some customers over, claim some, release one, and set capacities."""
    at = day_start(today, courier.time_zone)
    boss, first = people[Role.SUPERVISOR], people[Role.ACCOUNT_MANAGER]
    second = create_user(
        email=f"account-manager-2@{courier.slug}.example",
        name=SECOND_MANAGER[courier.language],
        role=Role.ACCOUNT_MANAGER,
        language=courier.language,
        department=first.department,
        team=first.team,
        password=password,
        by=people[Role.ADMINISTRATOR],
        at=at,
    )
    in_force = current_policy()
    rules = {name: getattr(in_force, name) for name in RULES} | {"silent_days": 180}
    create_policy(**rules, replaces=in_force.version, by=boss, at=at)
    # The first one goes on with what is to be done.
    busy = FollowUp.objects.filter(state=FollowUpState.OPEN, customer__isnull=False).values("customer")
    idle = Customer.objects.filter(account_manager=first, tier=Tier.VIP).exclude(pk__in=busy)
    mine = list(idle.order_by("contribution", "number"))
    for place, customer in enumerate(mine[:HANDED_OVER]):
        then = at - timedelta(days=12 - 3 * place)
        hand_over_customer(customer=customer, to=second, reason=HandoverReason.AREA, by=boss, at=then)
    pooled = Customer.objects.filter(current_policy().pooled, account_manager=None, tier__isnull=False)
    claimed = list(pooled.order_by("-contribution", "number")[:CLAIMED])
    for place, customer in enumerate(claimed):
        claim_customer(customer=customer, by=second, at=at - timedelta(days=6 - place))
    for customer in claimed[-1:]:
        release_customer(customer=customer, reason=HandoverReason.NO_NEED, by=second, at=at)
    load = portfolio_of(first, policy=current_policy()).load
    for person, points in ((first, load * SHARE_PERCENT // 100), (second, SECOND_CAPACITY)):
        set_capacity(person=person, points=points, tiers=[], absent_until=None, version=1, by=boss, at=at)
