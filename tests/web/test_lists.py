"""The list machinery, tried on the list of people."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_user
from core.jobs.models import JobRun
from core.web.lists import (
    BooleanFilter,
    ChoiceFilter,
    DateRangeFilter,
    ListPage,
    PrefixFilter,
    RecordFilter,
    Sort,
    UserFilter,
)
from core.web.lists.cursors import BadCursor
from core.web.lists.page import TOTAL_CAP

FILTERS = (
    ChoiceFilter(name="role", label="Role", choices=Role.choices),
    BooleanFilter(name="active", label="Active", field="is_active"),
    DateRangeFilter(name="joined", label="Joined", field="date_joined"),
    PrefixFilter(name="name", label="Name"),
    UserFilter(name="person", label="Person", field="pk"),
)
SORTS = (Sort("name", "Name"), Sort("joined", "Joined", column="date_joined", descending_first=True))


@pytest.fixture
def people(tenant, now):
    """Seven agents with few different names and times, so that ties are many."""
    return [
        create_user(
            email=f"p{number}@staff.example",
            name=f"N{number % 3}",
            role=Role.AGENT,
            language="en",
            by=None,
            at=now + timedelta(days=number % 2),
        )
        for number in range(7)
    ]


@pytest.fixture
def page_of(tenant):
    def page_of(query="", *, size=2, path="/people/"):
        return ListPage(
            path=path,
            params=QueryDict(query),
            queryset=User.objects.filter(role=Role.AGENT),
            filters=FILTERS,
            sorts=SORTS,
            default_sort="name",
            tenant=tenant,
            size=size,
        )

    return page_of


def walk(page_of, query, **options):
    """Follow "more" to the end and return all rows met."""
    met = []
    page = page_of(query, **options)
    while True:
        met += [row.pk for row in page.rows]
        if not page.more_url:
            return met
        page = page_of(page.more_url.partition("?")[2], **options)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ("name", "pk")),
        ("-name", ("-name", "-pk")),
        ("joined", ("date_joined", "pk")),
        ("-joined", ("-date_joined", "-pk")),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 7, 50])
def test_walk_meets_every_row_once_in_order(people, page_of, sort, order, size):
    met = walk(page_of, f"sort={sort}", size=size)

    assert met == list(User.objects.filter(role=Role.AGENT).order_by(*order).values_list("pk", flat=True))


@given(names=st.lists(st.sampled_from(["a", "b", "á", "张", ""]), max_size=12), size=st.integers(1, 4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_walk_equals_the_set_whatever_the_ties(tenant, page_of, now, names, size):
    User.objects.filter(role=Role.AGENT).delete()
    for number, name in enumerate(names):
        create_user(email=f"w{number}@staff.example", name=name, role=Role.AGENT, language="en", by=None, at=now)

    met = walk(page_of, "sort=-name", size=size)

    assert len(met) == len(names)
    assert set(met) == set(User.objects.filter(role=Role.AGENT).values_list("pk", flat=True))


def test_walk_is_not_disturbed_by_a_row_added_before_the_place(people, page_of, now):
    first = page_of("sort=name", size=3)
    met = [row.pk for row in first.rows]
    create_user(email="new@staff.example", name="A", role=Role.AGENT, language="en", by=None, at=now)

    met += walk(page_of, first.more_url.partition("?")[2], size=3)

    assert sorted(met) == sorted(person.pk for person in people)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: f"sort=name&cursor={cursor[:-2]}xx",
        lambda _: "sort=name&cursor=nonsense",
        lambda cursor: f"sort=-name&cursor={cursor}",
        lambda cursor: f"sort=name&role=agent&cursor={cursor}",
    ],
    ids=["changed", "invented", "of another order", "of another filter"],
)
def test_cursor_that_was_not_made_for_this_list_is_refused(people, page_of, spoil):
    cursor = QueryDict(page_of("sort=name").more_url.partition("?")[2])["cursor"]

    with pytest.raises(BadCursor):
        assert page_of(spoil(cursor)).rows


def test_cursor_of_another_list_is_refused(people, page_of):
    query = page_of("sort=name").more_url.partition("?")[2]

    with pytest.raises(BadCursor):
        assert page_of(query, path="/other/").rows


def test_filters_leave_what_matches_and_show_as_chips(people, page_of):
    page = page_of("name=N1&active=yes", size=50)

    assert [row.name for row in page.rows] == ["N1", "N1"]
    assert [(chip.label, chip.text, chip.remove_url) for chip in page.chips] == [
        ("Active", "Yes", "/people/?name=N1"),
        ("Name", "begins with “N1”", "/people/?active=yes"),
    ]


def test_filter_by_days_includes_both_ends_in_the_tenants_zone(people, page_of, tenant, now):
    day = (now + timedelta(hours=8)).date()

    page = page_of(f"joined_from={day}&joined_to={day}", size=50)

    assert len(page.rows) == 4
    assert page.chips[0].text == f"{day} – {day}"


@pytest.mark.parametrize(
    "query",
    [
        "role=boss",
        "active=perhaps",
        "joined_from=yesterday",
        "person=1",
        "name=%00",
        "colour=red",
        "sort=email",
        "sort=--name",
    ],
)
def test_parameter_that_is_not_understood_shows_no_rows_and_says_so(people, page_of, query):
    page = page_of(query)

    assert page.is_valid is False
    assert page.rows == []
    assert page.errors or page.form.errors


def test_range_the_wrong_way_round_is_refused_beside_the_field(people, page_of):
    page = page_of("joined_from=2026-03-02&joined_to=2026-03-01")

    assert page.is_valid is False
    assert list(page.form.errors) == ["joined_to"]


@pytest.mark.parametrize(
    ("query", "is_understood"),
    [
        ("joined_from=0001-01-01", False),
        ("joined_from=1899-12-31", False),
        ("joined_from=1900-01-01", True),
        ("joined_to=2200-12-31", True),
        ("joined_to=2201-01-01", False),
        ("joined_to=9999-12-31", False),
    ],
)
def test_day_outside_the_calendar_of_the_product_is_refused_beside_the_field(people, page_of, query, is_understood):
    page = page_of(query, size=10)

    assert len(page.rows) == (7 if is_understood else 0)
    assert page.form.errors.get(query.split("=")[0], []) == (
        [] if is_understood else ["Enter a date from 1900 to 2200."]
    )


def test_total_is_counted_up_to_the_cap(people, page_of, monkeypatch):
    assert page_of().total == "7 results"
    monkeypatch.setattr("core.web.lists.page.TOTAL_CAP", 5)
    assert page_of().total == "5+ results"
    assert TOTAL_CAP == 1000


def test_choice_of_a_record_of_another_tenant_is_refused(people, page_of, other_tenant):
    foreign = User.all_tenants.filter(tenant_id=other_tenant.pk).first()

    page = page_of(f"person={foreign.pk if foreign else other_tenant.pk}")

    assert page.is_valid is False


def test_list_page_reads_as_often_with_three_rows_as_with_three_hundred(client_for, administrator, now):
    client = client_for(administrator)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(reverse("console:people")).status_code == 200
        return len(seen)

    create_user(email="a1@staff.example", name="A", role=Role.AGENT, language="en", by=None, at=now)
    queries()
    few = queries()
    for number in range(300):
        User(
            email=f"m{number}@staff.example", name=f"M{number}", role=Role.AGENT, language="en", date_joined=now
        ).save()

    assert queries() == few


def test_list_page_answers_htmx_with_the_content_alone(client_for, administrator):
    client = client_for(administrator)

    page = client.get(reverse("console:people"))
    fragment = client.get(reverse("console:people"), headers={"HX-Request": "true"})

    assert 'id="side"' in page.content.decode()
    assert 'id="side"' not in fragment.content.decode()
    assert 'id="list"' in fragment.content.decode()
    assert "HX-Request" in page.headers["Vary"]
    assert page.headers["Cache-Control"] == "private, no-store"


def test_list_page_with_a_tampered_cursor_is_400_with_words(client_for, administrator):
    response = client_for(administrator).get(reverse("console:people"), {"cursor": "nonsense"})

    assert response.status_code == 400
    assert "This place in the list does not exist." in response.content.decode()


def test_list_page_with_an_unknown_filter_is_422_and_names_it(client_for, administrator, agent):
    response = client_for(administrator).get(reverse("console:people"), {"colour": "red"})

    assert response.status_code == 422
    assert "There is no filter called “colour”." in response.content.decode()
    assert agent.email not in response.content.decode()


def test_more_is_a_plain_link_that_leads_on(client_for, administrator, now, monkeypatch):
    monkeypatch.setattr("core.console.people.PeopleView.page_size", 1)
    create_user(email="zz@staff.example", name="Zz last", role=Role.AGENT, language="en", by=None, at=now)
    client = client_for(administrator)
    first = client.get(reverse("console:people"), {"sort": "-name"})

    second = client.get(first.context["list"].more_url)

    assert "zz@staff.example" in first.content.decode()
    assert "zz@staff.example" not in second.content.decode()
    assert "Back to the start" in second.content.decode()


def test_job_runs_list_shows_state_and_error(client_for, administrator, supervisor, now):
    JobRun(
        job="tiering.evaluate", business_date=now.date(), due_at=now, state="failed", attempts=5, error="Boom"
    ).save()

    body = client_for(supervisor).get(reverse("console:jobs"), {"job": "tiering.evaluate"}).content.decode()

    assert "Evaluate tiers</td>" in body
    assert "Boom" in body
    assert "Failed" in body


def test_record_filter_offers_only_what_its_queryset_holds(people):
    offered = RecordFilter(name="p", label="P", options=lambda: User.objects.filter(name="N1"))

    assert offered.form_fields()["p"].queryset.count() == 2
