"""axe finds nothing serious on the pages of the daily work, in both themes; script/gallery asks all pages."""

import pytest

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from script.axe import serious_faults
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def customer(now):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        return make_customer(number="K-1", company_name="Kingsway", region="Kent", at=now)


@pytest.fixture
def page(page_of, customer, now):
    with tenant_scope(customer.tenant):
        administrator = make_user(role=Role.ADMINISTRATOR, at=now)
    return page_of(administrator, locale="en-GB", reduced_motion="reduce")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_of_the_daily_work_put_up_no_barrier(page, customer, theme):
    page.emulate_media(color_scheme=theme)
    record = f"/customers/{customer.pk}/"
    faults = {}

    for address in (
        "/customers/",
        record,
        f"{record}edit/",
        f"{record}timeline/",
        "/shipments/",
        "/tiers/",
        "/settings/",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        faults[address] = serious_faults(page)
    page.goto(record)
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").first.wait_for()
    faults["palette"] = serious_faults(page)
    page.set_viewport_size(PHONE)
    page.goto("/customers/")
    faults["phone"] = serious_faults(page)

    assert {place: found for place, found in faults.items() if found} == {}


def test_barrier_is_found_under_the_policy(page):
    page.goto("/customers/")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")

    assert serious_faults(page) == ["axe: button-name at #main > button"]
