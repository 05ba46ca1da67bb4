"""A tier is set by hand; the customer's account manager sees the bell, opens the notice and stands at the customer."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.events.dispatching import work_off
from core.tenancy.scope import tenant_scope
from customers.enums import Tier
from customers.models import Customer
from tests.factories.accounts import PASSWORD, make_tenant, make_user
from tests.factories.customers import make_customer
from tests.factories.tiering import set_override

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(page_of) -> Page:
    return page_of(None, locale="en-US")


def test_account_manager_is_told_and_led_to_the_customer(page: Page):
    at = timezone.now()
    tenant = make_tenant(slug="swift", at=at)
    with tenant_scope(tenant):
        manager = make_user(role=Role.ACCOUNT_MANAGER, at=at)
        supervisor = make_user(role=Role.SUPERVISOR, at=at)
        customer = make_customer(at=at, company_name="Blue Kiln", account_manager=manager)
        Customer.objects.update(tier=Tier.LOW)
        set_override(customer=customer, tier=Tier.VIP, reason="Key client", expires_on=None, by=supervisor, at=at)
    work_off(tenant_id=tenant.pk, now=timezone.now)
    page.goto("/sign-in/")
    page.fill("#id_login", manager.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.locator(".bell")).to_contain_text("1")
    page.locator(".bell").click()
    page.get_by_role("link", name="Blue Kiln moved from Low to VIP").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Blue Kiln")
    expect(page.locator(".bell-count")).to_have_count(0)
