"""How a demo courier wins its customers: sources and what they cost, playbooks, leads under way, won and given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import ContactPointKind, FollowUpKind, Stage, Tier
from customers.models import Customer
from customers.services import NewContactPoint
from lifecycle.enums import ForWhom
from lifecycle.models import LeadSource, LostReason
from lifecycle.services import (
    add_step,
    assign_lead,
    capture_lead,
    contact_lead,
    convert_lead,
    evaluate_stages,
    lose_lead,
    qualify_lead,
    take_lead,
    take_up_lead,
    update_source,
)

WEEKS_OF_STAGES = 26
COSTS = {1: Decimal("1500.00"), 2: Decimal("2400.00"), 3: Decimal("6000.00"), 4: Decimal("3800.00")}
# By which the public form is advertised, by the place of a source.
WORDS = {3: "expo", 4: "spring-ads"}
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Wanted:
    """One lead: so many days ago, by the nth source, how far it came, and what they ship."""

    days_ago: int
    source: int
    state: str
    name: str
    person: str
    wish: str


LEADS: Mapping[str, Sequence[Wanted]] = {
    "zh-hans": (
        Wanted(1, 0, "new", "晨露花艺有限公司", "秦晓岚", "每天约四十件鲜花，同城当日达，需要保温箱。"),
        Wanted(2, 0, "new", "", "罗一鸣", "个人搬家，十来箱书，从深圳寄到成都。"),
        Wanted(3, 3, "new", "云帆电子商务有限公司", "梁思远", "每月三千单小件，发往华东。"),
        Wanted(5, 2, "contacted", "青禾农产品有限公司", "贺文静", "生鲜水果，每周两次冷链。"),
        Wanted(8, 1, "contacted", "海棠文创有限公司", "乔雨薇", "易碎陶瓷，每月两百件，要保价。"),
        Wanted(12, 3, "qualified", "远航仪器有限公司", "唐立群", "精密仪器，每月六十件，需签单返还。"),
        Wanted(15, 1, "qualified", "绿洲母婴用品有限公司", "孟佳", "电商仓发货，每天两百单。"),
        Wanted(20, 4, "qualified", "鼎新服饰有限公司", "邵东", "换季退货多，想要上门取件。"),
        Wanted(26, 2, "lost", "宏图印务有限公司", "龚建国", "画册和样本，每月一百件。"),
        Wanted(33, 4, "lost", "百味轩食品有限公司", "易小曼", "糕点礼盒，节前集中发货。"),
        Wanted(40, 1, "converted", "松涛五金有限公司", "严松", "五金件，偏重，每周一批到武汉。"),
        Wanted(47, 3, "converted", "星河教育科技有限公司", "温雅", "教材和试卷，开学季量大。"),
    ),
    "en": (
        Wanted(1, 0, "new", "Morning Dew Flowers Ltd", "Carys Penrose", "Forty bouquets a day in town, kept cool."),
        Wanted(2, 0, "new", "", "Rowan Blythe", "A dozen boxes of books from Leeds to Bristol, once."),
        Wanted(3, 3, "new", "Cloudsail Trading Ltd", "Imogen Farrow", "Three thousand small parcels a month."),
        Wanted(5, 2, "contacted", "Greenrow Produce Ltd", "Tobias Lark", "Fruit twice a week, chilled."),
        Wanted(8, 1, "contacted", "Crabtree Ceramics Ltd", "Maud Ashby", "Breakable, two hundred a month, insured."),
        Wanted(12, 3, "qualified", "Farsight Instruments Ltd", "Edmund Vale", "Sixty a month, with signed return."),
        Wanted(15, 1, "qualified", "Oasis Nursery Goods Ltd", "Phoebe Lane", "Two hundred orders a day."),
        Wanted(20, 4, "qualified", "Newloom Clothing Ltd", "Silas Marlow", "Many returns: pickup at the door."),
        Wanted(26, 2, "lost", "Broadsheet Printers Ltd", "Agnes Holt", "Brochures, a hundred a month."),
        Wanted(33, 4, "lost", "Hundred Flavours Bakery Ltd", "Jonah Pike", "Gift boxes before holidays."),
        Wanted(40, 1, "converted", "Pinewood Fittings Ltd", "Hester Quinn", "Heavy parts to Glasgow every week."),
        Wanted(47, 3, "converted", "Starfield Schools Ltd", "Barnaby Reed", "Books and papers when term begins."),
    ),
}
STEPS: Mapping[str, Sequence[tuple[Stage, FollowUpKind, str, int, str]]] = {
    "zh-hans": (
        (Stage.LEAD, FollowUpKind.CALL, "致电了解货物、月发货量和目前承运商", 1, ""),
        (Stage.DECLINING, FollowUpKind.VISIT, "上门了解发货减少的原因", 3, Tier.VIP),
        (Stage.LOST, FollowUpKind.CALL, "致电询问去向，带上挽留方案", 2, Tier.VIP),
        (Stage.WON_BACK, FollowUpKind.CALL, "感谢回来，确认这次的体验", 2, ""),
    ),
    "en": (
        (Stage.LEAD, FollowUpKind.CALL, "Call: what goods, how many a month, who carries them now", 1, ""),
        (Stage.DECLINING, FollowUpKind.VISIT, "Visit, and find out why they ship less", 3, Tier.VIP),
        (Stage.LOST, FollowUpKind.CALL, "Call, ask where they went, and offer a way back", 2, Tier.VIP),
        (Stage.WON_BACK, FollowUpKind.CALL, "Thank them for coming back, and ask how it went", 2, ""),
    ),
}


def take_up_newcomers(*, since: date, zone: str) -> None:
    """Take up whoever got an archive lately, before shipments are there, as leads of one source after the other."""
    sources = list(LeadSource.objects.order_by("pk"))
    newcomers = Customer.objects.filter(created_at__gte=day_start(since, zone)).order_by("number")
    for place, customer in enumerate(newcomers):
        take_up_lead(
            customer=customer, source=sources[place % len(sources)], assignee=None, by=None, at=customer.created_at
        )


def make_stages(*, today: date, zone: str) -> None:
    """Evaluate as of the end of every week of the last half year, each the night after."""
    for week in reversed(range(WEEKS_OF_STAGES)):
        night = today - timedelta(weeks=week)
        at = day_start(night, zone) + (timedelta(hours=2, minutes=30) if week else timedelta())
        evaluate_stages(as_of=night - timedelta(days=1), at=at)


def make_leads(courier: Courier, people: Mapping[Role, User], *, today: date) -> None:
    """Say what sources cost and what is done in each stage, and work on a dozen leads."""
    at = day_start(today, courier.time_zone)
    boss = people[Role.SUPERVISOR]
    sources = list(LeadSource.objects.order_by("pk"))
    for place, amount in COSTS.items():
        source = sources[place]
        update_source(
            source=source,
            version=source.version,
            name_zh=source.name_zh,
            name_en=source.name_en,
            key=WORDS.get(place),
            amount=amount,
            from_month=(today - timedelta(days=365)).replace(day=1),
            by=boss,
            at=at,
        )
    for stage, kind, words, days, tier in STEPS[courier.language]:
        facts = {"stage": stage, "kind": kind, "words": words, "due_days": days, "tier": tier}
        add_step(facts={**facts, "for_whom": ForWhom.MANAGER, "team": None, "role": ""}, by=boss, at=at)
    for place, wanted in enumerate(LEADS[courier.language]):
        begun = day_start(today - timedelta(days=wanted.days_ago), courier.time_zone) + timedelta(hours=10)
        _make_lead(courier, wanted, place, sources[wanted.source], people, at=begun)


def _make_lead(
    courier: Courier, wanted: Wanted, place: int, source: LeadSource, people: Mapping[Role, User], *, at: datetime
) -> None:
    manager = people[Role.ACCOUNT_MANAGER]
    named = {"company_name": wanted.name} if wanted.name else {"person_name": wanted.person}
    lead = capture_lead(
        kind="company" if wanted.name else "individual",
        facts={**named, "region": courier.cities[place % len(courier.cities)][1]},
        contact_name=wanted.person,
        points=[
            NewContactPoint(kind=ContactPointKind.PHONE, value=courier.phone_form.format(number=900 + place)),
        ],
        source=source,
        wish=wanted.wish,
        by=None if source.key == LeadSource.FORM else people[Role.AGENT],
        at=at,
    )
    if wanted.state == "new":
        if place == 2:
            assign_lead(lead=lead, assignee=manager, by=people[Role.SUPERVISOR], at=at + AN_HOUR)
        return
    take_lead(lead=lead, by=manager, at=at + AN_HOUR)
    contact_lead(lead=lead, by=manager, at=at + 3 * AN_HOUR)
    if wanted.state in {"qualified", "converted"}:
        qualify_lead(lead=lead, by=manager, at=at + timedelta(days=2))
    if wanted.state == "converted":
        convert_lead(lead=lead, by=manager, at=at + timedelta(days=9))
    if wanted.state == "lost":
        reasons = list(LostReason.objects.order_by("pk"))
        lose_lead(lead=lead, reason=reasons[place % 2], by=manager, at=at + timedelta(days=6))
