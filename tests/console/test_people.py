import pytest
from django.test import Client
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.models import Department, Team, User, UserSession
from core.accounts.services import (
    AlreadySwitchedOff,
    AlreadySwitchedOn,
    NoSecondStep,
    SessionGone,
    activate_user,
    deactivate_user,
    end_session,
    note_session,
    reset_second_step,
)
from core.audit.models import AuditEvent
from core.tenancy.scope import current_tenant
from tests.factories.accounts import inside


@pytest.fixture
def posted():
    return {
        "name": "Li Lei",
        "email": "Li.Lei@Staff.example",
        "role": Role.AGENT,
        "language": "zh-hans",
        "time_zone": "",
        "department": "",
        "team": "",
    }


def test_update_user_changes_role_and_team(client_for, administrator, agent, posted):
    department = Department.objects.create(name="Service")
    team = Team.objects.create(name="Night", department=department)
    posted |= {"email": agent.email, "role": Role.SUPERVISOR, "department": department.pk, "team": team.pk}

    response = client_for(administrator).post(reverse("console:update_user", args=[agent.pk]), posted)

    assert response.status_code == 302
    agent.refresh_from_db()
    assert (agent.role, agent.department, agent.team) == (Role.SUPERVISOR, department, team)


def test_update_user_keeps_the_last_administrator(client_for, tenant, posted):
    User.objects.filter(role=Role.ADMINISTRATOR).exclude(email=f"admin@{tenant.slug}.example").delete()
    only = User.objects.get(role=Role.ADMINISTRATOR)
    posted |= {"email": only.email, "role": Role.AGENT}

    response = client_for(only).post(reverse("console:update_user", args=[only.pk]), posted)

    assert response.status_code == 422
    only.refresh_from_db()
    assert only.role == Role.ADMINISTRATOR


def test_deactivate_user_ends_their_session_at_once_and_for_good(client_for, administrator, agent, now):
    theirs = client_for(agent)
    assert theirs.get(reverse("web:search")).status_code == 200

    response = client_for(administrator).post(reverse("console:deactivate_user", args=[agent.pk]))

    assert response.status_code == 302
    assert theirs.get(reverse("web:search")).status_code == 302
    activate_user(user=agent, by=administrator, at=now)
    assert theirs.get(reverse("web:search")).status_code == 302


def test_session_from_before_a_deactivation_does_not_come_back(client_for, administrator, agent, now):
    theirs = client_for(agent)
    deactivate_user(user=agent, by=administrator, at=now)
    activate_user(user=agent, by=administrator, at=now)

    assert theirs.get(reverse("web:search")).status_code == 302
    assert client_for(User.objects.get(pk=agent.pk)).get(reverse("web:search")).status_code == 200


def test_deactivated_users_htmx_request_is_told_not_redirected(client_for, administrator, agent, now):
    theirs = client_for(agent)
    deactivate_user(user=agent, by=administrator, at=now)

    response = theirs.get(reverse("web:search"), headers={"HX-Request": "true"})

    assert (response.status_code, response.headers["X-Signed-Out"]) == (401, "1")


def test_deactivate_user_refuses_oneself(client_for, administrator):
    client_for(administrator).post(reverse("console:deactivate_user", args=[administrator.pk]))

    administrator.refresh_from_db()
    assert administrator.is_active is True


def test_activate_user_from_the_page(client_for, administrator, agent, now):
    deactivate_user(user=agent, by=administrator, at=now)

    client_for(administrator).post(reverse("console:activate_user", args=[agent.pk]))

    agent.refresh_from_db()
    assert agent.is_active is True


@pytest.mark.parametrize("name", ["update_user", "deactivate_user", "activate_user"])
def test_person_of_another_tenant_is_not_found_and_not_changed(client_for, administrator, other_tenant, posted, name):
    foreign = _administrator_of(other_tenant)

    response = client_for(administrator).post(reverse(f"console:{name}", args=[foreign]), posted)

    assert response.status_code == 404
    assert _administrator_of(other_tenant) == foreign


@pytest.mark.parametrize("name", ["people", "organisation", "create_department", "create_team"])
def test_people_pages_are_refused_to_an_agent(client_for, agent, name):
    assert client_for(agent).get(reverse(f"console:{name}")).status_code == 403


def test_people_pages_ask_a_stranger_to_sign_in(db):
    response = Client().get(reverse("console:people"))

    assert (response.status_code, response.url) == (302, "/sign-in/?next=/settings/people/")


def test_settings_home_leads_to_every_page_the_role_may_open(client_for, supervisor):
    body = client_for(supervisor).get(reverse("console:home")).content.decode()

    assert reverse("console:jobs") in body
    assert reverse("console:people") not in body


def test_create_department_and_team(client_for, administrator):
    client = client_for(administrator)
    client.post(reverse("console:create_department"), {"name": "Claims"})
    department = Department.objects.get(name="Claims")
    client.post(reverse("console:create_team"), {"name": "Evening", "department": department.pk})

    body = client.get(reverse("console:organisation")).content.decode()

    assert Team.objects.get(name="Evening").department == department
    assert "Claims" in body
    assert "Evening" in body


@pytest.mark.parametrize(("name", "model"), [("create_department", Department), ("create_team", Team)])
def test_name_that_is_taken_is_refused_beside_the_field(client_for, administrator, name, model):
    model.objects.create(name="Claims")

    response = client_for(administrator).post(reverse(f"console:{name}"), {"name": "Claims"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["name"]
    assert model.objects.filter(name="Claims").count() == 1


def _administrator_of(tenant):
    with inside(tenant, leaving=current_tenant()):
        return User.objects.get(role=Role.ADMINISTRATOR, is_active=True).pk


def told(action):
    return AuditEvent.objects.filter(action=action).count()


def test_account_is_switched_off_and_on_once(administrator, agent, now):
    deactivate_user(user=agent, by=administrator, at=now)
    with pytest.raises(AlreadySwitchedOff):
        deactivate_user(user=agent, by=administrator, at=now)
    agent.refresh_from_db()
    assert agent.session_epoch == 1

    activate_user(user=agent, by=administrator, at=now)
    with pytest.raises(AlreadySwitchedOn):
        activate_user(user=agent, by=administrator, at=now)

    assert (told("user.deactivated"), told("user.activated")) == (1, 1)


def test_second_switch_says_so_in_place(client_for, administrator, agent, now):
    client = client_for(administrator)
    off, on = (reverse(f"console:{name}", args=[agent.pk]) for name in ("deactivate_user", "activate_user"))

    first, second = client.post(off, follow=True), client.post(off)
    shown = [[str(each) for each in client.post(on, follow=True).context["messages"]] for _turn in range(2)]

    assert [str(each) for each in first.context["messages"]] == ["The Agent can no longer sign in."]
    assert (second.status_code, second.context["form"].non_field_errors()) == (422, [str(AlreadySwitchedOff.message)])
    assert shown == [["The Agent may sign in again."], [str(AlreadySwitchedOn.message)]]


def test_device_is_signed_out_once(agent, now):
    session = note_session(user=agent, session_key="k" * 32, device="Firefox", address="192.0.2.1", at=now)
    end_session(session=UserSession.objects.get(), by=agent, at=now)

    with pytest.raises(SessionGone):
        end_session(session=session, by=agent, at=now)

    assert told("user.signed_out") == 1


def test_second_step_that_is_not_there_is_not_taken_away(administrator, agent, now):
    with pytest.raises(NoSecondStep):
        reset_second_step(user=agent, by=administrator, at=now)

    assert told("user.second_step_reset") == 0
