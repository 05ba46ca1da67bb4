"""A passkey is added, signed in with, and proves that it is still the same person; Chromium's own virtual one."""

import time

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import PASSWORD, make_tenant, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def plug_in(page: Page) -> None:
    """Give the browser a device that keeps passkeys and is touched at once."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def grow_old() -> None:
    """Let what every session proves be an hour old."""
    for stored in Session.objects.all():
        data = stored.get_decoded()
        for proof in data.get("account_authentication_methods", []):
            proof["at"] = time.time() - 3600
        stored.session_data = Session.objects.encode(data)
        stored.save()


@pytest.mark.parametrize("reader", [("zh-hans", "zh-CN", 390), ("en", "en-GB", 1440)], ids=["zh", "en"])
def test_administrator_works_with_a_passkey_from_the_first_day(now, page_of, reader):
    language, locale, width = reader
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        administrator = make_user(role=Role.ADMINISTRATOR, at=now, language=language)
    page = page_of(None, locale=locale, viewport={"width": width, "height": 900})
    plug_in(page)

    page.goto("/sign-in/?next=/settings/people/")
    page.fill("#id_login", administrator.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("main").locator("button[type=submit]").first.click()
    # Without a second step an administrator comes no further than here.
    page.wait_for_url("**/security/")
    page.locator("a[href='/security/passkeys/add/']").click()
    page.fill("#id_name", "MacBook")
    page.check("#id_passwordless")
    page.click("#add_passkey")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.goto("/security/")
    expect(page.get_by_role("main")).to_contain_text("MacBook")
    page.goto("/settings/people/")
    expect(page.locator("tbody tr")).to_have_count(2)

    page.context.clear_cookies()
    page.goto("/sign-in/?next=/settings/people/")
    page.click("#passkey_login")
    expect(page.locator("tbody tr")).to_have_count(2)

    grow_old()
    page.goto("/settings/keys/new/")
    page.wait_for_url("**next=**")
    page.locator("a[href^='/reauthenticate/passkey/']").click()
    page.click("#use_passkey")
    page.wait_for_url("**/settings/keys/new/")
    expect(page.locator("#id_name")).to_be_visible()


def test_passkey_is_the_second_step_after_a_password(now, page_of):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        agent = make_user(role=Role.AGENT, at=now, language="en")
    page = page_of(agent, locale="en-GB")
    plug_in(page)
    page.goto("/security/passkeys/add/")
    page.click("#add_passkey")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.context.clear_cookies()

    page.goto("/sign-in/")
    page.fill("#id_login", agent.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("main").locator("button[type=submit]").first.click()
    page.click("#use_passkey")

    expect(page.locator("#search")).to_be_visible()
