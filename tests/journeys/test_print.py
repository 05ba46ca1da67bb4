"""Paper gets the list or the record alone: no navigation, no buttons, a table that is one, dark on light."""

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What is left of a sheet of A4 beside its margins.
PAPER = {"width": 700, "height": 1000}
ON_SCREEN_ONLY = (
    ".side, .top, .btn, .menu, .bulk-bar, .back-link, .row-tick, .fact-edit, .timeline-form, .timeline-filter,"
    " .panel-waits"
)


def test_list_and_record_print_alone(page_of, now):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        user = make_user(role=Role.SUPERVISOR, at=now)
        customer = make_customer(number="K-1", company_name="Kingsway", region="Kent", at=now)
    page = page_of(user, viewport=PAPER, color_scheme="dark")
    for address, part in (
        ("/customers/?region=Kent", "thead th:not(.row-tick)"),
        (f"/customers/{customer.pk}/", ".facts dt"),
    ):
        page.emulate_media(media="screen")
        page.goto(address)
        expect(page.locator(".top .btn").first).to_be_visible()
        assert page.locator("html").get_attribute("data-bs-theme") == "dark"

        page.emulate_media(media="print")

        expect(page.locator(ON_SCREEN_ONLY).filter(visible=True)).to_have_count(0)
        expect(page.locator(f"main {part}").first).to_be_visible()
        ink = page.evaluate("getComputedStyle(document.querySelector('main h1')).color")
        assert max(int(each) for each in ink.removeprefix("rgb(").removesuffix(")").split(",")) < 100
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.emulate_media(media="screen")
    page.goto("/customers/?region=Kent")
    page.emulate_media(media="print")
    expect(page.locator(".chip")).to_contain_text("Kent")
