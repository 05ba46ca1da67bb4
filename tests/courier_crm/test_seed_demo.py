import re
from datetime import date
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from core.accounts.enums import Role
from core.accounts.models import User
from core.partners.models import ApiKey
from core.partners.selectors import find_api_key
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from courier_crm import demo
from customers.models import Contact, Customer
from shipments.models import ScanEvent, Shipment
from tests.factories.tiering import RULES
from tiering.models import TierChange, TierOverride
from tiering.services import current_policy, draft_policy, evaluate_tiers

MODELS = (User, Customer, Contact, Shipment, ScanEvent, TierChange, TierOverride)


def seed(*arguments):
    output = StringIO()
    call_command("seed_demo", "--customers", "30", "--today", "2026-03-02", *arguments, stdout=output)
    return output.getvalue()


def counts():
    found = {}
    for tenant in Tenant.objects.order_by("slug"):
        with tenant_scope(tenant):
            found[tenant.slug] = [model.objects.count() for model in MODELS]
    return found


def test_seed_makes_two_couriers_once(db, now):
    first = seed()
    made = counts()
    second = seed("--seed", "2")

    assert list(made) == ["parcelway", "sudi"]
    assert counts() == made
    assert second == first.replace("is made.", "is there already.")
    for slug, (people, customers, contacts, shipments, scans, changes, overrides) in made.items():
        assert (people, customers, overrides) == (len(Role), 30, 1), slug
        assert contacts > 10
        assert 800 < shipments < 1000
        assert scans > 200
        assert changes > 30


def test_default_amounts_part_the_customers_of_both_couriers(db, now):
    seed("--customers", "40")

    for tenant in Tenant.objects.order_by("slug"):
        with tenant_scope(tenant):
            rules = {name: getattr(current_policy(), name) for name in RULES}
            draft = draft_policy(**{**rules, "mode": "threshold"})
            counts = evaluate_tiers(as_of=date(2026, 3, 1), draft=draft, dry_run=True, at=now).counts
            monthly = Customer.objects.order_by("-contribution").first().contribution / 3
        assert monthly > 10_000, tenant.slug
        assert 0 < counts["vip"] <= counts["mid"] + counts["vip"] < counts["low"], tenant.slug


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
    first = re.findall(r"API key: (crm_live_\S+)", seed())
    again = re.findall(r"API key: (crm_live_\S+)", seed())

    assert again == first
    assert [find_api_key(text, at=now).tenant.slug for text in first] == ["sudi", "parcelway"]
    assert find_api_key(first[0], at=now).scopes == ["customers:read", "shipments:read", "tiers:read"]
    with tenant_scope(Tenant.objects.get(slug="sudi")):
        ApiKey.objects.update(revoked_at=now)
    assert re.findall(r"API key: (crm_live_\S+)", seed()) == first[1:]


def test_seed_that_fails_leaves_nothing(db, monkeypatch):
    monkeypatch.setattr(demo, "set_override", None)

    with pytest.raises(TypeError):
        seed()

    assert Tenant.objects.count() == 0


def test_seed_of_a_date_that_is_none_is_refused(db):
    with pytest.raises(CommandError):
        call_command("seed_demo", "--today", "tomorrow")

    assert Tenant.objects.count() == 0
