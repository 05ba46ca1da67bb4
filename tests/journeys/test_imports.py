"""A file of shipments comes in through the pages, up to the customer's chart, under the content security policy."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import make_tenant, make_user
from tests.factories.imports import do_what_waits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FILE = (
    "waybill,customer_number,accepted_at,freight\n"
    "W-1,C-1,2026-01-05 08:00,10.00\n"
    "W-2,C-1,2026-02-05 08:00,12.50\n"
    "W-3,C-1,2026-02-31 08:00,1\n"
)


@pytest.fixture
def page(page_of, live_server, now) -> Page:
    """A page of a signed-in supervisor."""
    with tenant_scope(make_tenant(slug="swift", at=now)):
        supervisor = make_user(role=Role.SUPERVISOR, at=now)
    return page_of(supervisor, locale="en-US")


def test_file_comes_in_and_its_value_is_drawn(page: Page, tmp_path: Path):
    path = tmp_path / "march.csv"
    path.write_text(FILE, encoding="utf-8")

    page.goto("/shipments/")
    page.get_by_role("link", name="Import shipments").first.click()
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("waybill", exact=True)).to_have_value("waybill_number")
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("progress")).to_be_visible()
    do_what_waits()
    expect(page.locator(".stat", has_text="Will be refused")).to_contain_text("1")
    expect(page.locator("main")).to_contain_text("Accepted: is not a date that exists.")
    page.get_by_role("button", name="Bring in 2 rows").click()
    do_what_waits()

    expect(page.locator(".stat", has_text="Created")).to_contain_text("2")
    expect(page.locator(".stat", has_text="Refused")).to_contain_text("1")
    page.get_by_role("link", name="See the records").click()
    page.get_by_role("link", name="C-1").first.click()

    page.locator("#panel-value").scroll_into_view_if_needed()
    expect(page.locator(".chart-canvas canvas")).to_be_visible()
    page.locator(".chart-table summary").click()
    expect(page.locator(".chart-table tr", has_text="2026-02")).to_contain_text("12.50")
