"""Every event: declared, published, documented field by field, and without anything of a person."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.core.management import call_command

from core.crypto.register import Kind, classified
from core.events.models import OutboxEvent
from core.events.registry import EventType, declared, receivers, text, whole_number
from core.web.models import Notice
from customers.enums import ContactPointKind, CustomerKind
from customers.models import Customer
from customers.services import (
    NewContactPoint,
    add_address,
    add_contact,
    erase_customer,
    remove_address,
    remove_contact,
    update_contact,
    update_customer,
)
from tests.factories.customers import make_customer

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "core",
    "customers",
    "documents",
    "shipments",
    "behaviour",
    "service_requests",
    "service_plans",
    "development",
    "tiering",
    "portfolios",
    "lifecycle",
    "courier_crm",
)
PUBLISHERS = {"publish", "publish_many", "telling"}
DOCUMENT = ROOT / "docs" / "events.md"


def published(source: str) -> list[str]:
    """Return the names of the events that a file publishes; "?" for one that is no literal."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in PUBLISHERS:
            name = node.args[0] if node.args else None
            is_literal = isinstance(name, ast.Constant) and isinstance(name.value, str)
            found.append(name.value if is_literal else "?")
    return found


def published_by_the_product() -> set[str]:
    return {
        name for room in ROOMS for file in (ROOT / room).rglob("*.py") for name in published(file.read_text("utf-8"))
    }


def faults(event: EventType, personal: Iterable[str]) -> list[str]:
    """What is wrong with one declaration, in words."""
    found = [f"{name} is not described" for name, field in event.payload.items() if not field.doc.strip()]
    # One of a few words names nobody, whatever the field is called.
    free = {name for name, field in event.payload.items() if not field.values}
    found += [f"{name} is personal" for name in sorted(free & set(personal))]
    if not event.doc.strip() or not event.subject.strip():
        found.append("it is not described")
    if event.version < 1:
        found.append("it has no version")
    return found


def personal_fields() -> set[str]:
    return {field for (_model, field), kind in classified().items() if kind != Kind.BUSINESS}


def test_what_is_published_is_declared_and_what_is_declared_is_published():
    assert published_by_the_product() == set(declared())


def test_every_declaration_says_all_and_names_nobody():
    wrong = {name: faults(event, personal_fields()) for name, event in declared().items()}

    assert {name: each for name, each in wrong.items() if each} == {}
    assert "person_name" in personal_fields()


def test_every_received_event_is_declared():
    assert {event for event, _receiver in receivers()} <= set(declared())


def test_the_document_is_up_to_date(tmp_path):
    call_command("describe_events", out=tmp_path / "events.md")

    written = (tmp_path / "events.md").read_text("utf-8")
    assert written == DOCUMENT.read_text("utf-8"), "Run manage.py describe_events --out docs/events.md"


def test_the_guard_finds_bad_examples():
    source = (
        'publish("it.happened", at=now)\nevents.publish_many(NAME, [])\npart = telling("it.too", of="x")\nfind("no")'
    )
    bad = EventType("it.happened", 0, "", {"person_name": text("who"), "number": whole_number(" ")}, "It.")

    assert published(source) == ["it.happened", "?", "it.too"]
    assert faults(bad, {"person_name", "street"}) == [
        "number is not described",
        "person_name is personal",
        "it is not described",
        "it has no version",
    ]


@pytest.mark.django_db
def test_nothing_that_is_typed_of_a_person_comes_into_an_event_or_a_notice(tenant, administrator, now):
    typed = {"name": "瀛澍蘅", "contact": "Quillon", "phone": "13955512345", "street": "珺珩路", "needs": "zqneedszq"}
    customer = make_customer(
        at=now, number="C-1", kind=CustomerKind.INDIVIDUAL, company_name="", person_name=typed["name"]
    )
    facts = {"industry": "", "region": "", "source": "", "tags": [], "preferred_channel": "", "preferred_language": ""}
    customer = update_customer(
        customer=customer,
        version=1,
        kind=customer.kind,
        company_name="",
        account_manager=administrator,
        special_needs=typed["needs"],
        by=administrator,
        at=now,
        **facts,
    )
    point = NewContactPoint(kind=ContactPointKind.PHONE, value=typed["phone"])
    contact = add_contact(customer=customer, name=typed["contact"], points=[point], by=administrator, at=now)
    update_contact(
        contact=contact,
        version=1,
        name=typed["contact"],
        position="Buyer",
        is_primary=True,
        points=[],
        by=administrator,
        at=now,
    )
    remove_contact(contact=contact, by=administrator, at=now)
    address = add_address(customer=customer, street=typed["street"], by=administrator, at=now)
    remove_address(address=address, by=administrator, at=now)
    erase_customer(customer=customer, reason="request", by=administrator, at=now)

    told = [(event.name, event.payload) for event in OutboxEvent.objects.order_by("pk")]
    handover = {"number": "C-1", "version": 2, "from_id": None, "to_id": str(administrator.pk)}
    handover |= {"by_id": str(administrator.pk), "reason": "edited"}
    assert told == [
        ("customer.created", {"number": "C-1"}),
        ("customer.updated", {"number": "C-1", "version": 2, "changed": ["account_manager", "special_needs"]}),
        ("customer.handed_over", handover),
        *[("customer.updated", {"number": "C-1", "version": 2, "changed": ["contacts"]})] * 3,
        *[("customer.updated", {"number": "C-1", "version": 2, "changed": ["addresses"]})] * 2,
        ("customer.erased", {"number": "C-1", "version": 3}),
    ]
    assert (Customer.objects.get().version, Notice.objects.count()) == (3, 0)
