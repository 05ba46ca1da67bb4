"""An agent keeps a customer's archive in a browser with scripts switched off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import Contact, Customer
from tests.factories.accounts import PASSWORD, make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def courier(now):
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def page(browser: Browser, live_server, courier, now) -> Iterator[Page]:
    with tenant_scope(courier):
        agent = make_user(role=Role.AGENT, at=now)
        make_customer(at=now, number="N-1", company_name="Blue Kiln", special_needs="Ring twice")
    context = browser.new_context(base_url=live_server.url, locale="en-US", java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in/?next=/customers/")
    page.fill("#id_login", agent.email)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    yield page
    context.close()


def test_contact_is_added_changed_and_removed(page: Page, courier):
    page.click("text=Blue Kiln")
    page.click("text=Add a contact")
    page.fill("#id_name", "Li Na")
    page.fill("#id_points-0-value", "123")
    page.click("main button:has-text('Save')")
    expect(page.locator("main .invalid-feedback")).to_contain_text("This is no phone number.")
    page.fill("#id_points-0-value", "138 1234 5678")
    page.click("main button:has-text('Save')")
    expect(page.locator("main")).to_contain_text("+86*******5678")

    page.click("main [aria-label='Edit L***a']")
    page.select_option("#id_points-1-kind", "email")
    page.fill("#id_points-1-value", "li.na@shop.example")
    page.check("#id_points-0-is_removed")
    page.click("main button:has-text('Save')")
    expect(page.locator("main")).to_contain_text("l***@shop.example")
    with tenant_scope(courier):
        contact = Contact.objects.get()
        assert (contact.name, [point.value for point in contact.points.all()]) == ("Li Na", ["li.na@shop.example"])

    page.click("main [aria-label='Edit L***a']")
    page.click("main summary:has-text('Remove')")
    expect(page.locator("main .confirm-text")).to_contain_text("1 way to reach them are removed.")
    page.click("main .confirm-panel button:has-text('Remove')")
    expect(page.locator("main")).to_contain_text("Nobody is known to speak for this customer yet.")


def test_stored_personal_data_is_removed(page: Page, courier):
    page.click("text=Blue Kiln")
    page.click("main a:has-text('Edit')")
    page.check("text=Remove what is stored")
    page.click("main button:has-text('Save')")
    expect(page.locator("main h1")).to_have_text("Blue Kiln")

    with tenant_scope(courier):
        assert Customer.objects.get().special_needs is None
