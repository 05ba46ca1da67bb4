"""A supervisor changes how tiers are decided in a browser with scripts switched off."""

import pytest
from playwright.sync_api import Browser, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import PASSWORD, make_tenant, make_user
from tiering.models import TierPolicy
from tiering.services import try_policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_form_shows_what_the_chosen_way_uses_and_the_draft_what_it_would_do(browser: Browser, live_server, now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        supervisor = make_user(role=Role.SUPERVISOR, at=now)
    context = browser.new_context(base_url=live_server.url, locale="en-US", java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in/?next=/tiers/policy/new/")
    page.fill("#id_login", supervisor.email)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")

    expect(page.locator("#id_vip_percent")).to_be_visible()
    expect(page.locator("#id_vip_monthly")).to_be_hidden()
    page.select_option("#id_mode", "threshold")
    expect(page.locator("#id_vip_percent")).to_be_hidden()
    expect(page.locator("#id_weight_amount")).to_be_hidden()
    page.fill("#id_vip_monthly", "9000")
    page.click("main button:has-text('Keep as a draft')")
    expect(page.locator("h1")).to_contain_text("Version 2")
    expect(page.locator("#outcome")).to_contain_text("It is being tried")
    with tenant_scope(tenant):
        try_policy(policy=TierPolicy.objects.get(version=2), at=now)

    page.reload()
    expect(page.locator("#outcome")).to_contain_text("What entitlements cost a month")
    context.close()
    with tenant_scope(tenant):
        policy = TierPolicy.objects.get(version=2)
        assert (policy.state, policy.mode, policy.vip_monthly, policy.vip_percent) == ("draft", "threshold", 9000, 5)
