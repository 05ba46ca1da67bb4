"""However the account manager of a customer changes, what follows is the same: history, open work, trail and event."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.holdings import holdings
from core.audit.models import AuditEvent
from core.events.dispatching import work_off
from core.events.models import OutboxEvent
from core.web.lists import actions
from core.web.models import Notice
from core.web.notices import lines_of
from customers.enums import HandoverReason
from customers.handovers import open_work
from customers.models import Customer, FollowUp, Interaction, ManagerTerm
from customers.services import (
    HandedOverMeanwhile,
    ManagerGone,
    Passing,
    change_customer,
    hand_over_customer,
    hand_over_customers,
    undo_merge,
    upsert_customer,
)
from lifecycle.services import take_up_lead
from tests.customers.follow_ups.made import make_follow_up
from tests.customers.merging.pairs import make, merge
from tests.development.made import make_opportunity
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer, panels_of
from tests.factories.files import imported, undone
from tests.factories.service_requests import open_for


@pytest.fixture
def colleague(tenant, now):
    return make_user(role=Role.ACCOUNT_MANAGER, at=now)


@pytest.fixture
def people(account_manager, colleague, supervisor):
    """Who has the customer, who gets it, and who decides that."""
    return account_manager, colleague, supervisor


@pytest.fixture
def customer(account_manager, now):
    return make_customer(number="C-1", account_manager=account_manager, at=now)


def terms(customer):
    found = ManagerTerm.objects.filter(customer=customer).order_by("started_at", "pk")
    return [(term.manager, term.reason, term.end_reason, term.ended_at is None) for term in found]


def handed(customer):
    return list(OutboxEvent.objects.filter(name="customer.handed_over", subject_id=customer.pk).order_by("pk"))


def test_a_handover_takes_open_work_along(customer, people, agent, now):
    account_manager, colleague, supervisor = people
    own = make_follow_up(customer=customer, assignee=account_manager, at=now)
    foreign = make_follow_up(customer=customer, assignee=agent, at=now)
    elsewhere = make_follow_up(customer=make_customer(at=now), assignee=account_manager, at=now)
    request = open_for(customer, assignee=account_manager, at=now)
    opportunity = make_opportunity(customer, owner=account_manager, by=supervisor, at=now)
    lead = take_up_lead(customer=customer, source=None, assignee=account_manager, by=supervisor, at=now)
    later = now + timedelta(days=2)

    hand_over_customer(customer=customer, to=colleague, reason=HandoverReason.WORKLOAD, by=supervisor, at=later)

    for row in (own, foreign, elsewhere, request, opportunity, lead):
        row.refresh_from_db()
    assert (own.assignee, request.assignee, opportunity.owner, lead.assignee) == (colleague,) * 4
    assert (foreign.assignee, elsewhere.assignee) == (agent, account_manager)
    assert Customer.objects.get(pk=customer.pk).account_manager == colleague
    assert terms(customer) == [(account_manager, "opened", "workload", False), (colleague, "workload", "", True)]
    [event] = handed(customer)
    assert event.payload == {
        "number": "C-1",
        "version": 2,
        "from_id": str(account_manager.pk),
        "to_id": str(colleague.pk),
        "by_id": str(supervisor.pk),
        "reason": "workload",
    }
    trace = AuditEvent.objects.get(action="customer.handed_over")
    assert (trace.subject_id, trace.actor_id) == (customer.pk, supervisor.pk)
    assert trace.details == {
        "giver": str(account_manager.pk),
        "taker": str(colleague.pk),
        "handover_reason": "workload",
        "open_work": 4,
    }


def test_kinds_that_go_along():
    assert [kind.name for kind in open_work.kinds()] == ["follow_ups", "service_requests", "opportunities", "leads"]


def test_what_the_new_one_may_not_do_stays(customer, account_manager, supervisor, now):
    analyst = make_user(role=Role.ANALYST, at=now)
    follow_up = make_follow_up(customer=customer, assignee=account_manager, at=now)

    hand_over_customer(customer=customer, to=analyst, reason=HandoverReason.AREA, by=supervisor, at=now)

    assert FollowUp.objects.get(pk=follow_up.pk).assignee == account_manager
    assert AuditEvent.objects.get(action="customer.handed_over").details["open_work"] == 0


def test_work_waits_for_who_comes_after_nobody(customer, account_manager, colleague, supervisor, now):
    follow_up = make_follow_up(customer=customer, assignee=account_manager, at=now)

    hand_over_customer(customer=customer, to=None, reason=HandoverReason.NO_NEED, by=supervisor, at=now)
    assert FollowUp.objects.get(pk=follow_up.pk).assignee == account_manager

    later = now + timedelta(days=1)
    hand_over_customer(customer=customer, to=colleague, reason=HandoverReason.OTHER, by=supervisor, at=later)
    assert FollowUp.objects.get(pk=follow_up.pk).assignee == colleague
    assert terms(customer) == [(account_manager, "opened", "no_need", False), (colleague, "other", "", True)]


def test_the_same_again_changes_nothing(customer, account_manager, supervisor, now):
    _customer, outcome = hand_over_customer(
        customer=customer, to=account_manager, reason=HandoverReason.OTHER, by=supervisor, at=now
    )

    assert (outcome, handed(customer), len(terms(customer))) == ("unchanged", [], 1)
    assert Customer.objects.get(pk=customer.pk).version == 1


def test_nobody_who_left_gets_a_customer(customer, colleague, supervisor, account_manager, now):
    colleague.is_active = False
    colleague.save(update_fields=["is_active"])

    with pytest.raises(ManagerGone):
        hand_over_customer(customer=customer, to=colleague, reason=HandoverReason.OTHER, by=supervisor, at=now)

    assert Customer.objects.get(pk=customer.pk).account_manager == account_manager
    assert handed(customer) == []


def test_of_many_those_that_moved_meanwhile_stay(customer, account_manager, colleague, supervisor, now):
    other = make_customer(number="C-2", account_manager=supervisor, at=now)

    outcomes = hand_over_customers(
        passings=[
            Passing(customer.pk, account_manager.pk, colleague),
            Passing(other.pk, account_manager.pk, colleague),
        ],
        reason=HandoverReason.REBALANCED,
        by=supervisor,
        at=now,
    )

    assert outcomes[customer.pk] == "updated"
    assert isinstance(outcomes[other.pk], HandedOverMeanwhile)
    managers = dict(Customer.objects.values_list("number", "account_manager"))
    assert managers == {"C-1": colleague.pk, "C-2": supervisor.pk}


def by_service(customer, to, by, at):
    hand_over_customer(customer=customer, to=to, reason=HandoverReason.AREA, by=by, at=at)


def by_change(customer, to, by, at):
    change_customer(customer=customer, changes={"account_manager": to}, by=by, at=at)


def by_upsert(customer, to, by, at):
    upsert_customer(number=customer.number, changes={"account_manager": to}, by=by, at=at)


def by_file(customer, to, by, at):
    imported(f"number,account_manager\n{customer.number},{to.email}\n", by=by, at=at)


def by_holding(customer, to, by, at):
    of = customer.account_manager
    assert holdings()["customers"].hand_over(row=customer, of=of, to=to, by=by, at=at)


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        (by_service, "area"),
        (by_change, "edited"),
        (by_upsert, "edited"),
        (by_file, "imported"),
        (by_holding, "left"),
    ],
)
def test_every_way_keeps_the_history(way, reason, customer, people, now):
    account_manager, colleague, supervisor = people
    way(customer, colleague, supervisor, now + timedelta(hours=1))

    assert Customer.objects.get(pk=customer.pk).account_manager == colleague
    assert terms(customer) == [(account_manager, "opened", reason, False), (colleague, reason, "", True)]
    assert AuditEvent.objects.get(action="customer.handed_over").details["handover_reason"] == reason


def test_an_import_and_its_undoing(customer, account_manager, colleague, supervisor, now):
    follow_up = make_follow_up(customer=customer, assignee=account_manager, at=now)
    file = f"number,account_manager,company_name\nC-1,{colleague.email},\nC-9,{colleague.email},Nine\n"
    batch = imported(file, by=supervisor, at=now)
    assert FollowUp.objects.get(pk=follow_up.pk).assignee == colleague
    assert terms(Customer.objects.get(number="C-9")) == [(colleague, "opened", "", True)]

    undone(batch, by=supervisor, at=now)

    assert Customer.objects.get(pk=customer.pk).account_manager == account_manager
    assert FollowUp.objects.get(pk=follow_up.pk).assignee == account_manager
    assert [term.manager for term in ManagerTerm.objects.filter(ended_at=None)] == [account_manager]
    assert not Customer.objects.filter(number="C-9").exists()


def test_a_merge_and_its_undoing(account_manager, colleague, supervisor, now):
    kept = make("K-1", account_manager=account_manager, by=supervisor, at=now)
    absorbed = make("A-1", account_manager=colleague, by=supervisor, at=now)

    merged = merge(kept, absorbed, supervisor, now, take=["account_manager"])
    assert terms(kept) == [(account_manager, "opened", "merged", False), (colleague, "merged", "", True)]
    assert terms(absorbed) == [(colleague, "opened", "merged", False)]

    undo_merge(merge=merged, by=supervisor, at=now)
    open_terms = dict(ManagerTerm.objects.filter(ended_at=None).values_list("customer", "manager"))
    assert open_terms == {kept.pk: account_manager.pk, absorbed.pk: colleague.pk}
    assert Customer.objects.get(pk=kept.pk).account_manager == account_manager


def test_both_are_told_and_the_timeline_tells(tenant, customer, people, now):
    account_manager, colleague, supervisor = people
    hand_over_customer(customer=customer, to=colleague, reason=HandoverReason.WISH, by=supervisor, at=now)
    work_off(tenant_id=tenant.pk, now=lambda: now)
    work_off(tenant_id=tenant.pk, now=lambda: now)

    notices = list(Notice.objects.filter(kind="customer_handed_over").order_by("pk"))
    words = {line.notice.user_id: (line.words.text, line.words.detail) for line in lines_of(notices)}
    assert words == {
        account_manager.pk: ("You gave up Company C-1", "The customer asked for it"),
        colleague.pk: ("You look after Company C-1 from now on", "The customer asked for it"),
    }
    [entry] = Interaction.objects.filter(customer=customer, code="customer.handed_over")
    ids = {"from_id": str(account_manager.pk), "to_id": str(colleague.pk)}
    assert entry.parameters == {"what": "changed", "reason": "wish", **ids}


def test_the_history_says_from_whom_to_whom_and_why(tenant, client_for, customer, people, now):
    account_manager, colleague, supervisor = people
    for minute, (to, reason) in enumerate(((colleague, "wish"), (None, "other"), (account_manager, "area"))):
        at = now + timedelta(minutes=minute)
        hand_over_customer(customer=customer, to=to, reason=reason, by=supervisor, at=at)
    work_off(tenant_id=tenant.pk, now=lambda: now)
    url = reverse("customers:detail", args=[customer.pk])

    page = client_for(supervisor).get(url)

    lines = [line for line in page.context["history"].lines if line.action == "Customer handed over"]
    assert [[value for _label, value in line.details] for line in lines] == [
        ["–", account_manager.name, "0", "Work is divided in another way"],
        [colleague.name, "–", "0", "Another reason"],
        [account_manager.name, colleague.name, "0", "The customer asked for it"],
    ]
    assert [entry.text for entry in page.context["entries"] if entry.interaction.code == "customer.handed_over"] == [
        f"From nobody to {account_manager.name}: Work is divided in another way",
        f"From {colleague.name} to nobody: Another reason",
        f"From {account_manager.name} to {colleague.name}: The customer asked for it",
    ]


def test_nobody_is_told_what_they_did_themselves(tenant, customer, account_manager, supervisor, now):
    hand_over_customer(customer=customer, to=supervisor, reason=HandoverReason.WISH, by=supervisor, at=now)
    work_off(tenant_id=tenant.pk, now=lambda: now)

    assert [notice.user for notice in Notice.objects.filter(kind="customer_handed_over")] == [account_manager]


@pytest.mark.parametrize("reason", ["assigned", "rebalanced", "returned"])
def test_of_what_goes_by_the_hundred_people_are_told_once_a_day(
    *, tenant, client_for, account_manager, colleague, now, reason
):
    for day in (0, 0, 1):
        given = make_customer(account_manager=account_manager, at=now)
        hand_over_customer(customer=given, to=colleague, reason=reason, by=None, at=now + timedelta(days=day))
    work_off(tenant_id=tenant.pk, now=lambda: now + timedelta(days=1))

    notices = list(Notice.objects.filter(kind="customer_handed_over"))

    words = sorted((line.notice.user_id, line.words.text) for line in lines_of(notices))
    assert words == sorted(
        [(account_manager.pk, "You gave up customers"), (colleague.pk, "Customers have come to you")] * 2
    )
    urls = {line.words.url for line in lines_of(notices) if line.notice.user_id == colleague.pk}
    assert [len(client_for(colleague).get(url).context["rows"]) for url in urls] == [3]


def test_the_page_shows_who_looked_after_the_customer(client_for, customer, colleague, supervisor, now):
    hand_over_customer(customer=customer, to=colleague, reason=HandoverReason.TIER, by=supervisor, at=now)

    body = panels_of(client_for(supervisor), customer)

    assert "Who looked after this customer" in body
    assert body.count("Its tier changed") == 2


def test_the_bulk_action_hands_over(customer, account_manager, colleague, supervisor, now):
    follow_up = make_follow_up(customer=customer, assignee=account_manager, at=now)
    values = {"account_manager": colleague, "reason": "absence"}

    done = actions.find("customers", "assign").apply(row=customer, values=values, by=supervisor, at=now)

    assert done
    assert FollowUp.objects.get(pk=follow_up.pk).assignee == colleague
    assert terms(customer)[-1] == (colleague, "absence", "", True)
