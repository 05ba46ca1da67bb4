import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from core.accounts.services import deactivate_user
from tests.factories.accounts import PASSWORD, outside


def test_somebody_signs_in_by_email_and_sees_their_tenant(tenant, agent, client):
    with outside(tenant):
        answer = client.post(reverse("account_login"), {"login": agent.email, "password": PASSWORD}, follow=True)

        assert answer.status_code == 200
        assert tenant.name in answer.content.decode()


def test_a_wrong_password_is_refused(tenant, agent, client):
    with outside(tenant):
        answer = client.post(reverse("account_login"), {"login": agent.email, "password": "wrong"})

        assert answer.status_code == 200
        assert "_auth_user_id" not in client.session


def test_the_session_of_a_deactivated_user_ends_at_once(tenant, agent, administrator, client_for, now):
    client = client_for(agent)
    with outside(tenant):
        assert client.get("/customers/").status_code == 200

    deactivate_user(user=agent, by=administrator, at=now)

    with outside(tenant):
        answer = client.get("/customers/")
        assert (answer.status_code, answer.url) == (302, "/sign-in/?next=/customers/")


def test_nobody_signs_up(client, db):
    assert client.get(reverse("account_signup")).status_code == 200
    assert "password1" not in client.get(reverse("account_signup")).content.decode()


@pytest.mark.parametrize(
    "spoilt",
    ['"\\000{rest}"', "{rest}", "{key}x", "../../{rest}", "{key}{key}", '"\\303\\251{rest}"'],
)
def test_a_tampered_session_cookie_leads_to_the_sign_in(tenant, agent, client_for, spoilt):
    key = client_for(agent).cookies[settings.SESSION_COOKIE_NAME].value
    cookie = spoilt.format(key=key, rest=key[1:])
    with outside(tenant):
        untouched = Client().get("/customers/", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"})
        answer = Client().get("/customers/", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"})
        page = Client().get("/sign-in/", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"})

    assert untouched.status_code == 200
    assert (answer.status_code, answer.url) == (302, "/sign-in/?next=/customers/")
    assert page.status_code == 200


def test_a_session_that_names_somebody_else_ends(tenant, agent, administrator, client_for):
    """The hash in a session is of one person's password: with another person's id it proves nothing."""
    client = client_for(agent)
    session = client.session
    session[SESSION_KEY] = str(administrator.pk)
    session.save()

    with outside(tenant):
        answer = client.get("/settings/people/")

    assert (answer.status_code, answer.url) == (302, "/sign-in/?next=/settings/people/")
