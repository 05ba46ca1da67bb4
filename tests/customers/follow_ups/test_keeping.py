"""What becomes of follow-ups when their customer is erased or merged, and when their assignee leaves."""

import json

import pytest
from django.db import connection

from core.accounts.enums import Role
from core.console.handover import hand_over
from core.jobs.running import perform_job, result_of
from customers.models import FollowUp, Interaction
from customers.services import copy_customer, erase_customer, erasure_figures, merge_customers, undo_merge
from customers.services.follow_up_steps import complete_follow_up
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer


@pytest.fixture
def officer(tenant, now):
    return make_user(role=Role.PRIVACY_OFFICER, at=now)


def test_words_are_encrypted_in_the_database(customer, agent, now):
    follow_up = make_follow_up(at=now, customer=customer, subject="Tell Lin Mei")
    complete_follow_up(follow_up=follow_up, outcome="Lin Mei was away", by=agent, at=now)

    with connection.cursor() as cursor:
        cursor.execute("select subject, outcome from customers_followup")
        (row,) = cursor.fetchall()
    assert [b"Lin Mei" in bytes(each) for each in row] == [False, False]


def test_erasure_takes_the_words_and_cancels_what_is_open(customer, vip, agent, officer, now):
    done = make_follow_up(at=now, customer=customer, subject="Tell Lin Mei")
    complete_follow_up(follow_up=done, outcome="Lin Mei was away", by=agent, at=now)
    make_follow_up(at=now, customer=customer, recurrence="daily")
    other = make_follow_up(at=now, customer=vip)
    assert erasure_figures(customer)["follow_ups"] == 2

    erase_customer(customer=customer, reason="request", by=officer, at=now)

    rows = FollowUp.objects.filter(customer=customer).order_by("pk")
    assert [(each.state, each.subject, each.outcome, each.recurrence) for each in rows] == [
        ("done", None, None, ""),
        ("cancelled", None, None, ""),
    ]
    assert (Interaction.objects.count(), FollowUp.objects.get(pk=other.pk).subject) == (0, "Ask how it went")


def test_copy_holds_them_in_clear(customer, officer, now):
    make_follow_up(at=now, customer=customer, subject="Tell Lin Mei")
    job = copy_customer(customer=customer, reason="request", by=officer, at=now)

    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)

    job.refresh_from_db()
    assert [row["subject"] for row in json.loads(b"".join(result_of(job)))["follow_ups"]] == ["Tell Lin Mei"]


def test_merge_moves_them_and_its_undoing_brings_them_back(customer, supervisor, now):
    kept = make_customer(at=now)
    follow_up = make_follow_up(at=now, customer=customer)
    merge = merge_customers(
        kept=kept, absorbed=customer, versions=(kept.version, customer.version), by=supervisor, at=now
    )
    assert FollowUp.objects.get().customer == kept

    undo_merge(merge=merge, by=supervisor, at=now)

    assert FollowUp.objects.get(pk=follow_up.pk).customer_id == customer.pk


def test_who_leaves_hands_over_what_is_open(agent, account_manager, administrator, now):
    open_one = make_follow_up(at=now, assignee=agent)
    done = make_follow_up(at=now, assignee=agent)
    complete_follow_up(follow_up=done, by=agent, at=now)

    hand_over(user=agent, heirs={"follow_ups": account_manager}, by=administrator, at=now)

    assert FollowUp.objects.get(pk=open_one.pk).assignee == account_manager
    assert FollowUp.objects.get(pk=done.pk).assignee == agent
