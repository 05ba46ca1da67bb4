"""Leads: how they come, who is in charge, how far they are, and that they are won by shipping."""

from datetime import timedelta

import pytest
from django.db import connection

from core.accounts.enums import Role
from core.accounts.services import create_team, deactivate_user
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.tenancy.scope import tenant_scope
from core.web.models import Notice
from customers.enums import Stage
from customers.models import Contact, Customer
from customers.services import (
    MergeClash,
    NewContactPoint,
    add_custom_field,
    erase_customer,
    merge_customers,
    record_interaction,
)
from customers.services.erasure import ErasureReason
from lifecycle.enums import LeadState
from lifecycle.models import Lead, LeadSource, LostReason, StageChange
from lifecycle.receivers import note_contact, tell_in_charge
from lifecycle.services import (
    CannotWork,
    LeadClosed,
    LeadNotLost,
    LeadOpen,
    LeadQualified,
    LeadTaken,
    LostReasonNotInUse,
    NoLead,
    SourceNotInUse,
    assign_lead,
    capture_lead,
    contact_lead,
    convert_lead,
    create_policy,
    current_policy,
    evaluate_stages,
    hand_over_lead,
    lose_lead,
    move_by_shipment,
    qualify_lead,
    reopen_lead,
    set_reason_use,
    set_source_use,
    take_lead,
    take_up_lead,
)
from lifecycle.services.policies import NUMBERS
from tests.factories.accounts import make_tenant, make_user
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer
from tests.factories.lifecycle import make_lead, ship, told

DAY = timedelta(days=1)


def stored(lead):
    return Lead.objects.get(pk=lead.pk)


@pytest.fixture
def source(tenant):
    return LeadSource.objects.get(name_en="Cold call")


@pytest.fixture
def reason(tenant):
    return LostReason.objects.get(name_en="Too expensive")


@pytest.fixture
def lead(tenant, now):
    return make_lead(at=now)


def by_load(*, by, at, team=None):
    policy = current_policy()
    numbers = {name: getattr(policy, name) for name in NUMBERS}
    create_policy(**numbers, assignment="load", team=team, replaces=policy.version, by=by, at=at)


def test_lead_is_captured_with_archive_contact_and_number(tenant, agent, source, now):
    lead = capture_lead(
        facts={"company_name": "Blue Kiln", "region": "Leeds"},
        contact_name="Lin Mei",
        points=[NewContactPoint(kind="phone", value="+8613812345678")],
        source=source,
        wish="Pots, forty a week",
        by=agent,
        at=now,
    )

    customer = lead.customer
    assert (customer.number, customer.company_name, customer.source, customer.stage) == (
        "LD000001",
        "Blue Kiln",
        "Cold call",
        "lead",
    )
    assert [point.value for point in Contact.objects.get(customer=customer).points.all()] == ["+8613812345678"]
    assert (stored(lead).wish, lead.state, lead.assignee, lead.captured_by) == (
        "Pots, forty a week",
        "new",
        None,
        agent,
    )
    assert told("lead.captured") == [
        {"customer_id": str(customer.pk), "state": "new", "source_id": str(source.pk), "assignee_id": None}
    ]
    [event] = AuditEvent.objects.filter(subject_id=lead.pk)
    assert (event.action, event.details) == ("lead.captured", {"lead_source": str(source.pk)})


def test_number_that_is_taken_is_left_out(tenant, now):
    make_customer(at=now, number="LD000001")

    assert [make_lead(at=now).customer.number, make_lead(at=now).customer.number] == ["LD000002", "LD000003"]
    assert make_lead(at=now, number="SD-7").customer.number == "SD-7"


def test_customer_that_has_not_shipped_is_taken_up_once(tenant, now, source):
    customer = make_customer(at=now)

    lead = take_up_lead(customer=customer, source=source, by=None, at=now)

    with pytest.raises(LeadOpen):
        take_up_lead(customer=customer, source=source, by=None, at=now)
    assert list(Lead.objects.all()) == [lead]


def test_customer_that_has_shipped_is_no_lead(tenant, now):
    customer = make_customer(at=now)
    ship(customer, at=now)
    move_by_shipment(customer_id=customer.pk, at=now)

    with pytest.raises(NoLead):
        take_up_lead(customer=customer, source=None, by=None, at=now)
    assert not Lead.objects.exists()


def test_retired_source_is_refused(tenant, supervisor, source, now):
    source = set_source_use(source=source, is_active=False, by=supervisor, at=now)

    with pytest.raises(SourceNotInUse):
        make_lead(at=now, source=source)
    assert not Customer.objects.exists()


def test_by_load_whoever_has_the_fewest_open_leads_gets_the_next(tenant, supervisor, now):
    people = [make_user(role=Role.ACCOUNT_MANAGER, at=now) for _ in range(2)]
    make_user(role=Role.AGENT, at=now)
    by_load(by=supervisor, at=now)

    got = [make_lead(at=now).assignee for _ in range(4)]

    assert sorted(each.pk for each in got) == sorted(each.pk for each in people * 2)
    assert got[0] != got[1]


def test_by_load_of_a_team(tenant, supervisor, now):
    team = create_team(name="North", department=None, by=supervisor, at=now)
    make_user(role=Role.ACCOUNT_MANAGER, at=now)
    member = make_user(role=Role.AGENT, at=now)
    member.team = team
    member.save(update_fields=["team"])
    by_load(by=supervisor, at=now, team=team)

    assert make_lead(at=now).assignee == member
    deactivate_user(user=member, by=supervisor, at=now)
    assert make_lead(at=now).assignee is None


def test_lead_is_taken_once(lead, agent, account_manager, now):
    take_lead(lead=lead, by=agent, at=now)

    with pytest.raises(LeadTaken):
        take_lead(lead=lead, by=account_manager, at=now)
    assert stored(lead).assignee == agent


def test_analyst_is_in_charge_of_nothing(lead, analyst, agent, now):
    with pytest.raises(CannotWork):
        take_lead(lead=lead, by=analyst, at=now)
    with pytest.raises(CannotWork):
        assign_lead(lead=lead, assignee=analyst, by=agent, at=now)
    assert stored(lead).assignee is None


def test_who_is_put_in_charge_is_told_and_who_takes_it_is_not(lead, agent, account_manager, now):
    take_lead(lead=lead, by=agent, at=now)
    assign_lead(lead=lead, assignee=account_manager, by=agent, at=now)

    for event in OutboxEvent.objects.filter(name__in=["lead.captured", "lead.assigned"]):
        tell_in_charge(event=event, at=now)

    assert [(notice.user, notice.kind) for notice in Notice.objects.all()] == [(account_manager, "lead_in_charge")]


def test_leads_of_who_leaves_are_handed_over(lead, agent, account_manager, supervisor, now):
    take_lead(lead=lead, by=agent, at=now)

    assert hand_over_lead(row=lead, of=agent, to=account_manager, by=supervisor, at=now)
    assert not hand_over_lead(row=lead, of=agent, to=account_manager, by=supervisor, at=now)
    assert stored(lead).assignee == account_manager


def test_lead_goes_from_new_to_contacted_to_qualified(lead, agent, now):
    contact_lead(lead=lead, by=agent, at=now + DAY)
    with pytest.raises(LeadQualified):
        contact_lead(lead=lead, by=agent, at=now)
    qualify_lead(lead=lead, by=agent, at=now + 2 * DAY)
    with pytest.raises(LeadQualified):
        qualify_lead(lead=lead, by=agent, at=now)

    kept = stored(lead)
    assert (kept.state, kept.contacted_at, kept.qualified_at) == ("qualified", now + DAY, now + 2 * DAY)
    assert [payload["state"] for payload in told("lead.state_changed")] == ["contacted", "qualified"]


def test_talk_that_is_written_down_makes_a_lead_contacted(lead, agent, now):
    record_interaction(customer=lead.customer, kind="note", text="Looks promising", by=agent, at=now)
    talk = record_interaction(
        customer=lead.customer, kind="call", direction="outbound", text="Called them", by=agent, at=now + DAY
    )

    for event in [*OutboxEvent.objects.filter(name="interaction.created").order_by("pk")] * 2:
        note_contact(event=event, at=now)

    assert (stored(lead).state, stored(lead).contacted_at) == ("contacted", talk.recorded_at)
    assert AuditEvent.objects.get(action="lead.contacted").actor_id == agent.pk


def test_lead_is_given_up_for_a_reason_and_taken_up_again_as_far_as_it_was(lead, agent, reason, now):
    qualify_lead(lead=lead, by=agent, at=now)
    lose_lead(lead=lead, reason=reason, by=agent, at=now + DAY)

    assert (stored(lead).state, stored(lead).lost_reason, stored(lead).closed_at) == ("lost", reason, now + DAY)
    with pytest.raises(LeadClosed):
        take_lead(lead=lead, by=agent, at=now)

    reopen_lead(lead=lead, by=agent, at=now + 2 * DAY)

    assert (stored(lead).state, stored(lead).lost_reason, stored(lead).closed_at) == ("qualified", None, None)
    with pytest.raises(LeadNotLost):
        reopen_lead(lead=lead, by=agent, at=now)


def test_reason_that_is_retired_is_refused(lead, agent, supervisor, reason, now):
    reason = set_reason_use(reason=reason, is_active=False, by=supervisor, at=now)

    with pytest.raises(LostReasonNotInUse):
        lose_lead(lead=lead, reason=reason, by=agent, at=now)
    assert stored(lead).state == "new"


def test_first_shipment_converts_a_lead_even_one_that_was_given_up(lead, agent, reason, now):
    lose_lead(lead=lead, reason=reason, by=agent, at=now)
    ship(lead.customer, at=now + DAY)

    move_by_shipment(customer_id=lead.customer_id, at=now + DAY)

    kept = stored(lead)
    assert (kept.state, kept.closed_at, kept.lost_reason) == (LeadState.CONVERTED, now + DAY, None)


def test_night_converts_what_the_event_has_not(lead, now):
    ship(lead.customer, at=now - DAY)

    evaluate_stages(as_of=(now - DAY).date(), at=now)

    assert stored(lead).state == LeadState.CONVERTED
    assert told("lead.state_changed") == [{"customer_id": str(lead.customer_id), "state": "converted"}]


def test_lead_is_converted_by_hand_and_stays_won_without_a_shipment(lead, agent, now):
    convert_lead(lead=lead, by=agent, at=now)

    assert stored(lead).state == "converted"
    assert Customer.objects.get(pk=lead.customer_id).stage == Stage.NEW
    assert StageChange.objects.get().moved_by == agent
    evaluate_stages(as_of=now.date() + 3 * DAY, at=now + 4 * DAY)
    assert Customer.objects.get(pk=lead.customer_id).stage == Stage.NEW
    with pytest.raises(LeadClosed):
        convert_lead(lead=lead, by=agent, at=now)


def test_night_takes_up_who_nobody_has_taken_up_once(tenant, now, agent, reason):
    customer = make_customer(at=now - 2 * DAY)
    lost = make_lead(at=now)
    lose_lead(lead=lost, reason=reason, by=agent, at=now)

    assert evaluate_stages(as_of=(now - DAY).date(), at=now)["leads"] == 1
    assert evaluate_stages(as_of=(now - DAY).date(), at=now)["leads"] == 0

    adopted = Lead.objects.get(customer=customer)
    assert (adopted.state, adopted.source, adopted.captured_at) == ("new", None, now - 2 * DAY)


def test_two_open_leads_cannot_be_merged_and_one_given_up_can(lead, agent, supervisor, reason, now):
    other = make_lead(at=now)
    kept, absorbed = lead.customer, other.customer

    def merge():
        fresh = [Customer.objects.get(pk=each.pk) for each in (kept, absorbed)]
        versions = tuple(each.version for each in fresh)
        merge_customers(kept=fresh[0], absorbed=fresh[1], versions=versions, by=supervisor, at=now)

    with pytest.raises(MergeClash):
        merge()
    lose_lead(lead=other, reason=reason, by=agent, at=now)
    merge()

    assert sorted(Lead.objects.values_list("state", "customer_id")) == [("lost", kept.pk), ("new", kept.pk)]


def test_erasure_takes_what_they_ship(tenant, agent, now):
    lead = make_lead(at=now, wish="Pots for Lin Mei")

    erase_customer(customer=lead.customer, reason=ErasureReason.REQUEST, by=agent, at=now)

    assert stored(lead).wish is None
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from lifecycle_lead where wish is not null")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_two_who_take_one_lead_at_once(now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        lead = make_lead(at=now)
        people = [make_user(role=Role.AGENT, at=now) for _ in range(2)]

    def take(by):
        with tenant_scope(tenant):
            return take_lead(lead=lead, by=by, at=now)

    with tenant_scope(tenant):
        take_lead(lead=lead, by=people[0], at=now)
        second = others(take, by=people[1])
        wait_until_waiting(1, for_lock="transactionid")
    with pytest.raises(LeadTaken):
        second.result()
    with tenant_scope(tenant):
        assert stored(lead).assignee == people[0]


def test_lead_comes_without_what_is_required_of_customers(tenant, administrator, now):
    add_custom_field(key="contract", label="Contract", kind="text", is_required=True, by=administrator, at=now)

    lead = make_lead(at=now)

    assert lead.customer.custom_values == {}
