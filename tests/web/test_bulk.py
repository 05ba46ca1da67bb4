"""Changing many rows of a list, on the list of customers."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts.enums import Role
from core.accounts.models import User
from core.audit.models import AuditEvent
from core.jobs.models import BackgroundJob
from core.jobs.running import _perform_chunk, perform_job
from core.tenancy.ids import uuid7
from core.web import bulk
from core.web.bulk import forget_outcomes
from core.web.lists import actions
from core.web.models import BulkOutcome
from customers.models import MAX_TAGS, Customer
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

LIST, CHANGE = "/customers/", "/lists/customers/change/"


@pytest.fixture
def customers(tenant, now):
    """Four customers, of which three are in the south."""
    regions = ("South", "South", "South", "North")
    return [make_customer(number=f"C-{at}", region=region, at=now) for at, region in enumerate(regions)]


@pytest.fixture
def people(agent, account_manager):
    return agent, account_manager


@pytest.fixture
def start(client_for, agent):
    """Return a function that starts the tagging of the rows that are meant, and returns answer and job."""

    def start(*, action="add-tag", query="region=South", by=agent, **sent):
        data = {"path": LIST, "query": query, "action": action, "start": "1", **({"tag": "key"} | sent)}
        answer = client_for(by).post(CHANGE, data)
        return answer, BackgroundJob.objects.filter(kind=bulk.KIND).order_by("-pk").first()

    return start


def finish(job, now):
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)
    job.refresh_from_db()
    return job


def tags():
    return dict(Customer.objects.order_by("number").values_list("number", "tags"))


def outcomes(job):
    return list(BulkOutcome.objects.filter(job=job).order_by("pk").values_list("outcome", "reason"))


def test_plan_says_how_many_and_changes_nothing(customers, client_for, agent):
    client = client_for(agent)
    sent = {"path": LIST, "query": "region=South", "action": "add-tag"}

    all_that_match = client.post(CHANGE, {**sent, "scope": "all"})
    ticked = client.post(CHANGE, {**sent, "row": [customers[0].pk, customers[3].pk, "no id"]})

    assert "All 3 rows that match are changed." in all_that_match.content.decode()
    assert "2 ticked rows are changed." in ticked.content.decode()
    assert list(BackgroundJob.objects.all()) == []
    assert set(map(tuple, tags().values())) == {()}


def test_all_that_match_are_changed_with_an_outcome_for_each(customers, start, agent, now):
    Customer.objects.filter(pk=customers[1].pk).update(tags=["key"])
    Customer.objects.filter(pk=customers[2].pk).update(tags=[str(each) for each in range(MAX_TAGS)])

    answer, job = start(scope="all")
    finish(job, now)

    assert answer.url == f"/jobs/{job.pk}/"
    assert (job.state, job.done, job.total) == ("done", 3, 3)
    assert job.counts == {"changed": 1, "unchanged": 1, "refused": 1}
    assert outcomes(job) == [
        ("changed", ""),
        ("unchanged", ""),
        ("refused", "This customer cannot have more tags."),
    ]
    assert tags() | {"C-2": []} == {"C-0": ["key"], "C-1": ["key"], "C-2": [], "C-3": []}
    assert job.title == "Customers: Add the tag key"


def test_change_is_audited_as_the_single_one_is(customers, start, agent, now):
    _answer, job = start(scope="all")
    finish(job, now)

    events = AuditEvent.objects.filter(action="customer.updated").order_by("pk")
    assert [event.subject_id for event in events] == [each.pk for each in customers[:3]]
    assert {event.actor_id for event in events} == {agent.pk}
    assert events[0].changes == {"tags": [[], ["key"]]}


def test_ticked_rows_are_changed_whether_they_match_or_not(customers, start, now):
    _answer, job = start(row=[customers[3].pk, customers[0].pk])

    finish(job, now)

    assert tags() == {"C-0": ["key"], "C-1": [], "C-2": [], "C-3": ["key"]}


def test_rows_of_another_tenant_are_not_there(customers, start, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(number="T-1", at=now)

    answer, none = start(row=[theirs.pk, uuid7()])
    _answer, job = start(row=[customers[0].pk, theirs.pk])
    finish(job, now)

    assert (answer.status_code, none) == (302, None)
    assert (job.total, job.counts["changed"]) == (1, 1)
    with inside(other_tenant, leaving=tenant):
        assert Customer.objects.get().tags == []


def test_account_manager_is_assigned(customers, start, account_manager, supervisor, now):
    _answer, job = start(action="assign", by=supervisor, account_manager=str(account_manager.pk), scope="all")
    finish(job, now)

    assert Customer.objects.filter(account_manager=account_manager).count() == 3
    assert job.title == f"Customers: Account manager: {account_manager.name}"


@pytest.mark.usefixtures("customers")
def test_rows_that_stop_to_match_by_the_change_do_not_hide_others(start, people, supervisor, now, monkeypatch):
    agent, account_manager = people
    monkeypatch.setattr(bulk, "CHUNK", 1)
    Customer.objects.update(account_manager=agent)
    query = f"account_manager={agent.pk}"

    facts = {"account_manager": str(account_manager.pk), "by": supervisor}
    _answer, job = start(action="assign", **facts, scope="all", query=query)
    finish(job, now)

    assert job.counts["changed"] == 4
    assert Customer.objects.filter(account_manager=account_manager).count() == 4


def test_tag_is_removed(customers, start, now):
    Customer.objects.filter(region="South").update(tags=["a", "key", "b"])

    _answer, job = start(action="remove-tag", scope="all", query="")
    finish(job, now)

    assert tags() == {"C-0": ["a", "b"], "C-1": ["a", "b"], "C-2": ["a", "b"], "C-3": []}
    assert job.counts == {"changed": 3, "unchanged": 1, "refused": 0}


def test_row_that_came_after_the_start_is_left_out(customers, start, now):
    _answer, job = start(scope="all")
    make_customer(number="C-9", region="South", at=now)

    finish(job, now)

    assert tags()["C-9"] == []
    assert job.done == 3


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Nothing is selected."),
        ({"scope": "all", "query": "region=West"}, "Nothing is selected."),
        ({"scope": "all", "query": "planet=Mars"}, "Open the list and start again."),
    ],
)
def test_start_of_nothing_is_refused(customers, client_for, agent, sent, words):
    data = {"path": LIST, "query": "", "action": "add-tag", "tag": "key", "start": "1", **sent}

    answer = client_for(agent).post(CHANGE, data, follow=True)

    assert words in answer.content.decode()
    assert list(BackgroundJob.objects.all()) == []


def test_too_many_ticks_are_refused(customers, start, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_TICKED", 1)

    _answer, job = start(row=[each.pk for each in customers])

    assert job is None


@pytest.mark.parametrize("tag", ["", "one,two", "x" * 41])
def test_form_with_errors_comes_back(customers, start, tag):
    answer, job = start(scope="all", tag=tag)

    assert (answer.status_code, job) == (422, None)
    assert "All 3 rows that match are changed." in answer.content.decode()


def test_who_may_not_change_one_may_not_change_many(customers, start, analyst, client_for):
    answer, job = start(scope="all", by=analyst)

    assert (answer.status_code, job) == (403, None)
    assert "bulk" not in client_for(analyst).get(LIST).content.decode().split("<main", 1)[1]
    assert client_for(analyst).post("/lists/customers/change/", {"action": "planet"}).status_code == 404


def test_permission_is_asked_again_by_the_job(customers, start, agent, now):
    _answer, job = start(scope="all")
    User.objects.filter(pk=agent.pk).update(role=Role.ANALYST)

    finish(job, now)

    assert (job.state, job.error) == ("failed", "no_longer_allowed")
    assert set(map(tuple, tags().values())) == {()}


def test_manager_who_left_meanwhile_is_not_assigned(customers, start, account_manager, supervisor, now):
    _answer, job = start(action="assign", by=supervisor, account_manager=str(account_manager.pk), scope="all")
    User.objects.filter(pk=account_manager.pk).update(is_active=False)

    finish(job, now)

    assert (job.state, job.done) == ("failed", 0)
    assert job.error.endswith("Open the list and start again.")
    assert Customer.objects.filter(account_manager=account_manager).count() == 0


# 14 for the chunk, of which one asks for own fields, and 16 for each row: its locks and savepoints, the change, its
# index, the trail and the event.
@pytest.mark.parametrize(("rows", "statements"), [(3, 14 + 3 * 16), (30, 14 + 30 * 16)])
def test_chunk_costs_the_same_statements_for_each_row(tenant, start, now, rows, statements):
    for number in range(rows):
        make_customer(number=f"S-{number}", region="South", at=now)
    _answer, job = start(scope="all")

    with CaptureQueriesContext(connection) as captured:
        _perform_chunk(tenant_id=job.tenant_id, job_id=job.pk, at=now)

    job.refresh_from_db()
    assert (job.state, job.counts["changed"]) == ("done", rows)
    assert len(captured) == statements


@pytest.mark.parametrize("rows", [3, 300])
def test_plan_asks_the_same_number_of_queries(tenant, client_for, supervisor, now, rows):
    for number in range(rows):
        make_customer(number=f"S-{number}", region="South", at=now)
    client = client_for(supervisor)

    with CaptureQueriesContext(connection) as captured:
        client.post(CHANGE, {"path": LIST, "query": "region=South", "action": "assign", "scope": "all"})

    own = [query for query in captured if 'FROM "customers_' in query["sql"]]
    # The count, and the tenant's own fields, by which the list may be filtered.
    assert len(own) == 2


def test_outcomes_stand_on_a_page_of_their_own(customers, start, client_for, people, now):
    agent, account_manager = people
    Customer.objects.filter(pk=customers[1].pk).update(tags=["key"])
    _answer, job = start(scope="all")
    finish(job, now)
    client = client_for(agent)

    every = client.get(f"/jobs/{job.pk}/rows/")
    changed = client.get(f"/jobs/{job.pk}/rows/?outcome=changed")

    assert [outcome.outcome for outcome, _record in every.context["rows"]] == ["changed", "unchanged", "changed"]
    assert [record.number for _outcome, record in changed.context["rows"]] == ["C-0", "C-2"]
    assert f"/customers/{customers[0].pk}/" in changed.content.decode()
    assert f"/jobs/{job.pk}/rows/" in client.get(f"/jobs/{job.pk}/").content.decode()
    assert client_for(account_manager).get(f"/jobs/{job.pk}/rows/").status_code == 404


@pytest.mark.parametrize("rows", [3, 30])
def test_page_of_outcomes_asks_the_same_number_of_queries(start, client_for, agent, now, rows):
    for number in range(rows):
        make_customer(number=f"S-{number}", region="South", at=now)
    _answer, job = start(scope="all")
    finish(job, now)
    client = client_for(agent)

    with CaptureQueriesContext(connection) as captured:
        client.get(f"/jobs/{job.pk}/rows/")

    own = [query for query in captured if "web_bulkoutcome" in query["sql"] or 'FROM "customers_' in query["sql"]]
    assert len(own) == 3


def test_outcomes_are_forgotten_with_the_files(customers, start, now):
    _answer, job = start(scope="all")
    finish(job, now)
    kept = timedelta(days=settings.JOB_FILE_DAYS)

    before = forget_outcomes(business_date=now.date(), at=now + kept)
    after = forget_outcomes(business_date=now.date(), at=now + kept + timedelta(seconds=1))

    assert (before, after) == ({"rows": 0}, {"rows": 3})
    job.refresh_from_db()
    assert job.counts["changed"] == 3


def test_name_of_an_action_is_taken_once():
    action = actions.find("customers", "assign")
    other = actions.BulkAction(**{**vars(action), "icon": "x"})

    actions.register(action)
    with pytest.raises(ValueError, match="assign"):
        actions.register(other)

    assert actions.find("customers", "assign") is action
