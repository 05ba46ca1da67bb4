"""Records beside their list, by keyboard alone, on a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer
from tests.factories.service_requests import open_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 700}


@pytest.fixture
def courier(now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        for number in range(30):
            make_customer(at=now, number=f"C-{number:02}", company_name=f"Company {number:02}")
    return tenant


@pytest.fixture
def page_in(page_of, courier, now):
    """Give a page of somebody with a role."""

    def opened(viewport, *, role=Role.SUPERVISOR, language="en"):
        with tenant_scope(courier):
            user = make_user(role=role, at=now, language=language)
        return page_of(user, viewport=viewport)

    return opened


def settled(page):
    """Return how far the page is scrolled, once it does not move any more."""
    before = None
    while (now := page.evaluate("window.scrollY")) != before:
        before = now
        page.wait_for_timeout(250)
    return now


@pytest.mark.parametrize(("viewport", "language"), [(DESK, "en"), (PHONE, "zh-hans")])
@pytest.mark.parametrize("key", ["p", " "])
def test_row_opens_beside_its_list_and_the_list_keeps_its_place(page_in, viewport, language, key):
    page = page_in(viewport, language=language)
    page.goto("/customers/?sort=created")
    for _row in range(20):
        page.keyboard.press("j")
    place = settled(page)
    assert place > 0
    page.keyboard.press(key)

    title = page.locator("#preview-title")
    expect(title).to_have_text("Company 19")
    expect(title).to_be_focused()
    covers = page.evaluate("document.getElementById('preview').getBoundingClientRect().width === window.innerWidth")
    assert covers == (viewport == PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    page.keyboard.press("Escape")
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator("tr.is-chosen a.row-title")).to_be_focused()
    assert settled(page) == place
    expect(page).to_have_url("/customers/?sort=created")


def test_preview_follows_the_chosen_row(page_in):
    page = page_in(DESK)
    page.goto("/customers/?sort=created")
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator("#preview-title")).to_have_text("Company 00")

    page.keyboard.press("j")
    expect(page.locator("#preview-title")).to_have_text("Company 01")
    expect(page.locator("tr.is-chosen a.row-title")).to_be_focused()
    page.keyboard.press("e")
    expect(page.locator("#id_company_name")).to_have_value("Company 01")


def test_palette_acts_on_the_record_beside_the_list(page_in):
    page = page_in(DESK)
    page.goto("/customers/?sort=created")
    page.locator("[data-preview]").nth(2).click()
    expect(page.locator("#preview-title")).to_have_text("Company 02")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette .palette-head").first).to_have_text("Company 02")
    page.keyboard.press("Escape")
    expect(page.locator("#preview-title")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#preview")).to_be_hidden()

    # On the list itself nothing can be done to a record.
    page.keyboard.press("Control+k")
    expect(page.locator("#palette .palette-head").first).to_have_text("Create")


def test_blank_on_a_button_presses_the_button(page_in):
    page = page_in(DESK)
    page.goto("/customers/")
    page.keyboard.press("j")
    page.locator(".filter-menu summary").focus()
    page.keyboard.press(" ")

    expect(page.locator(".filter-panel")).to_be_visible()
    expect(page.locator("#preview")).to_be_hidden()


def test_preview_of_who_was_signed_out_stays_shut(page_in):
    page = page_in(DESK)
    page.goto("/customers/")
    page.context.clear_cookies()
    page.keyboard.press("j")
    page.keyboard.press("p")

    expect(page.get_by_role("alert")).to_contain_text("You have been signed out.")
    expect(page.locator("#preview")).to_be_hidden()


def test_settings_are_found_as_somebody_types(page_in):
    page = page_in(PHONE, role=Role.ADMINISTRATOR, language="zh-hans")
    page.goto("/settings/")
    expect(page.locator(".setting")).not_to_have_count(1)
    page.locator("#setting-search").press_sequentially("demotion")

    expect(page.locator(".setting")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#id_demotion_runs")).to_be_focused()


@pytest.mark.parametrize(("key", "path"), [("e", "edit"), ("n", "timeline/new")])
def test_key_acts_on_the_chosen_row(page_in, key, path):
    page = page_in(DESK)
    page.goto("/customers/?sort=created")
    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.locator("tr.is-chosen a.row-title")
    expect(row).to_have_text("Company 01")
    record = row.get_attribute("href")
    page.keyboard.press(key)

    expect(page).to_have_url(f"{record}{path}/")


def test_record_in_a_panel_opens_beside_the_page_and_a_lost_session_is_told_once(page_in, courier, now):
    with tenant_scope(courier):
        customer = Customer.objects.order_by("number").first()
        open_for(customer, at=now)
    page = page_in(DESK)
    page.goto(f"/customers/{customer.pk}/")
    panel = page.locator("#panel-service_requests")
    panel.scroll_into_view_if_needed()
    page.locator("#panel-service_requests tbody tr").hover()
    page.locator("#panel-service_requests [data-preview]").click()
    expect(page.locator("#preview-title")).to_be_visible()
    page.keyboard.press("Escape")

    page.context.clear_cookies()
    page.locator("[data-note]").press_sequentially("They ask")
    page.locator("[data-preview]").first.dispatch_event("click")
    page.locator("[data-edit-fact]").first.dispatch_event("click")
    expect(page.get_by_role("alert")).to_have_count(1)
    page.wait_for_timeout(2500)
    expect(page.locator("#notices .notice")).to_have_count(1)
