"""What somebody types and does not save: there again on another machine, after a lost session too."""

import time

import pytest
from django.conf import settings
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from core.web.models import Draft
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "en": ("Kept as a draft", "Discard the draft", "You have been signed out."),
    "zh-hans": ("已存为草稿", "放弃草稿", "您已退出登录。"),
}


def wait_for_draft(tenant: Tenant) -> None:
    """Return when one is there: the page that was left does not wait for the answer."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with tenant_scope(tenant):
            if Draft.objects.exists():
                return
        time.sleep(0.05)
    pytest.fail("Nothing was kept of what was typed.")


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh-hans", 390)])
def test_draft_is_there_on_another_machine_and_goes_when_it_is_discarded(page_of, now, language, width):
    kept, discard, signed_out = WORDS[language]
    with tenant_scope(make_tenant(slug="swift", at=now)):
        agent = make_user(role=Role.AGENT, at=now, language=language)
        customer = make_customer(number="K-1", company_name="Kingsway", at=now)
    page = page_of(agent, viewport={"width": width, "height": 900})
    page.goto(f"/customers/{customer.pk}/")
    page.locator("[data-note]").press_sequentially("They ask for")
    expect(page.locator("#timeline").get_by_text(kept)).to_be_visible()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator("[data-note]").press_sequentially(" a rate")
    expect(page.get_by_role("alert")).to_contain_text(signed_out)
    expect(page.locator("[data-note]")).to_have_value("They ask for a rate")

    elsewhere = page_of(agent)
    elsewhere.goto(f"/customers/{customer.pk}/")
    expect(elsewhere.locator("[data-note]")).to_have_value("They ask for")
    elsewhere.get_by_role("button", name=discard).click()
    expect(elsewhere.locator("[data-note]")).to_have_value("")
    with tenant_scope(customer.tenant):
        assert Draft.objects.count() == 0


def test_what_was_typed_last_is_kept_when_the_page_is_left(page_of, now):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        agent = make_user(role=Role.AGENT, at=now)
        customer = make_customer(number="K-1", company_name="Kingsway", at=now)
    page = page_of(agent)
    page.goto(f"/customers/{customer.pk}/edit/")
    page.locator("#id_industry").fill("Glass")
    page.goto("/customers/")
    wait_for_draft(customer.tenant)

    page.goto(f"/customers/{customer.pk}/edit/")
    expect(page.locator("#id_industry")).to_have_value("Glass")
    page.locator("#form button[type=submit]").click()
    expect(page.locator("dl.facts")).to_contain_text("Glass")
    with tenant_scope(customer.tenant):
        assert Draft.objects.count() == 0


@pytest.mark.parametrize("width", [1440, 390])
def test_half_typed_fact_stands_open_again_after_a_reload_and_goes_by_escape(page_of, now, width):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        agent = make_user(role=Role.AGENT, at=now)
        customer = make_customer(number="K-1", company_name="Kingsway", region="Kent", at=now)
    page = page_of(agent, viewport={"width": width, "height": 900})
    page.goto(f"/customers/{customer.pk}/")
    region = page.locator("[data-fact-form] input[name=region]")
    page.locator("[id$='-region'] [data-edit-fact]").press("Enter")
    expect(region).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Ess")
    wait_for_draft(customer.tenant)

    page.reload()
    expect(region).to_have_value("Ess")
    expect(page.locator(".draft-note")).to_be_visible()
    region.press("Escape")
    expect(region).to_have_count(0)
    page.locator("[id$='-region'] [data-edit-fact]").press("Enter")
    expect(region).to_have_value("Kent")
    with tenant_scope(customer.tenant):
        assert Draft.objects.count() == 0
