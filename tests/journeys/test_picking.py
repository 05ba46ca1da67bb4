"""A customer is chosen in a form by a part of the name, by keys alone."""

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import FollowUp
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_customer_of_a_follow_up_is_found_by_name(page_of, now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        agent = make_user(role=Role.AGENT, at=now)
        make_customer(at=now, number="C-6", company_name="Kingsway Paper")
        customer = make_customer(at=now, number="C-7", company_name="Kingsway Foods")
    page = page_of(agent, locale="en-US")
    page.goto("/follow-ups/new/")
    page.wait_for_load_state()
    field = page.locator("#id_customer_number")

    field.press_sequentially("kingsway")
    hits = page.locator("#id_customer_number-hits [role=option]")
    expect(hits).to_have_count(2)
    expect(field).to_have_attribute("aria-expanded", "true")
    while "C-7" not in (page.locator("#id_customer_number-hits [aria-selected=true]").all_text_contents() or [""])[0]:
        field.press("ArrowDown")
    field.press("Enter")

    expect(field).to_have_value("C-7")
    expect(field).to_be_focused()
    expect(page.locator("[data-picked]")).to_have_text("Kingsway Foods")
    expect(hits.first).to_be_hidden()
    page.locator("#id_subject").press_sequentially("Ask about the new warehouse")
    page.locator("#id_subject").press("Control+Enter")
    expect(page.locator("#page-title")).to_have_text("Ask about the new warehouse")
    with tenant_scope(tenant):
        assert FollowUp.objects.get().customer_id == customer.pk
