"""What somebody says is kept for good, holds at once, and is told to the trail, the timeline and other rooms."""

from concurrent.futures import wait
from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, connections, transaction
from django.utils.translation import override

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.tenancy.scope import tenant_scope
from customers.copies import facts_of
from customers.enums import ConsentSource
from customers.models import Consent, ConsentEntry, Contact, Interaction, PreferenceLink, Purpose
from customers.relations import copied
from customers.services import (
    ContactOfAnother,
    NotYetHappened,
    add_contact,
    erase_customer,
    remove_contact,
    undo_merge,
)
from customers.services.consents import (
    ChannelNotCovered,
    ConsentNotAsked,
    NothingChosen,
    PurposeNotInUse,
    UnknownText,
)
from customers.services.erasure import ErasureReason
from customers.services.preferences import make_preference_link
from customers.services.purposes import retire_purpose
from customers.timeline import text_of
from tests.customers.consents.said import GIVEN, WITHDRAWN, held, purpose_of, say
from tests.customers.merging.pairs import make, merge
from tests.factories.accounts import make_tenant
from tests.factories.customers import make_customer

DAY = timedelta(days=1)


def test_what_is_said_holds_and_is_told(customer, contact, agent, now):
    say(customer, GIVEN, channels=["sms", "email"], contact=contact, by=agent, at=now)

    assert held(customer) == {(contact.pk, "marketing", "sms"): "given", (contact.pk, "marketing", "email"): "given"}
    entries = ConsentEntry.objects.order_by("pk")
    assert [(each.channel, each.source, each.text_version, each.recorded_by) for each in entries] == [
        ("sms", "phone", 1, agent),
        ("email", "phone", 1, agent),
    ]
    trail = AuditEvent.objects.get(action="consent.given")
    assert (trail.subject_id, trail.actor_id) == (customer.pk, agent.pk)
    purpose = Purpose.objects.get(key="marketing")
    assert trail.details == {"purpose": str(purpose.pk), "channels": ["sms", "email"], "said_how": "phone"}
    event = OutboxEvent.objects.get(name="consent.given")
    assert event.subject_id == customer.pk
    assert event.payload == {
        "number": "C-1",
        "contact_id": str(contact.pk),
        "purpose": "marketing",
        "channels": ["sms", "email"],
        "source": "phone",
        "text_version": 1,
        "decided_at": "2026-03-02T04:30:00+00:00",
    }
    told = Interaction.objects.get(code="consent.given")
    assert text_of(told) == "Offers and news: SMS, E-mail (By phone), for one contact alone"
    with override("zh-hans"):
        assert text_of(told) == "优惠与新服务：短信、电子邮箱（电话中），仅针对一位联系人"


def test_older_decision_is_kept_and_changes_nothing(customer, now):
    say(customer, GIVEN, at=now)

    say(customer, WITHDRAWN, source=ConsentSource.PAPER, decided_at=now - DAY, at=now)

    assert held(customer) == {(None, "marketing", "sms"): "given"}
    assert ConsentEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"channels": []}, NothingChosen),
        ({"purpose": "service"}, ConsentNotAsked),
        ({"purpose": "care", "channels": ["visit"]}, ChannelNotCovered),
        ({"text_version": 2}, UnknownText),
        ({"decided_at": "tomorrow"}, NotYetHappened),
        ({"contact": "another's"}, ContactOfAnother),
    ],
)
def test_what_cannot_be_said_is_refused_and_not_kept(customer, now, facts, refusal):
    if "decided_at" in facts:
        facts = {"decided_at": now + DAY}
    if "contact" in facts:
        facts = {"contact": add_contact(customer=make_customer(at=now), name="Li Na", at=now)}

    with pytest.raises(refusal):
        say(customer, GIVEN, at=now, **facts)

    assert ConsentEntry.objects.count() == 0
    assert not OutboxEvent.objects.filter(name__startswith="consent.").exists()


def test_nothing_is_said_to_a_retired_purpose(customer, supervisor, now):
    retire_purpose(purpose=purpose_of(), by=supervisor, at=now)

    with pytest.raises(PurposeNotInUse):
        say(customer, GIVEN, at=now)

    assert held(customer) == {}


def test_the_database_keeps_what_was_said(customer, now):
    say(customer, GIVEN, at=now)

    for statement in (
        "update customers_consententry set state = 'withdrawn'",
        "delete from customers_consententry",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    assert ConsentEntry.objects.get().state == GIVEN


@pytest.mark.parametrize("statement", ["update {} set state = 'withdrawn'", "delete from {}"])
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_not_even_the_owner_of_the_database_changes_what_was_said(now, statement):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        say(make_customer(at=now), GIVEN, at=now)

    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("select set_config('app.tenant_id', %s, true)", [str(tenant.pk)])
        with pytest.raises(ProgrammingError, match="only added to"):
            cursor.execute(statement.format("customers_consententry"))
        transaction.set_rollback(True, using="owner")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_both_hold(now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        customer = make_customer(at=now)

    def work(channel):
        with tenant_scope(tenant):
            say(customer, GIVEN, channels=[channel], at=now)

    done = [others(work, channel=channel) for channel in ("sms", "email", "phone", "wechat")]
    wait(done)

    assert [each.exception() for each in done] == [None] * 4
    with tenant_scope(tenant):
        assert len(held(customer)) == 4


def test_removed_contact_leaves_what_it_said_on_record(customer, contact, supervisor, now):
    say(customer, WITHDRAWN, contact=contact, at=now)

    remove_contact(contact=contact, by=supervisor, at=now)
    say(customer, GIVEN, channels=["email"], at=now)

    assert held(customer) == {(None, "marketing", "email"): "given"}
    assert ConsentEntry.objects.filter(contact_id=contact.pk).count() == 1


def test_erasure_takes_links_and_keeps_the_record(customer, contact, supervisor, now):
    say(customer, GIVEN, at=now)
    say(customer, GIVEN, contact=contact, at=now)
    make_preference_link(customer=customer, by=supervisor, at=now)

    figures = erase_customer(customer=customer, reason=ErasureReason.REQUEST, by=supervisor, at=now)

    assert figures["preference_links"] == 1
    assert PreferenceLink.objects.count() == 0
    assert ConsentEntry.objects.count() == 2
    assert held(customer) == {(None, "marketing", "sms"): "given"}


def test_copy_of_all_that_is_kept_holds_what_was_said(customer, contact, now):
    say(customer, GIVEN, contact=contact, at=now)

    (entry,) = [facts_of(row) for row in copied()["consent_entries"].rows(customer)]

    assert (entry["contact_id"], entry["channel"], entry["state"], entry["source"]) == (
        contact.pk,
        "sms",
        "given",
        "phone",
    )
    assert [consent.state for consent in copied()["consents"].rows(customer)] == ["given"]


@pytest.fixture
def pair(tenant, supervisor, now):
    return tuple(make(number, at=now, by=supervisor) for number in ("K-1", "A-1"))


@pytest.mark.parametrize(
    ("said", "together"),
    [
        ((None, GIVEN), "given"),
        ((GIVEN, None), "given"),
        ((WITHDRAWN, GIVEN), "withdrawn"),
        ((GIVEN, WITHDRAWN), "withdrawn"),
    ],
)
def test_merged_customers_keep_the_no_and_part_as_they_were(pair, supervisor, said, together, now):
    kept, absorbed = pair
    for customer, state, at in zip(pair, said, (now, now + DAY), strict=True):
        if state:
            say(customer, state, at=at)
    before = held(kept), held(absorbed)

    done = merge(kept, absorbed, supervisor, now + 2 * DAY)

    assert held(kept) == {(None, "marketing", "sms"): together}
    assert Consent.objects.filter(customer=absorbed).count() == 0
    undo_merge(merge=done, by=supervisor, at=now + 3 * DAY)
    assert (held(kept), held(absorbed)) == before


def test_who_agrees_after_the_merge_has_agreed(pair, supervisor, now):
    kept, absorbed = pair
    say(absorbed, WITHDRAWN, at=now)
    done = merge(kept, absorbed, supervisor, now + DAY)

    say(kept, GIVEN, at=now + 2 * DAY)

    assert held(kept) == {(None, "marketing", "sms"): "given"}
    undo_merge(merge=done, by=supervisor, at=now + 3 * DAY)
    assert held(kept) == {(None, "marketing", "sms"): "given"}
    assert held(absorbed) == {(None, "marketing", "sms"): "withdrawn"}


def test_what_a_contact_said_goes_with_the_contact(pair, supervisor, now):
    kept, absorbed = pair
    contact = Contact.objects.get(customer=absorbed)
    say(absorbed, GIVEN, contact=contact, at=now)
    done = merge(kept, absorbed, supervisor, now + DAY)
    assert held(kept) == {(contact.pk, "marketing", "sms"): "given"}

    say(kept, WITHDRAWN, contact=contact, at=now + 2 * DAY)
    undo_merge(merge=done, by=supervisor, at=now + 3 * DAY)

    assert held(kept) == {}
    assert held(absorbed) == {(contact.pk, "marketing", "sms"): "withdrawn"}


def test_merge_of_merged_customers_keeps_the_no(pair, supervisor, now):
    kept, absorbed = pair
    third = make("B-1", at=now, by=supervisor)
    say(third, WITHDRAWN, at=now)
    say(absorbed, GIVEN, at=now + DAY)
    merge(absorbed, third, supervisor, now + 2 * DAY)
    say(kept, GIVEN, at=now + 2 * DAY)

    merge(kept, absorbed, supervisor, now + 3 * DAY)

    assert held(kept) == {(None, "marketing", "sms"): "withdrawn"}
