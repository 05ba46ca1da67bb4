"""One follow-up for each of many customers, and many follow-ups handed over or moved at once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse

from core.jobs.running import perform_job
from core.web import bulk, exports
from core.web.lists import actions
from core.web.models import BulkOutcome
from customers.models import FollowUp
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.customers import make_customer


@pytest.fixture
def change(tenant, now):
    """Do an action of a list to all its rows, as somebody's job."""

    def change(list_name, name, data, *, by):
        action = actions.find(list_name, name)
        form = action.form(QueryDict(data))
        assert form.is_valid(), form.errors
        selection = bulk.Selection(view=exports.find(list_name)(), query="", rows=None)
        job = bulk.start(action=action, selection=selection, form=form, by=by, at=now)
        perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: now)
        job.refresh_from_db()
        return job

    return change


OPEN = "subject=Tell+them+of+the+new+rates&kind=call&due_at=2026-03-09T10:00&priority=2"


def test_one_is_opened_for_each_customer_by_portfolio(change, customer, vip, agent):
    job = change("customers", "follow-up", f"{OPEN}&assignment=portfolio", by=agent)

    assert (job.state, job.counts["changed"]) == ("done", 2)
    found = {each.customer: each for each in FollowUp.objects.all()}
    assert (found[customer].assignee, found[vip].assignee) == (customer.account_manager, None)
    assert {(each.subject, each.origin, each.priority, each.created_by) for each in found.values()} == {
        ("Tell them of the new rates", "bulk", 2, agent)
    }
    assert found[vip].due_at == datetime(2026, 3, 9, 2, tzinfo=UTC)


def test_by_load_the_team_shares_them(change, agent, team, members, now):
    for _ in range(6):
        make_customer(at=now)

    change("customers", "follow-up", f"{OPEN}&assignment=load&team={team.pk}", by=agent)

    assert [FollowUp.objects.filter(assignee=member).count() for member in members] == [3, 3]


def test_what_cannot_be_is_the_outcome_of_its_row(change, customer, agent):
    job = change("customers", "follow-up", f"{OPEN}&assignment=load", by=agent)

    assert (job.counts["refused"], FollowUp.objects.count()) == (1, 0)
    assert "team" in BulkOutcome.objects.get().reason


def test_others_follow_ups_are_refused_one_by_one(change, agent, account_manager, now):
    own = make_follow_up(at=now, assignee=agent)
    others = make_follow_up(at=now, assignee=account_manager)

    job = change("follow-ups", "reschedule", "due_at=2026-03-09T10:00", by=agent)

    assert (job.counts["changed"], job.counts["refused"]) == (1, 1)
    assert FollowUp.objects.get(pk=own.pk).due_at == datetime(2026, 3, 9, 2, tzinfo=UTC)
    assert FollowUp.objects.get(pk=others.pk).due_at == others.due_at


def test_supervisor_hands_many_over_and_sees_what_became_of_each(change, client_for, agent, supervisor, now):
    make_follow_up(at=now, subject="Call 13812345678")
    make_follow_up(at=now, subject="Theirs already", assignee=agent, due_in=timedelta(days=1))

    job = change("follow-ups", "hand-over", f"assignee={agent.pk}", by=supervisor)

    assert (job.counts["changed"], job.counts["unchanged"]) == (1, 1)
    assert FollowUp.objects.filter(assignee=agent).count() == 2
    shown = client_for(supervisor).get(reverse("console:job_rows", args=[job.pk])).content.decode()
    assert "Theirs already" in shown
    assert "13812345678" not in shown
