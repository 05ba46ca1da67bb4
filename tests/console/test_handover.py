"""Somebody leaves, or is away for long: what they were in charge of goes to colleagues."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.accounts.enums import Role
from core.accounts.models import Invitation, User
from core.accounts.services import (
    AlreadySwitchedOff,
    RoleAboveOwn,
    activate_user,
    deactivate_user,
    invite_user,
    update_user,
)
from core.audit.models import AuditEvent
from core.console import handover
from core.console.handover import HeirMayNot, NobodyChosen, hand_over, leave
from core.events.dispatching import work_off
from core.events.models import OutboxEvent
from core.jobs.models import BackgroundJob
from core.jobs.running import AlreadyRunning, NotAllowed, cancel_job, perform_job, start_job
from core.partners.models import ApiKey
from core.partners.querysets import ownerless
from core.partners.services import create_api_key, revoke_api_key
from core.web import exports
from core.web.models import Notice, SavedView
from core.web.notices import lines_of
from core.web.saved_views import save_view
from customers import copies
from customers.models import Customer
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer

EXPORT = {"list": "customers", "path": "/customers/", "query": "", "format": "csv"}


@pytest.fixture
def leaver(tenant, now):
    return make_user(role=Role.ADMINISTRATOR, at=now)


@pytest.fixture
def held(leaver, supervisor, now):
    """Two customers and one of each other kind, and beside each what is no longer, or never was, the leaver's."""
    for number in ("C-1", "C-2"):
        make_customer(number=number, account_manager=leaver, at=now)
    make_customer(number="C-3", account_manager=supervisor, at=now)
    key = {"scopes": ["tiers:read"], "expires_at": None, "by": leaver, "at": now}
    create_api_key(name="ERP", **key)
    revoke_api_key(key=create_api_key(name="Old", **key)[0], by=leaver, at=now)
    view = {"list_name": "customers", "query": "region=South", "by": leaver, "at": now}
    save_view(name="South", is_shared=True, **view)
    save_view(name="Mine", is_shared=False, **view)
    start_job(kind=exports.KIND, title="Export", parameters=EXPORT, by=leaver, at=now)
    # The pages go by the clock, and an invitation ends.
    invite_user(email="new@staff.example", role=Role.AGENT, language="en", by=leaver, at=timezone.now())


@pytest.fixture
def client(client_for, administrator):
    return client_for(administrator)


@pytest.fixture
def many(leaver, monkeypatch, now):
    """Five customers, which are too many to be handed over at once, two by two."""
    monkeypatch.setattr(handover, "MOST_AT_ONCE", 4)
    monkeypatch.setattr(handover, "CHUNK", 2)
    return [make_customer(number=f"C-{each}", account_manager=leaver, at=now) for each in range(5)]


def managers():
    return dict(Customer.objects.order_by("number").values_list("number", "account_manager"))


def told(action):
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def handed_over():
    return [
        (event.payload["holding"], event.payload["count"]) for event in OutboxEvent.objects.filter(name__startswith="h")
    ]


def finish(job, now):
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)
    job.refresh_from_db()
    return job


@pytest.mark.usefixtures("held")
def test_page_counts_what_somebody_is_in_charge_of(leaver, client):
    body = client.get(reverse("console:deactivate_user", args=[leaver.pk])).content.decode()

    assert [
        label
        for label in (
            "Customers (2)",
            "API keys (1)",
            "Shared views of lists (1)",
            "Background jobs under way (1)",
            "Open invitations (1)",
        )
        if label not in body
    ] == []


@pytest.mark.usefixtures("held")
def test_who_leaves_hands_over_kind_by_kind(leaver, client, administrator, supervisor, agent):
    heirs = {"customers": agent.pk, "keys": administrator.pk, "views": supervisor.pk, "jobs": supervisor.pk}
    heirs["invitations"] = administrator.pk

    answer = client.post(reverse("console:deactivate_user", args=[leaver.pk]), heirs)

    assert answer.url == reverse("console:update_user", args=[leaver.pk])
    leaver.refresh_from_db()
    assert leaver.is_active is False
    assert managers() == {"C-1": agent.pk, "C-2": agent.pk, "C-3": supervisor.pk}
    assert dict(ApiKey.objects.values_list("name", "owner")) == {"ERP": administrator.pk, "Old": leaver.pk}
    assert {view.name: view.owner for view in SavedView.objects.all()} == {"South": supervisor, "Mine": leaver}
    assert BackgroundJob.objects.get().owner == supervisor
    assert Invitation.objects.get().invited_by == administrator


@pytest.mark.usefixtures("held")
def test_hand_over_is_audited_and_told(leaver, administrator, agent, tenant, now):
    hand_over(user=leaver, heirs={"customers": agent, "keys": administrator}, by=administrator, at=now)
    work_off(tenant_id=tenant.pk, now=lambda: now)

    assert [event.subject_id for event in told("customer.updated")] == list(
        Customer.objects.filter(account_manager=agent).order_by("pk").values_list("pk", flat=True)
    )
    assert [event.details for event in told("user.handed_over")] == [
        {"holding": "customers", "count": 2, "heir": str(agent.pk)},
        {"holding": "keys", "count": 1, "heir": str(administrator.pk)},
    ]
    assert [event.changes for event in told("key.handed_over")] == [{"owner": [str(leaver.pk), str(administrator.pk)]}]
    assert handed_over() == [("customers", 2), ("keys", 1)]
    # Who took something over by their own hand knows.
    notice = Notice.objects.get(kind="took_over")
    assert (notice.user, notice.facts) == (agent, {"holding": "customers", "count": 2})
    words = lines_of([notice])[0].words
    assert (words.text, words.detail) == ("You took over 2 customers", "from The Administrator")
    assert words.url == f"/customers/?account_manager={agent.pk}"


@pytest.mark.usefixtures("held")
def test_history_names_who_took_over(leaver, client, administrator, agent, now):
    hand_over(user=leaver, heirs={"customers": agent}, by=administrator, at=now)

    body = client.get(reverse("console:update_user", args=[leaver.pk])).content.decode()

    assert "Handed over to a colleague" in body
    assert "The Agent" in body


@pytest.mark.usefixtures("held")
def test_absent_colleague_hands_over_and_stays(leaver, client, agent):
    answer = client.post(reverse("console:hand_over", args=[leaver.pk]), {"customers": agent.pk})

    assert answer.status_code == 302
    leaver.refresh_from_db()
    assert leaver.is_active is True
    assert managers()["C-1"] == agent.pk
    assert ApiKey.objects.get(name="ERP").owner == leaver


@pytest.mark.usefixtures("held")
def test_hand_over_to_nobody_is_refused(leaver, client):
    answer = client.post(reverse("console:hand_over", args=[leaver.pk]))

    assert (answer.status_code, answer.context["form"].non_field_errors()) == (422, [str(NobodyChosen.message)])
    assert managers()["C-1"] == leaver.pk


@pytest.mark.usefixtures("held")
def test_one_refusal_keeps_all_as_it_was(leaver, administrator, agent, now):
    BackgroundJob.objects.update(kind=copies.KIND)

    with pytest.raises(NotAllowed):
        leave(user=leaver, heirs={"customers": agent, "jobs": agent}, by=administrator, at=now)

    leaver.refresh_from_db()
    assert leaver.is_active is True
    assert managers()["C-1"] == leaver.pk
    assert (told("user.handed_over"), handed_over()) == ([], [])


@pytest.mark.usefixtures("held")
def test_heir_must_be_allowed_and_at_work(leaver, administrator, analyst, agent, now):
    User.objects.filter(pk=agent.pk).update(is_active=False)
    agent.refresh_from_db()

    for heirs in ({"customers": analyst}, {"customers": agent}, {"customers": leaver}, {"keys": analyst}):
        with pytest.raises(HeirMayNot):
            hand_over(user=leaver, heirs=heirs, by=administrator, at=now)

    assert managers()["C-1"] == leaver.pk


@pytest.mark.usefixtures("held")
def test_page_offers_only_who_may_take_over(leaver, client, agent, analyst):
    form = client.get(reverse("console:hand_over", args=[leaver.pk])).context["form"]

    offered = {name: set(field.queryset) for name, field in form.fields.items()}
    assert agent in offered["customers"]
    assert offered["customers"] & {analyst, leaver} == set()
    assert analyst in offered["jobs"]
    assert agent not in offered["keys"]


@pytest.mark.usefixtures("held")
def test_invitation_goes_to_who_may_give_its_role(leaver, administrator, now):
    Invitation.objects.update(role=Role.ADMINISTRATOR)
    lesser = make_user(role=Role.AGENT, at=now)

    with pytest.raises(HeirMayNot):
        hand_over(user=leaver, heirs={"invitations": lesser}, by=administrator, at=now)
    invitation = Invitation.objects.get()
    with pytest.raises(RoleAboveOwn):
        handover.holdings()["invitations"].hand_over(row=invitation, of=leaver, to=lesser, by=administrator, at=now)

    assert Invitation.objects.get().invited_by == leaver


@pytest.mark.usefixtures("many")
def test_much_goes_by_a_job_that_goes_on_after_the_leaving(leaver, client, agent, now):
    answer = client.post(reverse("console:deactivate_user", args=[leaver.pk]), {"customers": agent.pk})

    job = BackgroundJob.objects.get()
    leaver.refresh_from_db()
    assert (answer.url, leaver.is_active, job.total) == (f"/jobs/{job.pk}/", False, 5)
    assert set(managers().values()) == {leaver.pk}
    finish(job, now)
    assert (job.state, job.done, job.counts) == ("done", 5, {"customers": 5, "refused": 0})
    assert set(managers().values()) == {agent.pk}
    assert handed_over() == [("customers", 5)]
    assert client.get(answer.url).status_code == 200


@pytest.mark.usefixtures("many")
def test_job_hands_over_several_kinds_and_not_itself(leaver, agent, administrator, now):
    """An administrator hands over what is their own, the other job among it."""
    start_job(kind=exports.KIND, title="Export", parameters=EXPORT, by=leaver, at=now - timedelta(hours=1))

    job = hand_over(user=leaver, heirs={"customers": agent, "jobs": agent}, by=leaver, at=now)
    finish(job, now)

    assert (job.state, job.owner, job.counts) == ("done", leaver, {"customers": 5, "jobs": 1, "refused": 0})
    assert BackgroundJob.objects.get(kind=exports.KIND).owner == agent


@pytest.mark.usefixtures("many")
def test_job_counts_what_refuses_its_heir(leaver, agent, administrator, now):
    start_job(kind=exports.KIND, title="Export", parameters=EXPORT, by=leaver, at=now)
    copy = BackgroundJob.objects.get()
    BackgroundJob.objects.update(kind=copies.KIND)

    job = hand_over(user=leaver, heirs={"customers": agent, "jobs": agent}, by=administrator, at=now)
    finish(job, now)

    assert (job.state, job.counts) == ("done", {"customers": 5, "jobs": 0, "refused": 1})
    copy.refresh_from_db()
    assert copy.owner == leaver


@pytest.mark.usefixtures("many")
def test_job_stops_when_its_heir_leaves_and_tells_what_it_did(leaver, agent, administrator, now, monkeypatch):
    job = hand_over(user=leaver, heirs={"customers": agent}, by=administrator, at=now)
    monkeypatch.setattr("core.jobs.running.is_asked_to_stop", lambda: True)
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)
    monkeypatch.undo()
    deactivate_user(user=agent, by=administrator, at=now)

    finish(job, now)

    assert (job.state, job.error) == ("failed", str(HeirMayNot.message))
    assert sorted(managers().values()) == sorted([agent.pk] * 2 + [leaver.pk] * 3)
    assert handed_over() == [("customers", 2)]


@pytest.mark.usefixtures("many")
def test_cancelled_job_is_not_repeated_and_the_same_does_not_run_twice(leaver, agent, administrator, now):
    heirs = {"customers": agent}
    job = hand_over(user=leaver, heirs=heirs, by=administrator, at=now)
    with pytest.raises(AlreadyRunning):
        hand_over(user=leaver, heirs=heirs, by=administrator, at=now)
    cancel_job(job=job, by=administrator, at=now)
    finish(job, now)

    assert (job.state, handed_over()) == ("cancelled", [])
    assert set(managers().values()) == {leaver.pk}


def test_customer_that_somebody_took_meanwhile_stays_with_them(leaver, agent, supervisor, administrator, now):
    customer = make_customer(number="C-1", account_manager=leaver, at=now)
    Customer.objects.update(account_manager=supervisor)

    done = handover.holdings()["customers"].hand_over(row=customer, of=leaver, to=agent, by=administrator, at=now)

    assert (done, managers()) == (False, {"C-1": supervisor.pk})


@pytest.mark.usefixtures("held")
def test_what_is_left_over_is_shown_and_found(leaver, client, administrator, agent, now):
    leave(user=leaver, heirs={"customers": agent}, by=administrator, at=now)

    body = client.get(reverse("console:people")).content.decode()
    found = client.get(reverse("console:people"), {"left_behind": "yes"}).context["rows"]
    others = client.get(reverse("console:people"), {"left_behind": "no"}).context["rows"]

    assert "1 API key" in body
    assert "2 customers" not in body
    assert list(found) == [leaver]
    assert leaver not in others
    assert administrator in others
    assert [key.name for key in ownerless(ApiKey.objects.all(), at=now)] == ["ERP"]
    page = client.get(reverse("console:update_user", args=[leaver.pk])).content.decode()
    assert "nobody looks after this" in page


@pytest.mark.usefixtures("held")
def test_who_left_hands_over_later_and_rejoins_without_it(leaver, client_for, administrator, agent, now):
    leave(user=leaver, heirs={}, by=administrator, at=now)
    with pytest.raises(AlreadySwitchedOff):
        leave(user=leaver, heirs={"customers": agent}, by=administrator, at=now)
    assert managers()["C-1"] == leaver.pk

    client_for(administrator).post(reverse("console:hand_over", args=[leaver.pk]), {"customers": agent.pk})
    activate_user(user=leaver, by=administrator, at=now)

    leaver.refresh_from_db()
    assert (leaver.is_active, managers()["C-1"]) == (True, agent.pk)
    assert client_for(leaver).get(reverse("customers:list")).status_code == 200
    # What nobody took over is theirs again.
    assert ApiKey.objects.get(name="ERP").owner == leaver


def test_pages_ask_as_often_for_few_as_for_many(leaver, client, supervisor, now):
    addresses = [
        reverse("console:update_user", args=[leaver.pk]),
        reverse("console:hand_over", args=[leaver.pk]),
        reverse("console:people"),
    ]

    def queries():
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address).status_code == 200
            counts.append(len(seen))
        return counts

    make_customer(number="C-0", account_manager=leaver, at=now)
    make_user(role=Role.AGENT, at=now)
    User.objects.filter(pk__in=[leaver.pk, supervisor.pk]).update(is_active=False)
    queries()
    few = queries()
    for number in range(1, 60):
        make_customer(number=f"C-{number}", account_manager=leaver if number % 2 else supervisor, at=now)
        User.objects.filter(pk=make_user(role=Role.AGENT, at=now).pk).update(is_active=False)

    assert queries() == few == [17, 15, 19]


@pytest.mark.usefixtures("held")
def test_heir_of_another_tenant_is_no_choice(leaver, client, tenant, other_tenant):
    with inside(other_tenant, leaving=tenant):
        foreign = User.objects.get()

    answer = client.post(reverse("console:hand_over", args=[leaver.pk]), {"customers": foreign.pk})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["customers"])
    assert managers()["C-1"] == leaver.pk


def test_hand_over_is_refused_to_an_agent(client_for, agent, leaver):
    for name in ("hand_over", "deactivate_user"):
        assert client_for(agent).get(reverse(f"console:{name}", args=[leaver.pk])).status_code == 403


def test_a_lesser_role_takes_over_no_more_than_it_may(leaver, administrator, agent, now):
    make_customer(number="C-1", account_manager=leaver, at=now)
    facts = {"email": agent.email, "name": agent.name, "language": "en", "time_zone": "", "department": None}
    update_user(user=agent, **facts, team=None, role=Role.ANALYST, by=administrator, at=now)
    agent.refresh_from_db()

    with pytest.raises(HeirMayNot):
        hand_over(user=leaver, heirs={"customers": agent}, by=administrator, at=now)

    assert managers() == {"C-1": leaver.pk}
