"""Business that a demo courier would like to come about: opportunities in every stage, and what was offered."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import override

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.clock import day_start, local_date, months_after
from courier_crm.demo.couriers import Courier
from customers.models import Customer
from development.benefits import usual_target
from development.enums import DealStage, LostReason, Measure, PriceBasis, ServiceKind
from development.models import CatalogueService, Opportunity, Proposal
from development.services import (
    accept_proposal,
    add_competitor,
    add_line,
    add_service,
    approve_proposal,
    create_proposal,
    measure_months,
    measures_of,
    move_opportunity,
    open_opportunity,
    propose_proposal,
    share_proposal,
    write_market_note,
)
from service_plans.enums import ItemKind

# The way of each, in how many days it is expected to close, how much freight a month, and which competitor is at it.
TO_OFFER = (DealStage.QUALIFIED, DealStage.PROPOSED)
TO_TALK = (*TO_OFFER, DealStage.NEGOTIATING)
WAYS = (
    ((), 75, 18_000, 0),
    ((), 40, 6_500, None),
    ((DealStage.QUALIFIED,), 25, 24_000, 1),
    ((DealStage.QUALIFIED,), -6, 9_000, None),
    (TO_OFFER, 30, 32_000, 0),
    (TO_OFFER, 55, 12_500, None),
    (TO_TALK, 12, 41_000, 1),
    (TO_TALK, 80, 15_000, None),
    (TO_TALK, -60, 28_000, None),
    ((DealStage.QUALIFIED, DealStage.LOST), -30, 11_000, 0),
)
# By their place: what is shared with the customer, waits for approval, is a draft, and was accepted long ago.
SHARED, WAITING, DRAFTED, ACCEPTED = 4, 6, 7, 8
STEP, AGREED_BEFORE, VALID = timedelta(days=12), timedelta(days=75), timedelta(days=30)
SERVICES = (
    (ServiceKind.DISTRIBUTION, PriceBasis.PER_PARCEL, "7.80", Measure.DAYS, 15, ItemKind.ROUTE),
    (ServiceKind.DISTRIBUTION, PriceBasis.PER_MONTH, "1200", Measure.ON_TIME, 40, ItemKind.PRODUCT),
    (ServiceKind.PROMOTION, PriceBasis.PER_PARCEL, "0.60", "", None, ItemKind.PACKAGING),
    (ServiceKind.SELLING, PriceBasis.PER_PARCEL, "6.90", Measure.COST, 8, ItemKind.PRICE),
    (ServiceKind.AFTER_SALES, PriceBasis.PER_PARCEL, "4.50", Measure.RETURNS, 20, ItemKind.REPORTING),
)
# Both names and descriptions of each.
SAID = (
    ("干线直发", "Direct line", "按仓库批量直发主要城市。", "From the warehouse straight to main cities."),
    ("准时保障", "Punctual", "专人盯单，承诺时间内派送。", "Watched by a dedicated person, delivered as promised."),
    ("包裹内附宣传页", "Leaflets in parcels", "随包裹派发宣传页。", "Leaflets are put into parcels."),
    ("协议价发货", "Agreed rates", "按月量阶梯定价。", "Prices by monthly volume."),
    (
        "退换一站处理",
        "Returns in one place",
        "退换件统一收取、质检。",
        "Returns are collected and checked in one place.",
    ),
)


def make_development(courier: Courier, people: dict[Role, User], *, today: date) -> None:
    """Fill the catalogue, open ten opportunities with the customers that contribute most, and offer something."""
    at = day_start(today, courier.time_zone)
    services = _make_catalogue(people[Role.SUPERVISOR], at=at - timedelta(days=300))
    made = _make_opportunities(courier, people, at=at, today=today)
    writer, approver = people[Role.ACCOUNT_MANAGER], people[Role.SUPERVISOR]
    with override(courier.language):
        _offer(made[DRAFTED], services[:2], by=writer, at=at)
        waiting = _offer(made[WAITING], services[1:4], by=writer, at=at)
        propose_proposal(proposal=waiting, by=writer, at=at)
        _share(_offer(made[SHARED], services[:3], by=writer, at=at), writer, approver, at=at)
        agreed_at = at - AGREED_BEFORE
        agreed = _offer(made[ACCEPTED], services, by=writer, at=agreed_at - timedelta(days=6))
        agreed = _share(agreed, writer, approver, at=agreed_at - timedelta(days=4))
        accept_proposal(proposal=agreed, name=courier.people[Role.ADMINISTRATOR][0], at=agreed_at)
    for opportunity, text in zip((made[0], made[6], made[9]), courier.market_notes, strict=True):
        facts = {"competitor": opportunity.competitor, "region": opportunity.customer.region}
        write_market_note(text=text, opportunity=opportunity, **facts, by=writer, at=at - timedelta(days=3))
    this_month = today.replace(day=1)
    measure_months(first=months_after(this_month, -6), last=this_month, at=at)


def _make_catalogue(by: User, *, at: datetime) -> list[CatalogueService]:
    made = []
    for (kind, basis, price, measure, percent, item), words in zip(SERVICES, SAID, strict=True):
        names = dict(zip(("name_zh", "name_en", "description_zh", "description_en"), words, strict=True))
        facts = {"kind": kind, "price_basis": basis, "list_price": Decimal(price), "plan_item": item, **names}
        facts |= {"measure": measure, "improves_percent": percent}
        made.append(add_service(facts=facts, by=by, at=at))
    return made


def _make_opportunities(courier: Courier, people: dict[Role, User], *, at: datetime, today: date) -> list[Opportunity]:
    by = people[Role.ACCOUNT_MANAGER]
    rivals = [
        add_competitor(name=name, strengths=strengths, by=people[Role.SUPERVISOR], at=at - timedelta(days=300))
        for name, strengths in courier.competitors
    ]
    customers = Customer.objects.order_by("-contribution", "number")[: len(WAYS)]
    made = []
    for place, (customer, way, words) in enumerate(zip(customers, WAYS, courier.opportunities, strict=True)):
        stages, days, freight, rival = way
        begun = at - (len(stages) + 1) * STEP - (AGREED_BEFORE if place == ACCEPTED else timedelta())
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
        for turn, stage in enumerate(stages, start=1):
            reason = LostReason.COMPETITOR if stage == DealStage.LOST else ""
            facts = {"stage": stage, "lost_reason": reason, "by": by, "at": begun + turn * STEP}
            opportunity = move_opportunity(opportunity=opportunity, **facts)
        made.append(opportunity)
    return made


def _offer(opportunity: Opportunity, services: Sequence[CatalogueService], *, by: User, at: datetime) -> Proposal:
    day = local_date(at, opportunity.tenant.time_zone)
    proposal = create_proposal(opportunity=opportunity, valid_until=day + VALID, by=by, at=at)
    stands = measures_of(opportunity.customer, today=day, at=at)
    for service in services:
        facts = {
            "service": service,
            "text": service.description,
            "price": service.list_price,
            "price_basis": service.price_basis,
        }
        baseline = stands.get(service.measure)
        target = usual_target(service.measure, baseline, service.improves_percent) if baseline else None
        if target is not None and target != baseline:
            facts |= {"measure": service.measure, "baseline": baseline, "target": target}
        add_line(proposal=proposal, facts=facts, by=by, at=at)
    return proposal


def _share(proposal: Proposal, writer: User, approver: User, *, at: datetime) -> Proposal:
    propose_proposal(proposal=proposal, by=writer, at=at)
    approve_proposal(proposal=proposal, by=approver, at=at + timedelta(hours=1))
    return share_proposal(proposal=proposal, by=writer, at=at + timedelta(hours=2))
