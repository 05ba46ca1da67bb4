import csv
import io
import random
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from behaviour.models import CustomerBehaviour
from core.accounts.enums import Role
from core.accounts.models import User
from core.events.models import OutboxEvent
from core.partners import scopes
from core.partners.models import ApiKey
from core.partners.selectors import find_api_key
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from courier_crm import demo
from courier_crm.demo.couriers import COURIERS
from courier_crm.demo.stories import STORIES, number_of
from courier_crm.demo.traffic import DAYS, Shipper, shipment_file
from customers.follow_ups.querysets import of_day
from customers.imports.parts import is_phone
from customers.models import Consent, Contact, Customer, Interaction
from development.models import BenefitMonth, Opportunity, Proposal
from lifecycle.enums import LeadState
from lifecycle.models import Lead
from service_plans.models import PlanMonth, ServicePlan
from service_requests.models import ServiceRequest
from shipments.follow_ups import EXCEPTION_OF_VALUED, wanted_for_exception
from shipments.models import ScanEvent, Shipment
from tiering.models import TierChange, TierOverride

MODELS = (User, Customer, Contact, Shipment, ScanEvent, TierChange, TierOverride, ServiceRequest)
AGREED = (Consent, ServicePlan, PlanMonth, Opportunity, Proposal, BenefitMonth)
SEEDED_DAY_END = datetime(2026, 3, 3, tzinfo=UTC)


def seed(*arguments):
    output = StringIO()
    call_command("seed_demo", "--customers", "30", "--today", "2026-03-02", *arguments, stdout=output)
    return output.getvalue()


def counts():
    found = {}
    for tenant in Tenant.objects.filter(sandbox_of=None).order_by("slug"):
        with tenant_scope(tenant):
            found[tenant.slug] = [model.objects.count() for model in (*MODELS, *AGREED)]
    return found


def test_seed_makes_two_couriers_once(db, now):
    first = seed()
    made = counts()
    second = seed("--seed", "2")

    assert list(made) == ["parcelway", "sudi"]
    assert counts() == made
    assert second == first.replace("is made.", "is there already.")
    measured = 0
    for slug, found in made.items():
        people, customers, contacts, shipments, scans, changes, overrides, requests = found[: len(MODELS)]
        consents, plans, months, opportunities, proposals, benefits = found[len(MODELS) :]
        assert (people, customers, overrides, requests) == (len(Role) + 1, 30 + 12, 2, 12), slug
        assert (consents > 30, plans, months > 15) == (True, 5, True), slug
        assert (opportunities, proposals) == (10, 4), slug
        measured += benefits
        assert contacts > 10
        assert 800 < shipments < 1000
        assert scans > 200
        assert changes > 30
    assert measured > 0


@pytest.mark.parametrize("courier", COURIERS, ids=lambda courier: courier.slug)
def test_amounts_of_the_first_policy_part_the_customers(courier):
    chance = random.Random(1)
    shippers = [
        Shipper(number=f"C{n}", city=courier.cities[0], weight=weight, first=0, last=DAYS, moods=[1] * (DAYS // 30 + 1))
        for n, weight in enumerate([60, 60, 50, 25, 20, *[2] * 395])
    ]
    file = shipment_file(chance, courier, shippers, today=date(2026, 3, 2)).decode()

    monthly = Counter()
    for row in csv.DictReader(io.StringIO(file)):
        if row["accepted_at"] >= "2025-12-02":
            amount = Decimal(row["freight"]) + Decimal(row["surcharges"]) - Decimal(row["refunds"])
            monthly[row["customer_number"]] += amount / 3

    vip = [number for number, amount in monthly.items() if amount >= 10_000]
    mid = [number for number, amount in monthly.items() if 2_000 <= amount < 10_000]
    assert max(monthly.values()) > 15_000
    assert {"C0", "C1"} <= set(vip) <= {"C0", "C1", "C2"}
    assert {"C3", "C4"} & set(mid)
    assert len(monthly) - len(vip) - len(mid) > 300


def test_seed_prints_sign_ins_that_work(db):
    seed()

    printed = StringIO()
    call_command("seed_demo", "--print-sign-ins", stdout=printed)

    assert printed.getvalue().count("@") == 2 * len(Role)
    assert demo.PASSWORD in printed.getvalue()
    for email in ("admin@sudi.example", "account-manager@parcelway.example"):
        assert email in printed.getvalue()
        assert authenticate(None, username=email, password=demo.PASSWORD).email == email


def test_seed_prints_an_api_key_that_works_at_every_start_until_it_is_revoked(db, now):
    first = re.findall(r"API key: (crm_\S+)", seed())
    again = re.findall(r"API key: (crm_\S+)", seed())

    assert again == first
    tenants = ["sudi", "sudi.sandbox", "parcelway", "parcelway.sandbox"]
    assert [find_api_key(text, at=now).works_in.slug for text in first] == tenants
    assert find_api_key(first[0], at=now).scopes == [
        name for name in scopes.declared() if name.endswith(":read") and name != "personal:read"
    ]
    assert find_api_key(first[1], at=now).scopes == list(scopes.declared())
    with tenant_scope(Tenant.objects.get(slug="sudi")):
        ApiKey.objects.update(revoked_at=now)
    assert re.findall(r"API key: (crm_\S+)", seed()) == first[2:]


def test_seed_that_fails_leaves_nothing(db, monkeypatch):
    monkeypatch.setattr(demo, "make_tier_decisions", None)

    with pytest.raises(TypeError):
        seed()

    assert Tenant.objects.count() == 0


def test_seed_of_a_date_that_is_none_is_refused(db):
    with pytest.raises(CommandError):
        call_command("seed_demo", "--today", "tomorrow")

    assert Tenant.objects.count() == 0


def test_stories_are_told_by_shipments_tiers_and_timelines(db):
    call_command("seed_demo", "--customers", "120", "--today", "2026-03-02", stdout=StringIO())

    for courier in COURIERS:
        with tenant_scope(Tenant.objects.get(slug=courier.slug)):
            decline, growth, trouble = (
                Customer.objects.get(number=number_of(courier, index)) for index in sorted(STORIES)
            )
            assert {each.account_manager.role for each in (decline, growth, trouble)} == {Role.ACCOUNT_MANAGER}
            assert (moves(decline)[0], moves(decline)[-1]) == ("vip", decline.tier)
            assert decline.tier != "vip"
            assert moves(growth)[-1] == growth.tier == "vip"
            assert moves(growth)[0] != "vip"
            assert trouble.tier == "vip"
            assert (decline.stage, growth.stage) == ("declining", "growing")
            assert set(Lead.objects.values_list("state", flat=True)) == set(LeadState)
            stages = set(Customer.objects.values_list("stage", flat=True))
            assert stages >= {"lead", "new", "mature", "lost", "won_back"}
            assert CustomerBehaviour.objects.filter(quote_count__gt=0, visit_count__gt=0).count() > 10
            assert gone_wrong(trouble) > 0.3
            assert gone_wrong(growth) < 0.2
            for role in (Role.ACCOUNT_MANAGER, Role.AGENT):
                user = User.objects.filter(role=role).earliest("pk")
                day = of_day(user, before=SEEDED_DAY_END, at=SEEDED_DAY_END)
                assert day.filter(customer__isnull=False).count() > 1
            valued = Customer.objects.filter(tier__in=EXCEPTION_OF_VALUED.tiers)
            assert 0 < len(asked_for_trouble()) <= valued.count() < 30
            found = Shipment.objects.filter(customer__in=valued)
            assert found.filter(late_noted_at__isnull=False).count() > 1
            assert found.filter(silent_since__isnull=False).count() > 1
            said = Interaction.objects.filter(customer=trouble).values_list("direction", flat=True)
            assert Counter(said)["inbound"] == 7
            assert shipped(decline, 540, 570) > 4 * shipped(decline, 695, 725)
            assert shipped(growth, 590, 620) < shipped(growth, 695, 725)


def asked_for_trouble():
    """The causes by which follow-ups are opened for shipments that went wrong, one open follow-up for each."""
    events = OutboxEvent.objects.filter(name="shipment.exception")
    wanted = [wanted_for_exception(event, SEEDED_DAY_END) for event in events]
    return {each.cause for each in wanted if each is not None and each.customer.tier in EXCEPTION_OF_VALUED.tiers}


def moves(customer):
    return list(TierChange.objects.filter(customer=customer).order_by("changed_at").values_list("to_tier", flat=True))


def shipped(customer, first, last):
    start = date(2026, 3, 2) - timedelta(days=DAYS)
    days = [start + timedelta(days=first), start + timedelta(days=last)]
    return Shipment.objects.filter(customer=customer, accepted_at__date__range=days).count()


def gone_wrong(customer):
    newest = Shipment.objects.filter(customer=customer, accepted_at__date__gt=date(2026, 1, 20))
    return newest.exclude(exceptions=[]).count() / newest.count()


def test_phones_of_the_demo_count_as_good(tenant):
    for courier in COURIERS:
        phones = [courier.phone_form.format(number=number) for number in range(demo.NOBODYS_PHONES)]
        assert (len(set(phones)), [phone for phone in phones if not is_phone(phone)]) == (demo.NOBODYS_PHONES, [])
