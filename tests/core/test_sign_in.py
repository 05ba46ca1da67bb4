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
