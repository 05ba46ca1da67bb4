from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.urls import reverse

from core.accounts import permissions
from core.accounts.enums import Role
from core.accounts.services import deactivate_user, update_user
from core.console import rights
from core.tenancy.models import Tenant


def rights_of(answer, *, is_held=True):
    """The rights that somebody has, or lacks, by the names of their permissions."""
    rights = [each for area in answer.context["areas"] for each in area.rights]
    return {each.permission.name: each for each in rights if each.is_held == is_held}


def test_page_of_a_person_says_what_they_may_and_who_gave_the_role(client_for, administrator, agent, now):
    facts = {"email": agent.email, "name": agent.name, "language": "en", "time_zone": "", "department": None}
    update_user(user=agent, **facts, team=None, role=Role.SUPERVISOR, by=administrator, at=now + timedelta(days=1))
    update_user(
        user=agent, **facts | {"name": "Other"}, team=None, role=Role.SUPERVISOR, by=agent, at=now + timedelta(days=2)
    )

    answer = client_for(administrator).get(reverse("console:rights", args=[agent.pk]))

    assert (answer.context["grant"].at, answer.context["grant"].by) == (now + timedelta(days=1), administrator)
    agent.refresh_from_db()
    held = set(rights_of(answer))
    assert held == set(permissions.permissions(agent))
    assert held | set(rights_of(answer, is_held=False)) == set(permissions.declared())
    assert "by the role Supervisor" in answer.content.decode()


def test_page_of_somebody_switched_off_says_that_they_may_do_nothing(client_for, administrator, agent, now):
    deactivate_user(user=agent, by=administrator, at=now)

    answer = client_for(administrator).get(reverse("console:rights", args=[agent.pk]))

    assert answer.context["held"] == 0
    assert rights_of(answer) == {}
    assert "the account is switched off" in answer.content.decode()


def test_roles_stand_against_all_permissions(client_for, administrator):
    answer = client_for(administrator).get(reverse("console:roles"))

    rows = [row for _area, rows in answer.context["areas"] for row in rows]
    shown = {str(label): dict(holders) for label, _proof, holders in rows}
    assert shown == {
        str(each.label): {role.label: role in each.roles for role in Role} for each in permissions.declared().values()
    }


def test_rights_stand_by_what_they_are_about_those_held_first(client_for, administrator, agent):
    answer = client_for(administrator).get(reverse("console:rights", args=[agent.pk]))

    areas = {str(area.label): area for area in answer.context["areas"]}
    assert {"Company and people", "Programs of partners", "Customers", "Tiers"} < set(areas)
    customers = areas["Customers"]
    assert {each.permission.name.partition(".")[0] for each in customers.rights} == {"customers"}
    assert [each.is_held for each in customers.rights] == sorted(
        (each.is_held for each in customers.rights), reverse=True
    )
    assert f"{len(customers.held)} of {len(customers.rights)}" in answer.content.decode()
    assert 0 < len(customers.held) < len(customers.rights)


def test_every_permission_is_about_something():
    assert sum(len(about) for _label, about in permissions.by_area()) == len(permissions.declared())


def test_pages_ask_the_same_few_questions(client_for, administrator, django_assert_num_queries):
    client = client_for(administrator)
    client.get(reverse("console:roles"))

    with django_assert_num_queries(4):
        client.get(reverse("console:roles"))


def test_rights_are_refused_to_an_agent(client_for, agent):
    assert client_for(agent).get(reverse("console:roles")).status_code == 403
    assert client_for(agent).get(reverse("console:rights", args=[agent.pk])).status_code == 403


def test_pages_that_ask_for_a_proof_are_found_by_the_permission():
    told = {name: (proof.second_step, proof.fresh, proof.is_partial) for name, proof in rights.proofs().items()}

    assert told == {
        "customers.copy": (True, True, False),
        "customers.reveal": (True, True, False),
        "follow_ups.work": (False, True, True),
        "keys.manage": (False, True, True),
        "leads.report": (True, True, True),
        "people.manage": (False, True, True),
        "tiering.manage": (True, True, True),
    }
    assert rights.proofs()["customers.copy"].words == "Asks for a second step and a sign-in of the last 15 minutes"
    assert rights.proofs()["keys.manage"].words == "Parts of it ask for a sign-in of the last 15 minutes"


def test_page_says_what_somebody_cannot_do_without_a_second_step(client_for, administrator, agent):
    client, address = client_for(administrator), reverse("console:rights", args=[agent.pk])

    without = client.get(address)
    Authenticator.objects.create(user=agent, type=Authenticator.Type.TOTP, data={})
    with_one = client.get(address)

    assert {name for name, each in rights_of(without).items() if each.is_blocked} == {"customers.reveal"}
    assert "no second step is set up" in without.content.decode()
    assert [each for each in rights_of(with_one).values() if each.is_blocked] == []
    assert "Authenticator app" in with_one.content.decode()


def test_page_says_which_roles_would_give_what_somebody_lacks(client_for, administrator, agent):
    answer = client_for(administrator).get(reverse("console:rights", args=[agent.pk]))

    roles = {name: each.roles for name, each in rights_of(answer, is_held=False).items()}
    assert roles["customers.copy"] == "Administrator, Privacy officer"
    assert "for the roles Administrator, Privacy officer" in answer.content.decode()


def test_page_of_an_administrator_says_that_a_second_step_is_a_must(client_for, administrator, tenant):
    client, address = client_for(administrator), reverse("console:rights", args=[administrator.pk])

    earnest = client.get(address).content.decode()
    Tenant.objects.filter(pk=tenant.pk).update(is_demo=True)
    demo = client.get(address)

    assert "no page without a second step" in earnest
    assert "no page without a second step" not in demo.content.decode()
    assert [each for each in rights_of(demo).values() if each.is_blocked] == []


def test_page_of_a_person_asks_the_same_few_questions(client_for, administrator, agent, django_assert_num_queries):
    client = client_for(administrator)
    client.get(reverse("console:rights", args=[agent.pk]))

    with django_assert_num_queries(8):
        client.get(reverse("console:rights", args=[agent.pk]))
