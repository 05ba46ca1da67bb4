"""Somebody who waits for a parcel looks it up on a small telephone with scripts switched off."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from core.tenancy.scope import tenant_scope
from customers.services import NewContactPoint, add_contact
from shipments.models import ScanEvent, Shipment
from tests.factories.accounts import make_tenant
from tests.factories.customers import make_customer
from tests.shipments.tracking.test_pages import new_waybill

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def waybill(now):
    number = new_waybill()
    with tenant_scope(make_tenant(slug="swift", at=now)):
        customer = make_customer(at=now)
        phone = NewContactPoint(kind="phone", value="+8613812345678")
        add_contact(customer=customer, name="Li Na", points=[phone], at=now)
        facts = {"status": "in_transit", "origin_city": "Shenzhen", "destination_city": "Chengdu"}
        shipment = Shipment.objects.create(customer=customer, waybill_number=number, accepted_at=now, **facts)
        for hours, kind in enumerate(("picked_up", "sorted", "departed")):
            ScanEvent.objects.create(
                shipment=shipment,
                kind=kind,
                happened_at=now + timedelta(hours=hours),
                place="Shenzhen",
                outlet="Shenzhen Nanshan collection point",
                courier="Zhang Wei",
            )
    return number


@pytest.fixture
def page(browser: Browser, live_server):
    context = browser.new_context(
        base_url=live_server.url,
        locale="en-GB",
        java_script_enabled=False,
        viewport={"width": 360, "height": 740},
    )
    page = context.new_page()
    yield page
    context.close()


def fits(page: Page) -> bool:
    """Say whether nothing stands beyond the edge; the browser's own measure, since scripts are off."""
    main = page.locator("main").bounding_box()
    return main["x"] >= 0 and main["x"] + main["width"] <= 360


def test_parcel_is_found_and_shown_in_the_other_language(page: Page, waybill):
    page.goto("/track/swift/")
    expect(page.locator(".entrance-brand")).to_have_text("Swift")
    page.fill("#id_waybill", waybill)
    page.fill("#id_tail", "1111")
    page.click("main button")
    expect(page.locator("main [role=alert]")).to_contain_text("We have no parcel with this waybill")
    page.fill("#id_tail", "5678")
    page.click("main button")

    expect(page.locator("h1")).to_contain_text(waybill)
    expect(page.locator("h1")).to_contain_text("In transit")
    expect(page.locator(".event-title").first).to_have_text("Departed")
    expect(page.locator("main")).not_to_contain_text("Zhang Wei")
    assert fits(page)

    page.click("summary[title=Language]")
    page.click("button[value=zh-hans]")
    expect(page.locator("h1")).to_contain_text("运输中")
    page.click("text=查询其他快件")
    expect(page.locator("h1")).to_have_text("查快件")
    assert fits(page)
