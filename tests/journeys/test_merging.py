"""A supervisor finds a customer twice, looks at the plan, merges the two fact by fact, and takes it back."""

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from customers.services import add_contact
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "en": ("Merge…", "Moves from A-1 to K-1", "Merge into K-1", "A-1 was merged", "Undo…", "Undo the merge"),
    "zh-hans": ("合并…", "从 A-1 移到 K-1", "合并到 K-1", "A-1 已合并到该客户", "撤销…", "撤销合并"),
}


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [1440, 390])
def test_customer_that_stands_twice_becomes_one_and_two_again(page_of, now, language, width):
    merge, moves, confirm, led_on, undo, undo_it = WORDS[language]
    with tenant_scope(make_tenant(slug="swift", at=now)):
        supervisor = make_user(role=Role.SUPERVISOR, at=now, language=language)
        kept = make_customer(number="K-1", company_name="Kingsway", at=now)
        absorbed = make_customer(number="A-1", company_name="Kingsway Ltd", industry="Food", at=now)
        add_contact(customer=absorbed, name="Mary Ward", at=now)
    page = page_of(supervisor, viewport={"width": width, "height": 900})

    page.goto(f"/customers/{kept.pk}/")
    page.get_by_role("link", name=merge).click()
    page.fill("#id_other", "a-1")
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_role("heading", name=moves)).to_be_visible()
    page.locator("input[name=company_name][value=absorbed]").check()
    page.get_by_role("button", name=confirm).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kingsway Ltd")
    expect(page.locator("main")).to_contain_text("M****d")

    page.goto(f"/customers/{absorbed.pk}/")
    expect(page.locator("body")).to_contain_text(led_on)
    page.locator("section[aria-labelledby=merges]").get_by_text(undo).click()
    page.get_by_role("button", name=undo_it).click()
    expect(page.locator("section[aria-labelledby=merges]")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Kingsway")
    with tenant_scope(kept.tenant):
        assert Customer.objects.count() == 2
