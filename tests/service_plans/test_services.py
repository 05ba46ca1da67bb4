"""A plan is written by one, approved by another, holds on its days alone, and is reminded of before it ends."""

from concurrent.futures import wait
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.tenancy.scope import tenant_scope
from customers.models import FollowUp, Interaction
from customers.services import MergeClash, erase_customer, plan_merge
from customers.services.erasure import ErasureReason
from customers.timeline import text_of
from service_plans.enums import PlanState
from service_plans.follow_ups import say_end, wanted_for_end
from service_plans.models import PlanItem, ServicePlan
from service_plans.services import (
    EndsTooLate,
    MeasureIncomplete,
    NothingPromised,
    OwnPlan,
    PlanEmpty,
    PlanEndsBeforeItStarts,
    PlanNotApproved,
    PlanNotDraft,
    PlanNotProposed,
    PlansOverlap,
    add_item,
    approve_plan,
    change_item,
    create_next_edition,
    create_plan,
    drop_plan,
    end_plan,
    propose_plan,
    remind_of_ends,
    remove_item,
    send_back_plan,
    share_plan,
    shared_plan,
    update_plan,
)
from service_plans.services.deciding import share_token
from tests.customers.merging.pairs import merge
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer
from tests.service_plans.made import PRICE, PUNCTUAL, make_approved, make_draft

DAY = timedelta(days=1)


@pytest.fixture
def customer(tenant, now):
    return make_customer(number="C-1", company_name="Blue Kiln", at=now)


@pytest.fixture
def approved(customer, account_manager, supervisor, now):
    return make_approved(customer, by=account_manager, approver=supervisor, at=now)


def test_plan_is_written_proposed_and_approved(customer, account_manager, supervisor, now):
    plan = make_draft(customer, by=account_manager, at=now)
    assert (plan.number, plan.edition, plan.state) == ("SP000001", 1, "draft")
    assert [(item.kind, item.place, item.target_percent) for item in plan.items.order_by("place")] == [
        ("product", 1, 90),
        ("price", 2, None),
    ]

    propose_plan(plan=plan, by=account_manager, at=now)
    plan = approve_plan(plan=plan, by=supervisor, at=now)

    assert (plan.state, plan.approved_by, plan.approved_at) == (PlanState.APPROVED, supervisor, now)
    assert [each.action for each in AuditEvent.objects.filter(subject_id=plan.pk).order_by("pk")] == [
        "service_plan.created",
        "service_plan.item_added",
        "service_plan.item_added",
        "service_plan.proposed",
        "service_plan.approved",
    ]
    event = OutboxEvent.objects.get(name="service_plan.approved")
    assert event.payload == {
        "number": "SP000001",
        "customer_id": str(customer.pk),
        "edition": 1,
        "version": plan.version,
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }
    told = Interaction.objects.get(code="service_plan.approved")
    assert text_of(told) == "SP000001, edition 1: from 2026-01-01 through 2026-12-31"


def test_nobody_approves_what_they_wrote_or_proposed(customer, account_manager, supervisor, now):
    own = make_draft(customer, by=supervisor, at=now)
    propose_plan(plan=own, by=account_manager, at=now)
    proposed = make_draft(customer, by=account_manager, at=now)
    propose_plan(plan=proposed, by=supervisor, at=now)
    changed = make_draft(customer, by=account_manager, at=now)
    change_item(item=changed.items.first(), facts={"text": "Same day."}, by=supervisor, at=now)
    propose_plan(plan=changed, by=account_manager, at=now)

    for plan in (own, proposed, changed):
        with pytest.raises(OwnPlan):
            approve_plan(plan=plan, by=supervisor, at=now)
        with pytest.raises(IntegrityError, match="service_plan_four_eyes"), transaction.atomic():
            ServicePlan.objects.filter(pk=plan.pk).update(state="approved", approved_at=now, approved_by=supervisor)

    assert set(ServicePlan.objects.values_list("state", flat=True)) == {"proposed"}


def test_one_plan_holds_on_a_day(customer, approved, account_manager, supervisor, now):
    other = make_draft(customer, by=account_manager, at=now, starts_on=date(2026, 12, 31), ends_on=date(2027, 3, 1))
    propose_plan(plan=other, by=account_manager, at=now)

    with pytest.raises(PlansOverlap):
        approve_plan(plan=other, by=supervisor, at=now)

    assert ServicePlan.objects.get(pk=other.pk).state == "proposed"
    elsewhere = make_approved(make_customer(at=now), by=account_manager, approver=supervisor, at=now)
    assert elsewhere.state == "approved"
    end_plan(plan=approved, ends_on=date(2026, 12, 30), by=account_manager, at=now)
    assert approve_plan(plan=other, by=supervisor, at=now).state == "approved"


@pytest.mark.django_db(transaction=True)
def test_two_approved_at_once_do_not_both_hold(now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        writer, approver = (make_user(role=role, at=now) for role in (Role.ACCOUNT_MANAGER, Role.SUPERVISOR))
        customer = make_customer(at=now)
        plans = [make_draft(customer, by=writer, at=now) for _turn in range(2)]
        for plan in plans:
            propose_plan(plan=plan, by=writer, at=now)

    def work(plan):
        with tenant_scope(tenant):
            approve_plan(plan=plan, by=approver, at=now)

    done = [others(work, plan=plan) for plan in plans]
    wait(done)

    assert sorted(type(each.exception()).__name__ for each in done) == ["NoneType", "PlansOverlap"]


def test_next_edition_takes_the_place_of_the_one_before(approved, account_manager, supervisor, now):
    following = create_next_edition(plan=approved, by=account_manager, at=now)
    assert (following.edition, following.follows, following.starts_on, following.ends_on) == (
        2,
        approved,
        date(2027, 1, 1),
        date(2027, 12, 31),
    )
    assert list(following.items.order_by("place").values_list("kind", "target_percent")) == [
        ("product", 90),
        ("price", None),
    ]
    assert [item.text for item in following.items.order_by("place")] == [PUNCTUAL["text"], PRICE["text"]]

    dates = {"starts_on": date(2026, 7, 1), "ends_on": date(2027, 6, 30), "remind_days": 60}
    update_plan(plan=following, **dates, by=account_manager, at=now)
    propose_plan(plan=following, by=account_manager, at=now)
    approve_plan(plan=following, by=supervisor, at=now)

    approved.refresh_from_db()
    assert (approved.state, approved.ends_on) == ("approved", date(2026, 6, 30))


def test_what_was_agreed_stays_as_it_was_written(approved, account_manager, now):
    item = approved.items.first()
    dates = {"starts_on": now.date(), "ends_on": now.date(), "remind_days": 1}

    for change in (
        lambda: update_plan(plan=approved, **dates, by=account_manager, at=now),
        lambda: add_item(plan=approved, facts=PRICE, by=account_manager, at=now),
        lambda: change_item(item=item, facts={"text": "Never."}, by=account_manager, at=now),
        lambda: remove_item(item=item, by=account_manager, at=now),
        lambda: propose_plan(plan=approved, by=account_manager, at=now),
        lambda: drop_plan(plan=approved, by=account_manager, at=now),
    ):
        with pytest.raises(PlanNotDraft):
            change()

    assert [each.text for each in approved.items.order_by("place")] == [PUNCTUAL["text"], PRICE["text"]]


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"kind": "price", "text": " "}, NothingPromised),
        ({"kind": "route", "text": "Fast", "target_percent": 90}, MeasureIncomplete),
        ({"kind": "pickup", "text": "Evenings", "target_percent": 90}, MeasureIncomplete),
        ({"kind": "packaging", "text": "Green", "target_percent": 90}, MeasureIncomplete),
    ],
)
def test_item_that_says_too_little_is_refused(customer, account_manager, facts, refusal, now):
    plan = make_draft(customer, by=account_manager, at=now, items=())

    with pytest.raises(refusal):
        add_item(plan=plan, facts=facts, by=account_manager, at=now)

    assert plan.items.count() == 0


def test_steps_that_do_not_fit(customer, account_manager, supervisor, now):
    with pytest.raises(PlanEndsBeforeItStarts):
        create_plan(customer=customer, starts_on=date(2026, 2, 2), ends_on=date(2026, 2, 1), by=None, at=now)
    plan = make_draft(customer, by=account_manager, at=now, items=())
    with pytest.raises(PlanEmpty):
        propose_plan(plan=plan, by=account_manager, at=now)
    with pytest.raises(PlanNotProposed):
        approve_plan(plan=plan, by=supervisor, at=now)
    with pytest.raises(PlanNotApproved):
        share_plan(plan=plan, by=supervisor, at=now)
    with pytest.raises(PlanNotApproved):
        create_next_edition(plan=plan, by=supervisor, at=now)

    assert ServicePlan.objects.get().state == "draft"
    assert drop_plan(plan=plan, by=account_manager, at=now).state == "dropped"


def test_plan_that_is_sent_back_is_a_draft_with_the_reason_in_the_trail(customer, account_manager, supervisor, now):
    plan = make_draft(customer, by=account_manager, at=now)
    propose_plan(plan=plan, by=account_manager, at=now)

    plan = send_back_plan(plan=plan, reason="Too dear.", by=supervisor, at=now)

    assert (plan.state, plan.proposed_by, plan.proposed_at) == ("draft", None, None)
    assert AuditEvent.objects.get(action="service_plan.sent_back").reason == "Too dear."


@pytest.mark.parametrize("ends_on", [date(2025, 12, 31), date(2026, 2, 28), date(2026, 12, 31)])
def test_plan_does_not_end_in_the_past_or_later(approved, supervisor, ends_on, now):
    with pytest.raises(EndsTooLate):
        end_plan(plan=approved, ends_on=ends_on, by=supervisor, at=now)

    approved.refresh_from_db()
    assert approved.ends_on == date(2026, 12, 31)


def test_renewal_is_asked_for_once(customer, approved, account_manager, now):
    def remind(day):
        return remind_of_ends(business_date=day, at=now)["told"]

    assert [remind(date(2026, 11, 30)), remind(date(2026, 12, 1)), remind(date(2026, 12, 2))] == [0, 1, 0]
    event = OutboxEvent.objects.get(name="service_plan.ends_soon")
    wanted = wanted_for_end(event, now)
    assert (wanted.customer, wanted.cause) == (customer, f"service_plan:{approved.pk}")
    assert say_end(wanted.parameters) == "Renew service plan SP000001 with the customer: it ends on 2026-12-31."
    assert FollowUp.objects.count() == 0


def test_nobody_is_reminded_when_the_next_edition_was_begun(approved, account_manager, now):
    following = create_next_edition(plan=approved, by=account_manager, at=now)
    assert remind_of_ends(business_date=date(2026, 12, 10), at=now) == {"told": 0}

    drop_plan(plan=following, by=account_manager, at=now)

    assert remind_of_ends(business_date=date(2026, 12, 10), at=now) == {"told": 1}


def test_erasure_takes_words_and_links_and_keeps_figures(customer, approved, supervisor, now):
    plan = share_plan(plan=approved, by=supervisor, at=now)
    token = share_token(plan)
    assert shared_plan(token, at=now) == plan

    figures = erase_customer(customer=customer, reason=ErasureReason.REQUEST, by=supervisor, at=now)

    assert figures["plan_items"] == 2
    assert [item.text for item in PlanItem.objects.all()] == [None, None]
    assert PlanItem.objects.get(kind="product").target_percent == 90
    assert shared_plan(token, at=now) is None


def test_plans_that_hold_on_the_same_days_refuse_a_merge(account_manager, supervisor, now):
    kept, absorbed = (make_customer(number=number, at=now) for number in ("K-1", "A-1"))
    people = {"by": account_manager, "approver": supervisor, "at": now}
    make_approved(kept, **people)
    theirs = make_approved(absorbed, **people)

    assert [count for _label, count in plan_merge(kept=kept, absorbed=absorbed).clashes] == [1]
    with pytest.raises(MergeClash):
        merge(kept, absorbed, supervisor, now)

    end_plan(plan=theirs, ends_on=date(2026, 3, 2), by=supervisor, at=now)
    ServicePlan.objects.filter(customer=kept).update(starts_on=date(2026, 3, 3))
    merge(kept, absorbed, supervisor, now)
    assert ServicePlan.objects.filter(customer=kept).count() == 2
