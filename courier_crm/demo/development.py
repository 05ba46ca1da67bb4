"""Business that a demo courier would like to come about: ten opportunities in every stage of the pipeline."""

from datetime import date, timedelta
from decimal import Decimal

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.models import Customer
from development.enums import DealStage, LostReason
from development.models import Opportunity
from development.services import add_competitor, move_opportunity, open_opportunity

# The way of each, in how many days it is expected to close, how much freight a month, and which competitor is at it.
WAYS = (
    ((), 75, 18_000, 0),
    ((), 40, 6_500, None),
    ((DealStage.QUALIFIED,), 25, 24_000, 1),
    ((DealStage.QUALIFIED,), -6, 9_000, None),
    ((DealStage.QUALIFIED, DealStage.PROPOSED), 30, 32_000, 0),
    ((DealStage.QUALIFIED, DealStage.PROPOSED), 55, 12_500, None),
    ((DealStage.QUALIFIED, DealStage.PROPOSED, DealStage.NEGOTIATING), 12, 41_000, 1),
    ((DealStage.QUALIFIED, DealStage.PROPOSED, DealStage.NEGOTIATING), 80, 15_000, None),
    ((DealStage.QUALIFIED, DealStage.PROPOSED, DealStage.NEGOTIATING, DealStage.WON), -20, 28_000, None),
    ((DealStage.QUALIFIED, DealStage.LOST), -30, 11_000, 0),
)
OPENED_BEFORE, STEP = timedelta(days=70), timedelta(days=12)


def make_opportunities(courier: Courier, people: dict[Role, User], *, today: date) -> list[Opportunity]:
    """Open ten opportunities with the customers that contribute most, and lead each along its way."""
    at = day_start(today, courier.time_zone)
    begun = at - OPENED_BEFORE
    by = people[Role.ACCOUNT_MANAGER]
    rivals = [
        add_competitor(name=name, strengths=strengths, by=people[Role.SUPERVISOR], at=begun)
        for name, strengths in courier.competitors
    ]
    customers = Customer.objects.order_by("-contribution", "number")[: len(WAYS)]
    made = []
    for customer, (stages, days, freight, rival), words in zip(customers, WAYS, courier.opportunities, strict=False):
        opportunity = open_opportunity(
            customer=customer,
            title=words[0],
            expected_freight=Decimal(freight),
            closes_on=today + timedelta(days=days),
            owner=by,
            competitor=None if rival is None else rivals[rival],
            need=words[1],
            by=by,
            at=begun,
        )
        for place, stage in enumerate(stages, start=1):
            reason = LostReason.COMPETITOR if stage == DealStage.LOST else ""
            facts = {"stage": stage, "lost_reason": reason, "by": by, "at": begun + place * STEP}
            opportunity = move_opportunity(opportunity=opportunity, **facts)
        made.append(opportunity)
    return made
