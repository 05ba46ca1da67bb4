"""An account manager edits a fact where it stands while a colleague does so, too, and decides which stays."""

import pytest
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {"en": ("Stands there now", "What you typed", "Saved."), "zh-hans": ("当前的值", "您填写的值", "已保存。")}


def edit_region(page: Page, typed: str) -> None:
    """Open the fact by the keyboard alone, and type in the place of what stands there."""
    page.locator("[id$='-region'] [data-edit-fact]").focus()
    page.keyboard.press("e")
    expect(page.locator("[data-fact-form] input[name=region]")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type(typed)


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh-hans", 1440), ("zh-hans", 390)])
def test_two_edit_the_same_fact_in_place(page_of, now, language, width):
    stands, typed, saved = WORDS[language]
    with tenant_scope(make_tenant(slug="swift", at=now)):
        manager = make_user(role=Role.ACCOUNT_MANAGER, at=now, language=language)
        colleague = make_user(role=Role.AGENT, at=now, language=language)
        customer = make_customer(number="K-1", company_name="Kingsway", region="Kent", at=now)
    mine = page_of(manager, viewport={"width": width, "height": 900})
    theirs = page_of(colleague, viewport={"width": 1440, "height": 900})
    fact = mine.locator("[id$='-region'].fact")
    for page in (mine, theirs):
        page.goto(f"/customers/{customer.pk}/")

    edit_region(mine, "Essex")
    edit_region(theirs, "Wales")
    theirs.keyboard.press("Enter")
    expect(theirs.locator("#notices")).to_contain_text(saved)
    expect(theirs.locator("[id$='-region'] [data-edit-fact]")).to_be_focused()
    mine.keyboard.press("Enter")

    expect(fact.get_by_role("radio", name=stands)).to_be_focused()
    expect(fact).to_contain_text("Kent")
    expect(fact).to_contain_text("Wales")
    expect(fact).to_contain_text(colleague.name)
    expect(fact.locator("input[name=region]")).to_have_value("Essex")
    fact.get_by_role("radio", name=typed).check()
    mine.keyboard.press("Enter")

    expect(mine.locator("[data-fact-form]")).to_have_count(0)
    expect(fact.locator("dd")).to_contain_text("Essex")
    expect(fact.locator("[data-edit-fact]")).to_be_focused()
    expect(mine.locator("#changes")).to_contain_text("Wales → Essex")
    with tenant_scope(customer.tenant):
        assert Customer.objects.get().region == "Essex"


def test_escape_leaves_the_fact_and_another_form_keeps_what_was_typed(page_of, now):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        manager = make_user(role=Role.ACCOUNT_MANAGER, at=now)
        customer = make_customer(number="K-1", company_name="Kingsway", region="Kent", at=now)
    page = page_of(manager)
    page.goto(f"/customers/{customer.pk}/")

    edit_region(page, "Essex")
    page.keyboard.press("Escape")
    expect(page.locator("[data-fact-form]")).to_have_count(0)
    expect(page.locator("[id$='-region'] [data-edit-fact]")).to_be_focused()

    page.locator("[id$='-industry'] [data-edit-fact]").click()
    page.locator("[data-fact-form] input[name=industry]").fill("Glass")
    page.locator("[id$='-company_name'] [data-edit-fact]").click()
    page.locator("[data-fact-form] input[name=company_name]").fill("Queensway")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Queensway")
    expect(page.locator("[data-fact-form] input[name=industry]")).to_have_value("Glass")
    page.locator("[id$='-preferred_channel'] [data-edit-fact]").click()
    page.locator("[data-fact-form] select").select_option("phone")
    page.locator("[data-fact-form] select").press("Enter")
    expect(page.locator("[id$='-preferred_channel'] dd:not(.fact-form)")).to_contain_text("Phone")
    with tenant_scope(customer.tenant):
        stored = Customer.objects.get()
    assert (stored.region, stored.industry, stored.company_name) == ("Kent", "", "Queensway")


@pytest.mark.parametrize(
    ("language", "is_editing", "is_here"), [("en", "is editing", "is here"), ("zh-hans", "正在编辑", "也在此页")]
)
def test_colleagues_see_each_other(page_of, now, language, is_editing, is_here):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        manager = make_user(role=Role.ACCOUNT_MANAGER, at=now, language=language)
        colleague = make_user(role=Role.AGENT, at=now, language=language)
        customer = make_customer(number="K-1", company_name="Kingsway", region="Kent", at=now)
    mine, theirs = page_of(manager), page_of(colleague)

    mine.goto(f"/customers/{customer.pk}/")
    theirs.goto(f"/customers/{customer.pk}/")
    expect(theirs.locator("[data-here]")).to_contain_text(f"{manager.name} {is_here}" if language == "en" else is_here)
    edit_region(mine, "Essex")
    theirs.goto(f"/customers/{customer.pk}/edit/")
    expect(theirs.locator("[data-here]")).to_contain_text(is_editing)
    mine.keyboard.press("Escape")
    expect(mine.locator("[data-here]")).to_contain_text(colleague.name)
    expect(mine.locator("[data-here]")).to_contain_text(is_editing)
