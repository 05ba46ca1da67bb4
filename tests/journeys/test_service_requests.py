"""An agent opens a service request from a shipment's page and sees it through."""

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.accounts.services import create_department
from core.tenancy.scope import tenant_scope
from service_requests.models import ServiceRequest
from shipments.models import Shipment
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def courier(now):
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def page(page_of, courier, now):
    with tenant_scope(courier):
        agent = make_user(role=Role.AGENT, at=now)
        create_department(name="Desk", by=None, at=now)
        customer = make_customer(at=now, company_name="Blue Kiln")
        Shipment.objects.create(customer=customer, waybill_number="W-1", accepted_at=now)
    page = page_of(agent, locale="en-US")
    page.goto("/shipments/")
    return page


def test_request_is_opened_taken_waits_and_is_done(page, courier):
    page.click("main .row-title")
    page.click("main .page-head-actions a:has-text('Open a service request')")
    expect(page.locator("#id_waybill")).to_have_value("W-1")
    page.click("main button:has-text('Open it')")
    expect(page.locator("main .invalid-feedback")).to_contain_text("This field is required.")
    page.fill("#id_text", "Deliver to the side gate")
    page.select_option("#id_department", label="Desk")
    page.click("main button:has-text('Open it')")

    expect(page.locator("main h1")).to_have_text("SR000001")
    expect(page.locator("main")).to_contain_text("8 working hours from when it came in")
    page.click("main summary:has-text('Take it')")
    page.click("main .confirm-panel button:has-text('Take it')")
    expect(page.locator("main .page-head")).to_contain_text("In progress")
    page.click("main .page-head-actions a:has-text('Wait')")
    page.click("main button:has-text('Save')")
    expect(page.locator("main .page-head")).to_contain_text("Waiting")
    page.click("main summary:has-text('Go on')")
    page.click("main .confirm-panel button:has-text('Go on')")
    expect(page.locator("main .page-head")).to_contain_text("In progress")
    page.click("main .page-head-actions a:has-text('Done')")
    page.fill("#id_outcome", "The outlet was told")
    page.click("main button:has-text('Save')")

    expect(page.locator("main .page-head")).to_contain_text("Done")
    expect(page.locator("main")).to_contain_text("The outlet was told")
    # Keys do nothing before the scripts are there.
    page.wait_for_load_state()
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.locator("main")).to_contain_text("Nothing to work on")
    with tenant_scope(courier):
        assert ServiceRequest.objects.get().assignee is not None
