"""Two couriers to try the product with: people, customers, two years of shipments, and tiers that moved.

Each has a sandbox, and so has every tenant: the same in small, without people.

The same seed and date make the same data. All names are invented.
"""

import csv
import io
import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_department, create_user, update_user
from core.console.services import create_tenant
from core.tenancy.clock import day_start, local_date
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from courier_crm.demo.behaviour import make_behaviour
from courier_crm.demo.consents import make_consents
from courier_crm.demo.couriers import COURIERS, Courier
from courier_crm.demo.development import make_development
from courier_crm.demo.follow_ups import make_follow_ups
from courier_crm.demo.keys import make_demo_keys, working_demo_keys
from courier_crm.demo.leads import WEEKS_OF_STAGES, make_leads, make_stages, take_up_newcomers
from courier_crm.demo.needs import make_needs
from courier_crm.demo.own_fields import make_own_fields
from courier_crm.demo.papers import make_papers
from courier_crm.demo.plans import make_plans
from courier_crm.demo.portfolios import make_portfolios
from courier_crm.demo.related import make_related
from courier_crm.demo.returns import make_returns
from courier_crm.demo.stories import number_of, story_of, talks_of_stories
from courier_crm.demo.teams import make_teams, note_answers
from courier_crm.demo.tiers import make_tier_decisions
from courier_crm.demo.traffic import DAYS, MONTHS, Shipper, scan_rows, shipment_file
from courier_crm.demo.watched import make_watched
from courier_crm.demo.wishes import make_wishes
from customers.divisions import districts_of, find
from customers.duplicates import match_some
from customers.enums import Channel, ConsentSource, ContactPointKind, CustomerKind, PointProof, PointSource
from customers.models import Customer
from customers.quality.judging import judge_some
from customers.services import NewContactPoint, add_address, add_contact, create_customer, record_interaction
from shipments.scans import record_scans
from shipments.upserting import record_shipments
from tiering.services import evaluate_segments, evaluate_tiers

__all__ = ["COURIERS", "PASSWORD", "build", "build_sandbox", "sign_ins", "working_demo_keys"]

# Known to everybody: a courier in earnest makes its tenant with create_tenant instead.
PASSWORD = "try-the-courier-crm"  # noqa: S105
WEEKS_OF_TIERS = 26
# So many of the best customers, and as many others, have been spoken with lately.
TALKATIVE = 40
# So many numbers are kept for invented people; of the customers every so many is one that stands there already.
NOBODYS_PHONES, ENTERED_TWICE = 1000, 60
SANDBOX_CUSTOMERS = 24


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
    tenant.is_demo = True
    tenant.save(update_fields=["is_demo"])
    with tenant_scope(tenant):
        people = _make_people(courier, at=at)
        make_demo_keys(courier, by=people[Role.ADMINISTRATOR], at=at)
        _make_business(chance, courier, customers, manager=people[Role.ACCOUNT_MANAGER], today=today)
        make_returns(courier, today=today)
        make_tier_decisions(courier, people, today=today)
        make_teams(courier, people, today=today)
        note_answers(people, today=today, zone=courier.time_zone)
        _write_down_talks(chance, courier, people, today=today)
        while match_some(at=at):
            pass
        make_consents(courier, by=people[Role.AGENT], today=today)
        make_needs(courier, by=people[Role.ACCOUNT_MANAGER], today=today)
        make_own_fields(courier, by=people[Role.ADMINISTRATOR], today=today)
        make_related(courier, by=people[Role.ACCOUNT_MANAGER], today=today)
        make_behaviour(courier, today=today)
        make_wishes(courier, people, today=today)
        make_plans(courier, people, today=today)
        make_papers(courier, people, today=today)
        make_development(courier, people, today=today)
        make_follow_ups(courier, people, today=today)
        make_leads(courier, people, today=today)
        make_portfolios(courier, people, password=PASSWORD, today=today)
        make_watched(courier, today=today)
        while judge_some(at=at):
            pass
    build_sandbox(sandbox=tenant.sandbox, language=courier.language, at=at)
    return tenant


def build_sandbox(*, sandbox: Tenant, language: str, at: datetime) -> None:
    """Fill a sandbox with a small courier's business up to today, in its tenant's language; no scope may be open."""
    like = next((each for each in COURIERS if each.language == language), COURIERS[0])
    courier = replace(like, time_zone=sandbox.time_zone, currency=sandbox.currency)
    chance = random.Random("sandbox")  # noqa: S311  nothing secret
    with tenant_scope(sandbox):
        _make_business(chance, courier, SANDBOX_CUSTOMERS, manager=None, today=local_date(at, sandbox.time_zone))


def _make_business(
    chance: random.Random, courier: Courier, customers: int, *, manager: User | None, today: date
) -> None:
    """Make customers, two years of shipments with scans, and the tiers of every week of the last half year."""
    at = day_start(today, courier.time_zone)
    shippers = _make_customers(chance, courier, customers, manager=manager, today=today)
    take_up_newcomers(since=today - timedelta(weeks=WEEKS_OF_STAGES), zone=courier.time_zone)
    file = shipment_file(chance, courier, shippers, today=today)
    record_shipments(rows=csv.DictReader(io.StringIO(file.decode())), by=None, at=at)
    record_scans(rows=scan_rows(chance, courier, file, today=today), at=at)
    _make_tiers(courier, today=today)
    make_stages(today=today, zone=courier.time_zone)


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
    chance: random.Random, courier: Courier, count: int, *, manager: User | None, today: date
) -> list[Shipper]:
    """Open the archives; the twentieth that ships most, and those of the stories, have an account manager."""
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
            manager=manager if weight > big or story_of(index, manager) else None,
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
) -> Shipper:
    place, brand, (trade, industry) = name
    city, region = place
    is_company = manager is not None or chance.random() > 0.16
    first = 0 if chance.random() < 0.55 else chance.randrange(DAYS - 20)
    last = DAYS if chance.random() < 0.82 else chance.randrange(first + 10, DAYS)
    story = story_of(index, manager)
    if story:
        first, last = story.first, DAYS
    created_at = day_start(today - timedelta(days=DAYS - first + 1 + chance.randrange(40)), courier.time_zone)
    customer = create_customer(
        number=number_of(courier, index),
        kind=CustomerKind.COMPANY if is_company else CustomerKind.INDIVIDUAL,
        company_name=courier.company_form.format(city=city, brand=brand, trade=trade) if is_company else "",
        person_name="" if is_company else _person(chance, courier),
        industry=industry if is_company else "",
        region=region,
        source=chance.choice(courier.sources),
        tags=chance.sample(courier.tags, chance.choice((0, 0, 1, 1, 2))),
        preferred_channel=chance.choice([Channel.PHONE, Channel.EMAIL, Channel.SMS, Channel.PHONE, Channel.VISIT]),
        preferred_language=courier.language,
        account_manager=manager,
        at=created_at,
    )
    if is_company or chance.random() < 0.3:
        _add_people_and_place(chance, courier, customer, place, at=created_at)
    if story:
        return Shipper(
            number=customer.number,
            city=place,
            weight=story.weight,
            first=first,
            last=last,
            moods=story.moods,
            trouble=story.trouble,
        )
    moods = [chance.lognormvariate(0, 0.6) for _ in range(MONTHS)]
    # Some have an archive and have never shipped.
    weight = 0 if manager is None and chance.random() < 0.07 else weight
    return Shipper(number=customer.number, city=place, weight=weight, first=first, last=last, moods=moods)


def _person(chance: random.Random, courier: Courier) -> str:
    return courier.name_form.format(family=chance.choice(courier.families), given=chance.choice(courier.given))


def _add_people_and_place(
    chance: random.Random, courier: Courier, customer: Customer, place: tuple[str, str], *, at: datetime
) -> None:
    index = int(customer.number.rpartition("-")[2])
    # Some were entered twice: they share the phones of the one before.
    owner = index - 1 if index % ENTERED_TWICE == 0 else index
    for is_primary in (True, False)[: chance.choice((1, 1, 2))]:
        phone = courier.phone_form.format(number=(2 * owner + (not is_primary)) % NOBODYS_PHONES)
        proof = PointProof.CALL if index % 3 else None
        points = [NewContactPoint(kind=ContactPointKind.PHONE, value=phone, is_preferred=True, verified_how=proof)]
        if chance.random() < 0.4:
            email = f"contact{chance.randrange(1000)}@{customer.number.lower()}.example"
            told = None if index % 4 else ConsentSource.PHONE
            points.append(NewContactPoint(kind=ContactPointKind.EMAIL, value=email, opted_out_how=told))
        add_contact(
            customer=customer,
            name=_person(chance, courier),
            position=chance.choice(courier.positions),
            is_primary=is_primary,
            points=points if chance.random() < 0.85 else [],
            source="" if index % 2 else PointSource.IMPORT,
            at=at,
        )
    street = courier.street_form.format(
        family=chance.choice(courier.families), number=chance.randrange(1, 300), unit=chance.randrange(1, 40)
    )
    city, region = place
    division = find(region=region, city=city, district="")
    districts = districts_of(division) if division else ()
    district = districts[index % len(districts)].name if districts else ""
    add_address(customer=customer, street=street, region=region, city=city, district=district, is_primary=True, at=at)


def _make_tiers(courier: Courier, *, today: date) -> None:
    """Evaluate as of every week's end up to yesterday, each the night after."""
    for week in reversed(range(WEEKS_OF_TIERS)):
        night = today - timedelta(weeks=week)
        evaluate_tiers(
            as_of=night - timedelta(days=1), at=day_start(night, courier.time_zone) + timedelta(hours=2 if week else 0)
        )
    evaluate_segments(as_of=today - timedelta(days=1), at=day_start(today, courier.time_zone))


def _write_down_talks(chance: random.Random, courier: Courier, people: dict[Role, User], *, today: date) -> None:
    """Fill the timelines of those who ship most, and of some others, with what was said in the last ninety days."""
    told = talks_of_stories(courier)
    customers = list(Customer.objects.order_by("-contribution", "number").prefetch_related("contacts"))
    customers = [customer for customer in customers if customer.number not in told]
    rest = customers[TALKATIVE:]
    talked_to = customers[:TALKATIVE] + chance.sample(rest, min(TALKATIVE, len(rest)))
    end = day_start(today, courier.time_zone)
    for customer in Customer.objects.filter(number__in=told).prefetch_related("contacts").order_by("number"):
        contact = customer.contacts.all()[0]
        for days_ago, kind, direction, text in told[customer.number]:
            happened_at = end - timedelta(days=days_ago) + timedelta(minutes=540 + 37 * (days_ago % 13))
            record_interaction(
                customer=customer,
                kind=kind,
                direction=direction,
                contact=contact,
                text=text,
                happened_at=happened_at,
                by=people[Role.AGENT if direction == "inbound" else Role.ACCOUNT_MANAGER],
                at=happened_at,
            )
    for customer in talked_to:
        contacts = list(customer.contacts.all())
        for kind, direction, text in chance.sample(courier.talks, chance.randint(1, len(courier.talks))):
            happened_at = end - timedelta(days=chance.randrange(1, 90)) + timedelta(minutes=chance.randrange(540, 1080))
            record_interaction(
                customer=customer,
                kind=kind,
                direction=direction,
                contact=chance.choice(contacts) if contacts else None,
                text=text,
                happened_at=happened_at,
                by=people[chance.choice((Role.AGENT, Role.ACCOUNT_MANAGER))],
                at=happened_at,
            )
