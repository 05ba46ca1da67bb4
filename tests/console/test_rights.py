from datetime import timedelta

from django.urls import reverse

from core.accounts import permissions
from core.accounts.enums import Role
from core.accounts.services import deactivate_user, update_user


def names(rows):
    return {each.name for each in rows}


def test_page_of_a_person_says_what_they_may_and_who_gave_the_role(client_for, administrator, agent, now):
    facts = {"email": agent.email, "name": agent.name, "language": "en", "time_zone": "", "department": None}
    update_user(user=agent, **facts, team=None, role=Role.SUPERVISOR, by=administrator, at=now + timedelta(days=1))
    update_user(
        user=agent, **facts | {"name": "Other"}, team=None, role=Role.SUPERVISOR, by=agent, at=now + timedelta(days=2)
    )

    answer = client_for(administrator).get(reverse("console:rights", args=[agent.pk]))

    assert (answer.context["grant"].at, answer.context["grant"].by) == (now + timedelta(days=1), administrator)
    agent.refresh_from_db()
    assert names(answer.context["held"]) == set(permissions.permissions(agent))
    assert names(answer.context["held"]) | names(answer.context["lacking"]) == set(permissions.declared())
    assert "by the role Supervisor" in answer.content.decode()


def test_page_of_somebody_switched_off_says_that_they_may_do_nothing(client_for, administrator, agent, now):
    deactivate_user(user=agent, by=administrator, at=now)

    answer = client_for(administrator).get(reverse("console:rights", args=[agent.pk]))

    assert answer.context["held"] == []
    assert "the account is switched off" in answer.content.decode()


def test_roles_stand_against_all_permissions(client_for, administrator):
    answer = client_for(administrator).get(reverse("console:roles"))

    shown = {str(label): dict(holders) for label, holders in answer.context["rows"]}
    assert shown == {
        str(each.label): {role.label: role in each.roles for role in Role} for each in permissions.declared().values()
    }


def test_pages_ask_the_same_few_questions(client_for, administrator, django_assert_num_queries):
    client = client_for(administrator)
    client.get(reverse("console:roles"))

    with django_assert_num_queries(4):
        client.get(reverse("console:roles"))


def test_rights_are_refused_to_an_agent(client_for, agent):
    assert client_for(agent).get(reverse("console:roles")).status_code == 403
    assert client_for(agent).get(reverse("console:rights", args=[agent.pk])).status_code == 403
