"""Somebody is found while a caller is still speaking, and the list that was left is there again as it was."""

import pytest
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def page_in(page_of, now):
    def opened(*, language: str = "en", customers: int = 5, **options) -> Page:
        tenant = make_tenant(slug="swift", at=now)
        with tenant_scope(tenant):
            user = make_user(role=Role.AGENT, at=now, language=language)
            for number in range(customers):
                make_customer(at=now, number=f"C-{number:03}", company_name=f"顺达{number}号仓储", region="Kent")
        return page_of(user, reduced_motion="reduce", **options)

    return opened


@pytest.mark.parametrize(("language", "viewport"), [("en", DESK), ("zh-hans", PHONE)], ids=["desk", "phone"])
def test_hits_stand_under_the_box_as_somebody_types(page_in, language, viewport):
    page = page_in(language=language, viewport=viewport)
    page.goto("/shipments/")
    page.keyboard.press("/")
    page.keyboard.type("shunda")
    options = page.locator("#live-hits [role=option]")
    expect(options).to_have_count(5)
    expect(page.locator("[data-search]")).to_have_attribute("aria-expanded", "true")

    page.keyboard.press("Escape")
    expect(page.locator("#live-hits")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#live-hits")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#live-hits [aria-selected=true]")
    name = chosen.locator(".live-title").inner_text()
    expect(page.locator("[data-search]")).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name.split(" ")[0])


def test_what_was_opened_stands_under_the_empty_box(page_in):
    page = page_in(viewport=DESK)
    page.goto("/customers/")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    expect(page.locator("#live-hits")).to_be_hidden()
    for number in (1, 2):
        page.goto("/customers/")
        page.get_by_role("link", name=f"顺达{number}号仓储").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"顺达{number}号仓储")

    page.keyboard.press("/")
    expect(page.locator("#live-hits .live-title")).to_have_text(["顺达1号仓储 C-001"])
    page.goto("/customers/")
    page.keyboard.press("/")
    expect(page.locator("#live-hits .live-title")).to_have_text(["顺达2号仓储 C-002", "顺达1号仓储 C-001"])
    page.keyboard.press("Escape")
    expect(page.locator("#live-hits")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#live-hits")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#live-hits [aria-selected=true]")).to_contain_text("顺达1号仓储")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("顺达1号仓储")
    page.wait_for_load_state("networkidle")


def test_nothing_typed_stands_in_an_address(page_in):
    page = page_in(viewport=DESK)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/shipments/")
    page.fill("#search", "shunda")
    expect(page.locator("#live-hits [role=option]")).to_have_count(5)
    assert not [url for url in asked if "shunda" in url]


def test_list_is_there_as_it_was_left(page_in):
    page = page_in(viewport=DESK, customers=120)
    page.goto("/customers/?region=Kent")
    page.locator("[data-more]").click()
    expect(page.locator("[data-row]")).to_have_count(100)
    row = page.locator("[data-row]").nth(80).locator("a").first
    name = row.inner_text()
    row.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator(".back-link")).to_have_attribute("href", "/customers/?region=Kent")

    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(100)
    expect(page.locator("[data-row]").nth(80).locator("a").first).to_be_focused()
    assert page.evaluate("scrollY") > 1000

    page.go_forward()
    page.locator(".back-link").click()
    expect(page.locator(".chip")).to_contain_text("Kent")
