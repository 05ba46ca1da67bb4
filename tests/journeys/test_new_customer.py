"""A form for a new customer that asks for what customers of the chosen kind have."""

import pytest
from playwright.sync_api import Browser, Page, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from tests.factories.accounts import PASSWORD, make_tenant, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def expect_fields(page: Page, *, of: str) -> None:
    for name, kind in (("company_name", "company"), ("person_name", "individual"), ("birthday", "individual")):
        expect(page.locator(f"#id_{name}")).to_be_visible(visible=kind == of)


@pytest.mark.parametrize("with_scripts", [True, False])
def test_fields_follow_the_kind_at_once(browser: Browser, live_server, now, with_scripts):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        agent = make_user(role=Role.AGENT, at=now)
    context = browser.new_context(base_url=live_server.url, locale="en-US", java_script_enabled=with_scripts)
    page = context.new_page()
    page.goto("/sign-in/?next=/customers/new/")
    page.fill("#id_login", agent.email)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")

    expect_fields(page, of="company")
    page.fill("#id_company_name", "Typed before")
    page.select_option("#id_kind", "individual")
    expect_fields(page, of="individual")
    page.fill("#id_number", "N-1")
    page.click("main button:has-text('Save')")
    expect(page.locator("#id_person_name_error")).to_have_text("Enter the name.")
    expect_fields(page, of="individual")
    page.fill("#id_person_name", "Zhang Wei")
    page.click("main button:has-text('Save')")
    page.wait_for_url("**/customers/*-*/")
    context.close()
    with tenant_scope(tenant):
        customer = Customer.objects.get()
        assert (customer.company_name, customer.person_name) == ("", "Zhang Wei")
