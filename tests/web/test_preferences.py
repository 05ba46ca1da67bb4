import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import sign_in


def test_set_language_is_kept_on_the_signed_in_user(client_for, administrator):
    client = client_for(administrator)

    response = client.post(reverse("web:language"), {"language": "zh-hans", "next": "/search?q=1"})

    assert (response.status_code, response.url) == (302, "/search?q=1")
    administrator.refresh_from_db()
    assert administrator.language == "zh-hans"
    assert 'lang="zh-hans"' in client.get(reverse("web:search")).content.decode()


@pytest.mark.django_db
def test_set_language_before_sign_in_is_kept_in_a_cookie(client):
    client.post(reverse("web:language"), {"language": "zh-hans"})

    assert 'lang="zh-hans"' in client.get(reverse("account_login")).content.decode()


def test_set_language_refuses_one_that_is_not_offered(client_for, administrator):
    before = administrator.language

    client_for(administrator).post(reverse("web:language"), {"language": "tlh"})

    administrator.refresh_from_db()
    assert administrator.language == before


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_set_language_leads_to_own_pages_only(client, target):
    response = client.post(reverse("web:language"), {"language": "en", "next": target})

    assert response.url == "/"


@pytest.mark.django_db
@pytest.mark.parametrize(("theme", "drawn"), [("dark", 'data-bs-theme="dark"'), ("light", 'data-bs-theme="light"')])
def test_set_theme_is_drawn_by_the_server(client, theme, drawn):
    client.post(reverse("web:theme"), {"theme": theme})

    body = client.get(reverse("account_login")).content.decode()

    assert drawn in body
    assert f'data-theme-choice="{theme}"' in body


@pytest.mark.django_db
def test_theme_follows_the_system_until_one_is_chosen(client):
    assert 'data-theme-choice="auto"' in client.get(reverse("account_login")).content.decode()


@pytest.mark.django_db
def test_set_theme_ignores_one_that_does_not_exist(client):
    response = client.post(reverse("web:theme"), {"theme": '"><script>'})

    assert "crm_theme" not in response.cookies


@pytest.mark.django_db
def test_theme_cookie_that_was_tampered_with_falls_back_to_the_system(client):
    client.cookies["crm_theme"] = '"><script>'

    body = client.get(reverse("account_login")).content.decode()

    assert 'data-theme-choice="auto"' in body


def test_keys_can_be_switched_off_and_on(client_for, administrator):
    client = client_for(administrator)
    client.post(reverse("web:keys"), {"keys": "off"})
    off = client.get(reverse("web:search")).content.decode()
    client.post(reverse("web:keys"), {"keys": "on"})
    on = client.get(reverse("web:search")).content.decode()

    assert 'data-keys="off"' in off
    assert 'data-keys="off"' not in on


def test_token_lets_a_page_from_before_the_sign_in_be_sent(administrator):
    client = Client(enforce_csrf_checks=True)
    sign_in(client, administrator)
    refused = client.post(reverse("web:theme"), {"theme": "dark"}, headers={"X-CSRFToken": "x" * 64})
    token = client.get(reverse("web:token")).json()["token"]

    accepted = client.post(reverse("web:theme"), {"theme": "dark"}, headers={"X-CSRFToken": token})

    assert (refused.status_code, refused.headers["X-Stale-Form"]) == (403, "1")
    assert accepted.status_code == 302
