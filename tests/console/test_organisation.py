"""Departments and teams: renamed, moved and closed, with the people in them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.models import Department, Invitation, Team
from core.accounts.services import (
    DepartmentClosed,
    TeamClosed,
    close_department,
    close_team,
    create_department,
    create_team,
    invite_user,
    update_department,
    update_team,
)
from core.audit.models import AuditEvent
from tests.factories.accounts import make_user


@pytest.fixture
def client(client_for, administrator):
    return client_for(administrator)


@pytest.fixture
def service(administrator, now):
    return create_department(name="Service", by=administrator, at=now)


@pytest.fixture
def claims(administrator, now):
    return create_department(name="Claims", by=administrator, at=now)


@pytest.fixture
def night(service, administrator, now):
    return create_team(name="Night", department=service, by=administrator, at=now)


@pytest.fixture
def members(service, night, now):
    """Two people of the team, of whom one is in its department, and one invited to both."""
    people = [make_user(role=Role.AGENT, at=now) for _each in range(2)]
    for person, department in zip(people, (service, None), strict=True):
        person.team, person.department = night, department
        person.save()
    return people


@pytest.fixture
def all_of_them(members, invited):
    return [*members, invited]


@pytest.fixture
def invited(service, night, administrator, now):
    facts = {"role": Role.AGENT, "language": "en", "department": service, "team": night}
    return invite_user(email="new@staff.example", **facts, by=administrator, at=now)[0]


def told(action):
    return [event.changes for event in AuditEvent.objects.filter(action=action).order_by("pk")]


def places(*rows):
    for row in rows:
        row.refresh_from_db()
    return [(row.department, row.team) for row in rows]


def test_department_and_team_are_renamed_on_their_pages(client, service, night):
    client.post(reverse("console:update_department", args=[service.pk]), {"name": "Care"})
    answer = client.post(reverse("console:update_team", args=[night.pk]), {"name": "Late", "department": service.pk})

    assert answer.url == reverse("console:organisation")
    assert (Department.objects.get().name, Team.objects.get().name) == ("Care", "Late")
    assert told("department.updated") == [{"name": ["Service", "Care"]}]
    assert told("team.updated") == [{"name": ["Night", "Late"]}]


def test_name_of_another_is_refused_and_that_of_a_closed_one_is_free(client, service, claims, administrator, now):
    address = reverse("console:update_department", args=[claims.pk])

    refused = client.post(address, {"name": "Service"})
    close_department(department=service, to=None, by=administrator, at=now)
    taken = client.post(address, {"name": "Service"})

    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["name"])
    assert taken.status_code == 302
    assert Department.objects.open().get().name == "Service"


def test_team_that_moves_takes_those_along_who_were_in_its_department(night, all_of_them, claims, administrator, now):
    update_team(team=night, name="Night", department=claims, by=administrator, at=now)

    assert places(*all_of_them) == [(claims, night), (None, night), (claims, night)]
    assert [list(changes) for changes in told("user.updated")] == [["department"]]


def test_closed_department_gives_its_teams_and_people_to_another(client, service, night, all_of_them, claims):
    address = reverse("console:close_department", args=[service.pk])
    asked = client.get(address).content.decode()

    answer = client.post(address, {"to": claims.pk})

    assert "1 person is in it" in asked
    assert "1 team belongs to it" in asked
    assert answer.status_code == 302
    night.refresh_from_db()
    assert night.department == claims
    assert places(*all_of_them) == [(claims, night), (None, night), (claims, night)]
    assert [each.name for each in Department.objects.open()] == ["Claims"]
    assert client.get(address).status_code == 404


def test_closed_team_leaves_its_people_where_they_are_in_the_company(night, all_of_them, administrator, now):
    late = create_team(name="Late", by=administrator, at=now)

    close_team(team=night, to=late, by=administrator, at=now)

    assert [team for _department, team in places(*all_of_them)] == [late, late, late]
    assert [changes["team"] for changes in told("user.updated")] == [[str(night.pk), str(late.pk)]] * 2
    assert list(told("team.closed")[0]) == ["closed_at"]


def test_people_of_a_closed_team_may_be_in_none(night, members, client):
    client.post(reverse("console:close_team", args=[night.pk]), {"to": ""})

    assert [team for _department, team in places(*members)] == [None, None]


def test_what_is_closed_is_no_choice_and_no_change(client, night, claims, administrator, now):
    service = night.department
    close_department(department=service, to=claims, by=administrator, at=now)
    close_team(team=night, to=None, by=administrator, at=now)

    form = client.get(reverse("console:invite_user")).context["form"]
    assert list(form.fields["department"].queryset) == [claims]
    assert list(form.fields["team"].queryset) == []
    for closing in (service, claims):
        with pytest.raises(DepartmentClosed):
            close_department(department=closing, to=service, by=administrator, at=now)
    with pytest.raises(DepartmentClosed):
        update_department(department=service, name="Again", by=administrator, at=now)
    with pytest.raises(TeamClosed):
        update_team(team=night, name="Again", department=None, by=administrator, at=now)
    with pytest.raises(TeamClosed):
        close_team(team=night, to=None, by=administrator, at=now)
    assert set(Department.objects.values_list("name", flat=True)) == {"Service", "Claims"}


def test_nothing_is_closed_into_itself(service, night, administrator, now):
    with pytest.raises(DepartmentClosed):
        close_department(department=service, to=service, by=administrator, at=now)
    with pytest.raises(TeamClosed):
        close_team(team=night, to=night, by=administrator, at=now)

    assert (Department.objects.open().count(), Team.objects.open().count()) == (1, 1)


def test_page_shows_what_is_open_and_the_history_of_all(client, service, claims, administrator, now):
    close_department(department=service, to=None, by=administrator, at=now)

    page = client.get(reverse("console:organisation"))

    assert page.context["departments"] == [claims]
    assert "Department closed" in page.content.decode()


def test_who_joins_a_closed_department_by_an_old_invitation_is_where_its_people_went(
    service, invited, claims, administrator, now
):
    close_department(department=service, to=claims, by=administrator, at=now)

    assert Invitation.objects.get().department == claims


def test_pages_ask_as_often_for_few_as_for_many(client, service, night, administrator, now):
    addresses = [
        reverse("console:organisation"),
        reverse("console:update_team", args=[night.pk]),
        reverse("console:close_department", args=[service.pk]),
    ]

    def queries():
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address).status_code == 200
            counts.append(len(seen))
        return counts

    queries()
    few = queries()
    for number in range(30):
        create_team(name=f"Team {number}", department=service, by=administrator, at=now)

    assert queries() == few == [8, 7, 8]


def test_pages_are_refused_to_an_agent(client_for, agent, service, night):
    asked = client_for(agent)
    for name, row in (("department", service), ("team", night)):
        for action in ("update", "close"):
            assert asked.get(reverse(f"console:{action}_{name}", args=[row.pk])).status_code == 403
