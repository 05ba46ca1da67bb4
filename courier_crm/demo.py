"""Two couriers to try the product with: people, customers, two years of shipments, and tiers that moved.

The same seed and date make the same data. All names are invented.
"""

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_department, create_user, update_user
from core.console.services import create_tenant
from core.tenancy.clock import day_start
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from customers.enums import Channel, ContactPointKind, CustomerKind, Tier
from customers.models import Customer
from customers.services import NewContactPoint, add_address, add_contact, create_customer
from shipments.ingest import import_shipments
from tiering.services import evaluate_tiers, set_override

# Known to everybody: a courier in earnest makes its tenant with create_tenant instead.
PASSWORD = "try-the-courier-crm"  # noqa: S105
DAYS = 730
SHIPMENTS_PER_CUSTOMER = 30
WEEKS_OF_TIERS = 26
# November's sales and the lull of the new year, January first.
SEASON = (0.9, 0.6, 1.0, 1.0, 1.0, 1.15, 0.95, 0.95, 1.05, 1.1, 1.7, 1.4)
HEADER = (
    "waybill_number",
    "customer_number",
    "status",
    "accepted_at",
    "picked_up_at",
    "promised_at",
    "delivered_at",
    "freight",
    "surcharges",
    "refunds",
    "declared_value",
    "goods_category",
    "service_product",
    "transport_mode",
    "booking_channel",
    "packaging",
    "services",
    "exceptions",
    "weight_g",
    "origin_city",
    "origin_region",
    "destination_city",
    "destination_region",
)
# Mode of transport, days on the way, price of a shipment and of each kilogram, share of all shipments.
PRODUCTS = (("air", 1, 22, 9, 20), ("road", 3, 12, 3, 55), ("rail", 4, 10, 2, 10), ("same_city", 0, 15, 2, 15))


@dataclass(frozen=True, kw_only=True)
class Courier:
    """What is typical of one courier and its country."""

    slug: str
    name: str
    time_zone: str
    currency: str
    language: str
    prefix: str
    price: float
    people: dict[Role, tuple[str, int]]
    departments: Sequence[str]
    families: Sequence[str]
    given: Sequence[str]
    name_form: str
    cities: Sequence[tuple[str, str]]
    brands: Sequence[str]
    trades: Sequence[tuple[str, str]]
    company_form: str
    sources: Sequence[str]
    tags: Sequence[str]
    positions: Sequence[str]
    street_form: str
    phone_form: str
    goods: Sequence[str]
    products: dict[str, str]
    override_reason: str


SUDI = Courier(
    slug="sudi",
    name="速递通 Sudi Express",
    time_zone="Asia/Shanghai",
    currency="CNY",
    language="zh-hans",
    prefix="SD",
    price=1.0,
    people={
        Role.ADMINISTRATOR: ("周启明", 3),
        Role.SUPERVISOR: ("林晓燕", 0),
        Role.AGENT: ("陈思雨", 0),
        Role.ACCOUNT_MANAGER: ("赵宏伟", 1),
        Role.MARKETING: ("孙悦", 2),
        Role.ANALYST: ("吴嘉文", 2),
        Role.PRIVACY_OFFICER: ("郑慧", 3),
    },
    departments=("客户服务部", "大客户部", "市场部", "管理部"),
    families=tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"),
    given=("伟", "芳", "娜", "敏", "静", "强", "磊", "洋", "艳", "勇", "建华", "晓明", "雨桐", "子轩", "佳怡", "志远"),
    name_form="{family}{given}",
    cities=(
        ("上海", "上海"),
        ("北京", "北京"),
        ("广州", "广东"),
        ("深圳", "广东"),
        ("杭州", "浙江"),
        ("义乌", "浙江"),
        ("成都", "四川"),
        ("武汉", "湖北"),
        ("南京", "江苏"),
        ("苏州", "江苏"),
    ),
    brands=(
        "华兴",
        "恒达",
        "瑞丰",
        "金源",
        "同创",
        "远航",
        "蓝海",
        "明德",
        "佳禾",
        "星辉",
        "云锦",
        "百川",
        "合众",
        "顺和",
    ),
    trades=(
        ("服饰", "服装"),
        ("电子科技", "电子"),
        ("食品", "食品"),
        ("家居用品", "家居"),
        ("医药", "医药"),
        ("文化传媒", "图书文化"),
        ("汽车配件", "汽配"),
        ("电子商务", "电商"),
    ),
    company_form="{city}{brand}{trade}有限公司",
    sources=("网点", "官网", "展会", "客户推荐", "电商平台"),
    tags=("月结", "电商", "冷链", "易碎品", "跨境"),
    positions=("物流经理", "采购主管", "前台", "总经理"),
    street_form="{family}家路{number}号{unit}室",
    phone_form="1390000{number:04}",
    goods=("文件", "服装", "电子产品", "食品", "日用品", "药品"),
    products={"air": "特快", "road": "标快", "rail": "经济快件", "same_city": "同城急送"},
    override_reason="战略合作客户，已签年度框架协议",
)

PARCELWAY = Courier(
    slug="parcelway",
    name="Parcelway",
    time_zone="Europe/London",
    currency="GBP",
    language="en",
    prefix="PW",
    price=0.4,
    people={
        Role.ADMINISTRATOR: ("Helen Marsh", 3),
        Role.SUPERVISOR: ("David Okafor", 0),
        Role.AGENT: ("Sophie Turner", 0),
        Role.ACCOUNT_MANAGER: ("James Whitfield", 1),
        Role.MARKETING: ("Priya Nair", 2),
        Role.ANALYST: ("Tom Gallagher", 2),
        Role.PRIVACY_OFFICER: ("Ruth Bennett", 3),
    },
    departments=("Customer service", "Key accounts", "Marketing", "Head office"),
    families=("Smith", "Jones", "Taylor", "Brown", "Evans", "Walker", "Wright", "Khan", "Hughes", "Murphy", "Patel"),
    given=("Oliver", "Amelia", "Harry", "Isla", "Jack", "Grace", "Noah", "Emily", "Leo", "Chloe", "Adam", "Zara"),
    name_form="{given} {family}",
    cities=(
        ("London", "London"),
        ("Manchester", "North West"),
        ("Liverpool", "North West"),
        ("Birmingham", "West Midlands"),
        ("Leeds", "Yorkshire"),
        ("Sheffield", "Yorkshire"),
        ("Bristol", "South West"),
        ("Glasgow", "Scotland"),
        ("Edinburgh", "Scotland"),
        ("Cardiff", "Wales"),
    ),
    brands=(
        "Harbour",
        "Oakfield",
        "Kingsway",
        "Northgate",
        "Blue Kiln",
        "Ashdown",
        "Foxglove",
        "Millbrook",
        "Stonebridge",
    ),
    trades=(
        ("Clothing", "Fashion"),
        ("Electronics", "Electronics"),
        ("Foods", "Food"),
        ("Interiors", "Home"),
        ("Pharma", "Health"),
        ("Books", "Publishing"),
        ("Motor Parts", "Automotive"),
        ("Online", "E-commerce"),
    ),
    company_form="{brand} {trade} {city} Ltd",
    sources=("Depot", "Website", "Trade fair", "Referral", "Marketplace"),
    tags=("monthly account", "e-commerce", "chilled", "fragile", "export"),
    positions=("Logistics manager", "Buyer", "Front desk", "Director"),
    street_form="{number} {family} Street, Unit {unit}",
    phone_form="+44 7700 90{number:04}",
    goods=("Documents", "Clothing", "Electronics", "Food", "Household", "Medicine"),
    products={"air": "Express", "road": "Standard", "rail": "Economy", "same_city": "Same day"},
    override_reason="Strategic partner with a signed framework agreement",
)

COURIERS = (SUDI, PARCELWAY)


@dataclass(frozen=True, kw_only=True)
class _Shipper:
    """A customer's place and habits: its weight among all, its active days and how busy each month is."""

    number: str
    city: tuple[str, str]
    weight: float
    first: int
    last: int
    moods: Sequence[float]


def sign_ins(courier: Courier) -> list[tuple[str, Role]]:
    """Return the e-mail address and role of everybody who may sign in."""
    return [(_email(courier, role), role) for role in courier.people]


def build(courier: Courier, *, seed: int, customers: int, today: date) -> Tenant:
    """Make the courier and all its data as it stands at the start of `today`; no scope may be open.

    The caller's transaction makes it whole or not at all.
    """
    chance = random.Random(f"{courier.slug}:{seed}")  # noqa: S311  nothing secret
    at = day_start(today, courier.time_zone)
    tenant, _password = create_tenant(
        slug=courier.slug,
        name=courier.name,
        time_zone=courier.time_zone,
        currency=courier.currency,
        admin_email=_email(courier, Role.ADMINISTRATOR),
        language=courier.language,
        at=at - timedelta(days=2 * DAYS),
    )
    with tenant_scope(tenant):
        people = _make_people(courier, at=at)
        shippers = _make_customers(chance, courier, customers, manager=people[Role.ACCOUNT_MANAGER], today=today)
        stream = io.BytesIO(_shipment_file(chance, courier, shippers, today=today))
        import_shipments(stream=stream, tenant=tenant, by=None, at=at)
        _make_tiers(courier, by=people[Role.SUPERVISOR], today=today)
    return tenant


def _email(courier: Courier, role: Role) -> str:
    word = "admin" if role == Role.ADMINISTRATOR else str(role).replace("_", "-")
    return f"{word}@{courier.slug}.example"


def _make_people(courier: Courier, *, at: datetime) -> dict[Role, User]:
    departments = [create_department(name=name, by=None, at=at) for name in courier.departments]
    people = {}
    for role, (name, place) in courier.people.items():
        facts = {
            "email": _email(courier, role),
            "name": name,
            "role": role,
            "language": courier.language,
            "department": departments[place],
        }
        if role == Role.ADMINISTRATOR:
            first = User.objects.get(email=facts["email"])
            people[role] = update_user(user=first, **facts, time_zone="", team=None, by=first, at=at)
            people[role].set_password(PASSWORD)
            people[role].save(update_fields=["password"])
        else:
            people[role] = create_user(**facts, password=PASSWORD, by=people[Role.ADMINISTRATOR], at=at)
    return people


def _make_customers(
    chance: random.Random, courier: Courier, count: int, *, manager: User, today: date
) -> list[_Shipper]:
    """Open the archives; the twentieth that ships most has an account manager."""
    # Capped, so that no single customer is the whole business.
    weights = [min(chance.paretovariate(1.1), 60.0) for _ in range(count)]
    big = sorted(weights, reverse=True)[count // 20]
    names = list(product(courier.cities, courier.brands, courier.trades))
    chance.shuffle(names)
    return [
        _make_customer(
            chance,
            courier,
            index,
            weight,
            name=names[index % len(names)],
            manager=manager if weight > big else None,
            today=today,
        )
        for index, weight in enumerate(weights, start=1)
    ]


def _make_customer(
    chance: random.Random,
    courier: Courier,
    index: int,
    weight: float,
    *,
    name: tuple,
    manager: User | None,
    today: date,
) -> _Shipper:
    place, brand, (trade, industry) = name
    city, region = place
    is_company = manager is not None or chance.random() > 0.16
    first = 0 if chance.random() < 0.55 else chance.randrange(DAYS - 20)
    last = DAYS if chance.random() < 0.82 else chance.randrange(first + 10, DAYS)
    created_at = day_start(today - timedelta(days=DAYS - first + 1 + chance.randrange(40)), courier.time_zone)
    customer = create_customer(
        number=f"{courier.prefix}-{index:05}",
        kind=CustomerKind.COMPANY if is_company else CustomerKind.INDIVIDUAL,
        company_name=courier.company_form.format(city=city, brand=brand, trade=trade) if is_company else "",
        person_name="" if is_company else _person(chance, courier),
        industry=industry if is_company else "",
        region=region,
        source=chance.choice(courier.sources),
        tags=chance.sample(courier.tags, chance.choice((0, 0, 1, 1, 2))),
        preferred_channel=chance.choice(Channel.values),
        preferred_language=courier.language,
        account_manager=manager,
        at=created_at,
    )
    if is_company or chance.random() < 0.3:
        _add_people_and_place(chance, courier, customer, place, at=created_at)
    moods = [chance.lognormvariate(0, 0.6) for _ in range(DAYS // 30 + 1)]
    # Some have an archive and have never shipped.
    weight = 0 if manager is None and chance.random() < 0.07 else weight
    return _Shipper(number=customer.number, city=place, weight=weight, first=first, last=last, moods=moods)


def _person(chance: random.Random, courier: Courier) -> str:
    return courier.name_form.format(family=chance.choice(courier.families), given=chance.choice(courier.given))


def _add_people_and_place(
    chance: random.Random, courier: Courier, customer: Customer, place: tuple[str, str], *, at: datetime
) -> None:
    for is_primary in (True, False)[: chance.choice((1, 1, 2))]:
        phone = courier.phone_form.format(number=chance.randrange(1000))
        points = [NewContactPoint(kind=ContactPointKind.PHONE, value=phone, is_preferred=True)]
        if chance.random() < 0.4:
            email = f"contact{chance.randrange(1000)}@{customer.number.lower()}.example"
            points.append(NewContactPoint(kind=ContactPointKind.EMAIL, value=email))
        add_contact(
            customer=customer,
            name=_person(chance, courier),
            position=chance.choice(courier.positions),
            is_primary=is_primary,
            points=points if chance.random() < 0.85 else [],
            at=at,
        )
    street = courier.street_form.format(
        family=chance.choice(courier.families), number=chance.randrange(1, 300), unit=chance.randrange(1, 40)
    )
    add_address(customer=customer, street=street, city=place[0], region=place[1], is_primary=True)


def _shipment_file(chance: random.Random, courier: Courier, shippers: list[_Shipper], *, today: date) -> bytes:
    """Return a CSV file of the shipments accepted in the days before `today`, earliest first."""
    total = len(shippers) * SHIPMENTS_PER_CUSTOMER
    # Who comes late or leaves early ships less.
    shares = [shipper.weight * (shipper.last - shipper.first) for shipper in shippers]
    start = today - timedelta(days=DAYS)
    orders = []
    for shipper, share in zip(shippers, shares, strict=True):
        days = range(shipper.first, shipper.last)
        odds = [_busyness(shipper, day, start + timedelta(days=day)) for day in days]
        count = max(1, round(total * share / sum(shares))) if share else 0
        orders += [(day, shipper) for day in chance.choices(days, odds, k=count)]
    orders.sort(key=lambda order: (order[0], order[1].number))

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for serial, (day, shipper) in enumerate(orders, start=1):
        waybill = f"{courier.prefix}{start.year}{serial:08}"
        writer.writerow(_shipment(chance, courier, shipper, waybill, start + timedelta(days=day), today=today))
    return text.getvalue().encode()


def _busyness(shipper: _Shipper, day: int, on: date) -> float:
    return shipper.moods[day // 30] * SEASON[on.month - 1] * (0.4 if on.weekday() >= 5 else 1)


def _shipment(
    chance: random.Random, courier: Courier, shipper: _Shipper, waybill: str, on: date, *, today: date
) -> tuple[object, ...]:
    mode, days, base, per_kilogram, _share = chance.choices(PRODUCTS, [each[-1] for each in PRODUCTS])[0]
    accepted = datetime.combine(on, time(chance.randrange(8, 18), chance.randrange(60)))
    promised = accepted + timedelta(days=days, hours=4)
    is_cancelled, is_late = chance.random() < 0.015, chance.random() < 0.05
    delivered = promised + timedelta(hours=chance.randrange(20, 60) if is_late else -chance.randrange(1, 4))
    is_delivered = not is_cancelled and delivered.date() < today
    weight = round(min(chance.lognormvariate(0.3, 0.9), 60) * 1000)
    freight = round((base + per_kilogram * weight / 1000) * courier.price * chance.uniform(0.9, 1.2), 2)
    is_insured = chance.random() < 0.1
    damage = chance.choices(["", "damaged", "lost", "returned"], [975, 12, 3, 10])[0]
    refund = freight if is_cancelled else freight / 2 if damage in {"damaged", "lost"} else 0
    exceptions = [code for code in ("late" if is_late and is_delivered else "", damage) if code]
    destination = shipper.city if mode == "same_city" else chance.choice(courier.cities)
    return (
        waybill,
        shipper.number,
        "cancelled" if is_cancelled else "delivered" if is_delivered else "in_transit",
        accepted.isoformat(" "),
        "" if is_cancelled else (accepted + timedelta(minutes=chance.randrange(10, 90))).isoformat(" "),
        promised.isoformat(" "),
        delivered.isoformat(" ") if is_delivered else "",
        f"{freight:.2f}",
        f"{freight * 0.08 if is_insured else 0:.2f}",
        f"{refund:.2f}",
        f"{freight * chance.randrange(10, 80):.2f}" if is_insured else "",
        chance.choice(courier.goods),
        courier.products[mode],
        mode,
        chance.choice(("counter", "pickup", "pickup", "app", "e_commerce")),
        chance.choice(("standard", "standard", "recycled", "reusable", "paperless")),
        "insured_value" if is_insured else chance.choice(("", "", "", "signed_return", "night_pickup")),
        ";".join(exceptions),
        weight,
        *shipper.city,
        *destination,
    )


def _make_tiers(courier: Courier, *, by: User, today: date) -> None:
    """Evaluate as of every week's end up to yesterday, each the night after, then set one tier by hand."""
    for week in reversed(range(WEEKS_OF_TIERS)):
        night = today - timedelta(weeks=week)
        evaluate_tiers(
            as_of=night - timedelta(days=1), at=day_start(night, courier.time_zone) + timedelta(hours=2 if week else 0)
        )
    at = day_start(today, courier.time_zone)
    low = Customer.objects.filter(tier=Tier.LOW).order_by("-contribution", "number").first()
    if low is not None:
        set_override(
            customer=low,
            tier=Tier.MID,
            reason=courier.override_reason,
            expires_on=today + timedelta(days=90),
            by=by,
            at=at,
        )
