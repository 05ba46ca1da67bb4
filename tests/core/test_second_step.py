"""The second step of a sign-in: who must have it, what it opens, where its secrets are kept."""

import time
import uuid

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from django.test import Client
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.models import SecondStepSecret
from core.accounts.services import open_secret
from core.audit.models import AuditEvent
from core.crypto.fields import Undecryptable
from core.crypto.rotation import rotate_keys
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import PASSWORD, make_tenant, make_user, outside, sign_in, somewhere


def code_of(secret, *, steps=0):
    """Return the code that an authenticator app shows, `steps` of 30 seconds from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def set_up(client):
    """Activate an authenticator app and return its secret."""
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert (answer.status_code, answer.url) == (302, reverse("mfa_view_recovery_codes"))
    return secret


def log_in(user):
    client = somewhere()
    return client, client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


@pytest.fixture
def by_password():
    def signed_in(user):
        client = Client()
        sign_in(client, user, methods=("password",))
        return client

    return signed_in


def test_administrator_without_a_second_step_gets_no_further_than_setting_one_up(tenant, administrator, by_password):
    client = by_password(administrator)
    with outside(tenant):
        refused = client.get(reverse("console:people"))
        fragment = client.get(reverse("console:people"), headers={"HX-Request": "true"})
        page = client.get(reverse("mfa_index"))
        set_up(client)
        opened = client.get(reverse("console:people"))

    assert (refused.status_code, refused.url) == (302, reverse("mfa_index"))
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (204, reverse("mfa_index"))
    assert "As an administrator you work here only with a second step" in page.content.decode()
    assert opened.status_code == 200


def test_page_where_a_second_step_is_set_up_is_not_led_to_itself_by_what_it_asks_for(
    tenant, administrator, by_password
):
    with outside(tenant):
        headers = {"HX-Request": "true", "HX-Current-URL": "https://crm.example.com/security/passkeys/add/"}
        answer = by_password(administrator).get(reverse("console:unread_count"), headers=headers)

    assert (answer.status_code, answer.headers.get("HX-Redirect")) == (204, None)


def test_agent_works_without_a_second_step_but_reveals_and_exports_nothing(tenant, agent, supervisor, by_password):
    with outside(tenant):
        assert by_password(agent).get("/customers/").status_code == 200
        answer = by_password(supervisor).post(
            reverse("console:export", args=["customers"]), {"format": "csv", "path": "/customers/"}
        )

    assert (answer.status_code, answer.url) == (302, reverse("mfa_index"))


def test_second_step_may_wait_in_a_demo(tenant, administrator, by_password):
    tenant.is_demo = True
    tenant.save()
    with outside(tenant):
        client, answer = log_in(administrator)
        page = client.get(answer.url, follow=True)

        assert by_password(administrator).get(reverse("console:people")).status_code == 200
        assert "In this demo it may wait" in page.content.decode()


def test_sign_in_asks_for_the_code_and_takes_each_once(tenant, administrator, by_password):
    with outside(tenant):
        secret = set_up(by_password(administrator))
        client, answer = log_in(administrator)
        assert (answer.status_code, answer.url) == (302, reverse("mfa_authenticate"))
        assert client.get(reverse("console:people")).status_code == 302
        wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
        assert wrong.context["form"].errors == {"code": ["Incorrect code."]}
        code = code_of(secret, steps=1)
        right = client.post(reverse("mfa_authenticate"), {"code": code})
        opened = client.get(reverse("console:people"))
        other, _answer = log_in(administrator)
        again = other.post(reverse("mfa_authenticate"), {"code": code})

    assert (right.status_code, right.url, opened.status_code) == (302, "/", 200)
    assert again.context["form"].errors == {"code": ["Incorrect code."]}


def test_recovery_code_signs_in_once(tenant, administrator, by_password):
    with outside(tenant):
        client = by_password(administrator)
        set_up(client)
        shown = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
        hidden = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
        first, _answer = log_in(administrator)
        answer = first.post(reverse("mfa_authenticate"), {"code": shown[0]})
        second, _answer = log_in(administrator)
        again = second.post(reverse("mfa_authenticate"), {"code": shown[0]})

    assert (len(shown), set(hidden)) == (10, {"****"})
    assert (answer.status_code, answer.url) == (302, "/")
    assert again.context["form"].errors == {"code": ["Incorrect code."]}


@pytest.mark.django_db(transaction=True)
def test_secrets_are_encrypted_for_their_row_and_follow_the_keys(now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        user = make_user(role=Role.AGENT, at=now)
    client = Client()
    sign_in(client, user, methods=("password",))
    secret = set_up(client)
    place = Authenticator.objects.get(user=user, type="totp").data["secret"]

    rotate_keys(tenant=tenant, at=now)

    assert secret not in str(Authenticator.objects.values_list("data", flat=True))
    assert uuid.UUID(place.split(":")[0]) == tenant.pk
    assert open_secret(place) == secret


def test_secret_of_one_cannot_be_put_in_the_place_of_anothers(tenant, administrator, agent, by_password):
    with outside(tenant):
        set_up(by_password(administrator))
        set_up(by_password(agent))
    places = dict(Authenticator.objects.filter(type="totp").values_list("user_id", "data__secret"))
    theirs, ours = places[administrator.pk].split(":")[1], places[agent.pk].split(":")[1]
    with connection.cursor() as cursor:
        cursor.execute(
            "update accounts_secondstepsecret t set secret = s.secret from accounts_secondstepsecret s"
            " where t.id = %s and s.id = %s",
            [theirs, ours],
        )

    with pytest.raises(Undecryptable):
        open_secret(places[administrator.pk])


def test_administrator_keeps_the_last_second_step_and_agent_may_give_it_up(tenant, administrator, agent, by_password):
    ours, theirs = by_password(administrator), by_password(agent)
    with outside(tenant):
        set_up(ours)
        set_up(theirs)
        kept = ours.post(reverse("mfa_deactivate_totp"))
        gone = theirs.post(reverse("mfa_deactivate_totp"))

    assert "You cannot deactivate two-factor authentication." in str(kept.context["form"].errors)
    assert (gone.status_code, gone.url) == (302, reverse("mfa_index"))
    assert set(Authenticator.objects.values_list("user_id", flat=True)) == {administrator.pk}
    assert set(SecondStepSecret.objects.values_list("user_id", flat=True)) == {administrator.pk}


def test_change_of_the_second_step_signs_out_everywhere_else(tenant, agent):
    with outside(tenant):
        here, _answer = log_in(agent)
        there, _answer = log_in(agent)
        assert there.get("/customers/").status_code == 200
        set_up(here)

        assert here.get("/customers/").status_code == 200
        assert there.get("/customers/").status_code == 302
    assert AuditEvent.objects.filter(action="user.second_step_changed", subject_id=agent.pk).count() == 1


def test_administrator_takes_a_lost_second_step_away(tenant, administrator, agent, client_for, by_password):
    with outside(tenant):
        theirs = by_password(agent)
        set_up(theirs)
        answer = client_for(administrator).post(reverse("console:reset_second_step", args=[agent.pk]))
        _client, entered = log_in(agent)

    assert (answer.status_code, entered.url) == (302, "/")
    assert Authenticator.objects.filter(user=agent).exists() is False
    assert SecondStepSecret.objects.filter(user=agent).exists() is False


def test_nobody_takes_their_own_second_step_away_by_that_page(tenant, administrator, client_for, by_password):
    with outside(tenant):
        set_up(by_password(administrator))
        client_for(administrator).post(reverse("console:reset_second_step", args=[administrator.pk]))

    assert Authenticator.objects.filter(user=administrator, type="totp").count() == 1


def test_sign_in_from_long_ago_is_confirmed_first_and_nothing_typed_is_lost(tenant, administrator, settings):
    client = Client()
    sign_in(client, administrator)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    typed = {"name": "Warehouse ‹3›", "scopes": ["customers:read"], "expires_on": ""}
    with outside(tenant):
        asked = client.get(reverse("console:create_key"))
        fragment = client.post(reverse("console:create_key"), typed, headers={"HX-Request": "true"})
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 60
        confirmed = client.post(
            reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/settings/keys/new/"}
        )
        made = client.post(reverse("console:create_key"), typed)

    assert (asked.status_code, asked.url) == (302, "/reauthenticate/?next=%2Fsettings%2Fkeys%2Fnew%2F")
    assert fragment.status_code == 422
    body = fragment.content.decode()
    assert 'value="Warehouse ‹3›"' in body
    assert '<a href="/reauthenticate/?next=%2Fsettings%2Fkeys%2Fnew%2F" target="_blank">' in body
    assert (confirmed.status_code, confirmed.url, made.status_code) == (302, "/settings/keys/new/", 201)


def test_export_from_long_ago_leads_back_to_its_list(tenant, supervisor, settings, client_for):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    with outside(tenant):
        answer = client_for(supervisor).post(
            reverse("console:export", args=["customers"]), {"format": "csv", "path": "/customers/?tier=vip"}
        )

    assert (answer.status_code, answer.url) == (302, "/reauthenticate/?next=%2Fcustomers%2F%3Ftier%3Dvip")


def test_passkey_sign_in_begins_with_a_challenge_and_refuses_nonsense(tenant):
    with outside(tenant):
        client = Client()
        begun = client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
        refused = client.post(reverse("mfa_login_webauthn"), {"credential": "{}"})

    assert begun.json()["request_options"]["publicKey"]["rpId"] == "testserver"
    assert (refused.status_code, refused.url) == (302, reverse("account_login"))
    assert "_auth_user_id" not in client.session
