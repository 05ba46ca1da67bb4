"""A customer's timeline is filtered and gone on with where it stands; its panels come when one scrolls to them."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.services import record_interaction
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer
from tests.factories.tiering import make_shipped

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1440, 390])
def test_timeline_is_filtered_and_continued_in_place(page_of, now, width):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        agent = make_user(role=Role.AGENT, at=now)
        customer = make_customer(number="K-1", company_name="Kingsway", at=now)
        for minute in range(15):
            at = now + timedelta(minutes=minute)
            record_interaction(customer=customer, kind="note" if minute % 5 else "call", text="Said", by=agent, at=at)
    page = page_of(agent, viewport={"width": width, "height": 900})
    page.goto(f"/customers/{customer.pk}/")
    entries = page.locator("#timeline-entries li.event:not(#timeline-more)")

    page.locator("#timeline-more a").click()
    expect(entries).to_have_count(15)
    page.locator(".timeline-filter select[name=kind]").select_option("call")
    expect(entries).to_have_count(3)
    expect(page.locator("#timeline-more")).to_have_count(0)
    page.locator(".timeline-filter select[name=kind]").select_option("visit")
    expect(page.locator("#timeline-entries")).to_contain_text("No entry matches these filters")
    expect(page).to_have_url(f"/customers/{customer.pk}/?kind=visit")

    page.go_back()
    expect(page.locator(".timeline-filter select[name=kind]")).to_have_value("call")
    expect(entries).to_have_count(3)


def test_panels_come_into_view_with_their_chart(page_of, now):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        agent = make_user(role=Role.AGENT, at=now)
        customer = make_shipped("a", (now - timedelta(days=20), "5"), at=now)
    page = page_of(agent)
    page.goto(f"/customers/{customer.pk}/")

    page.locator("#panel-value").scroll_into_view_if_needed()
    expect(page.locator("#panel-value canvas")).to_be_visible()
    page.locator("#panel-shipments").scroll_into_view_if_needed()
    expect(page.locator("#panel-shipments tbody tr")).to_have_count(1)
    expect(page).to_have_title(f"{customer.display_name} · Courier CRM")
