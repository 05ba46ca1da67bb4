"""The library of charts is heavier than the page, so it waits until a chart is about to be seen."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer
from tests.shipments.test_panel import ship

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIBRARY = "script[src*='echarts']"


def test_chart_is_drawn_when_it_is_about_to_be_seen(page_of, now):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        customer = make_customer(at=now)
        for month in range(6):
            ship(customer, f"W-{month}", now - timedelta(days=30 * month))
        page = page_of(make_user(role=Role.SUPERVISOR, at=now), viewport={"width": 1440, "height": 500})
    page.goto(f"/customers/{customer.pk}/")
    figure = page.locator("[data-chart]")
    page.wait_for_load_state("networkidle")
    expect(page.locator(LIBRARY)).to_have_count(0)

    page.locator("#panel-value").scroll_into_view_if_needed()

    expect(figure.locator("canvas")).to_be_visible()
    expect(page.locator(LIBRARY)).to_have_count(1)

    # In another theme it is drawn anew, with the same library.
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(figure.locator("canvas")).to_be_visible()
    expect(page.locator(LIBRARY)).to_have_count(1)
