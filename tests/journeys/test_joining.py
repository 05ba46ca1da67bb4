"""Somebody is invited, joins, and signs in with an authenticator app, in Chinese and in English, under the policy."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import make_tenant, make_user, prove

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW_PASSWORD = "twelve parcels by noon"
STEP_SECONDS = 30


def wait_for_code(secret: str, *, after: str = "") -> str:
    """Return the code that the app shows now, one that differs from the one used before."""
    while (code := format_hotp_value(hotp_value(secret, int(time.time()) // STEP_SECONDS))) == after:
        time.sleep(0.5)
    return code


@pytest.fixture
def faults() -> list[str]:
    return []


@pytest.fixture
def open_page(browser: Browser, live_server, faults):
    """Open a page whose script errors and breaches of the policy are kept."""
    contexts = []

    def opened(*, locale: str, width: int) -> Page:
        context = browser.new_context(base_url=live_server.url, locale=locale, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()


def enter_as(page: Page, user: User, address: str) -> None:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "core.accounts.backends.EmailBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    prove(session, user)
    session.create()
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": address}])


@pytest.mark.parametrize("reader", [("zh-hans", "zh-CN", 390), ("en", "en-GB", 1440)], ids=["zh", "en"])
def test_account_manager_is_invited_joins_and_signs_in_by_a_code(now, live_server, open_page, faults, reader):
    language, locale, width = reader
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        administrator = make_user(role=Role.ADMINISTRATOR, at=now, language=language)

    office = open_page(locale=locale, width=width)
    enter_as(office, administrator, live_server.url)
    office.goto("/settings/people/")
    office.locator("a[href='/settings/people/invitations/new/']").click()
    office.fill("#id_email", "li.lei@swift.example")
    office.select_option("#id_role", "account_manager")
    office.select_option("#id_language", language)
    office.locator("main button[type=submit]").click()
    expect(office.locator("tbody")).to_contain_text("li.lei@swift.example")

    (message,) = mail.outbox
    home = open_page(locale=locale, width=width)
    home.goto(re.search(r"http://\S+", message.body)[0])
    home.fill("#id_name", "李雷")
    home.fill("#id_password", NEW_PASSWORD)
    home.fill("#id_repeated", NEW_PASSWORD)
    home.get_by_role("main").locator("button[type=submit]").click()

    sign_in(home)
    expect(home.locator("#search")).to_be_visible()
    home.goto("/security/codes/activate/")
    secret = home.locator("[data-copy]").first.get_attribute("data-copy")
    first = wait_for_code(secret)
    home.fill("#id_code", first)
    home.locator("main button[type=submit]").click()
    expect(home.locator(".recovery-codes li")).to_have_count(10)
    home.context.clear_cookies()

    home.goto("/sign-in/")
    sign_in(home)
    home.fill("#id_code", wait_for_code(secret, after=first))
    home.get_by_role("main").locator("button[type=submit]").first.click()
    expect(home.locator("#search")).to_be_visible()
    home.goto("/security/")
    expect(home.locator("#devices")).to_be_visible()
    with tenant_scope(tenant):
        assert User.objects.get(email="li.lei@swift.example").role == Role.ACCOUNT_MANAGER
    assert faults == []


def sign_in(page: Page) -> None:
    page.fill("#id_login", "li.lei@swift.example")
    page.fill("#id_password", NEW_PASSWORD)
    page.get_by_role("main").locator("button[type=submit]").first.click()
