"""A caller is found and revealed for a reason, the privacy officer sees it, and has all data of the person copied."""

import re

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.accounts.services import change_language
from core.tenancy.scope import tenant_scope
from customers.enums import ContactPointKind
from customers.services import NewContactPoint, add_contact
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer
from tests.factories.imports import do_what_waits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = "+8613800138765"
WORDS = {
    "en": {"why": "To make sure who is calling", "revealed": "Personal data revealed", "done": "Done"},
    "zh-hans": {"why": "核实来电者身份", "revealed": "查看个人信息", "done": "完成"},
}


@pytest.mark.parametrize("language", WORDS)
def test_caller_is_revealed_and_the_privacy_officer_sees_it(page_of, now, language):
    words = WORDS[language]
    with tenant_scope(make_tenant(slug="swift", at=now)):
        agent, officer = make_user(role=Role.AGENT, at=now), make_user(role=Role.PRIVACY_OFFICER, at=now)
        for each in (agent, officer):
            change_language(user=each, language=language, at=now)
        customer = make_customer(number="C-1", at=now)
        points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
        contact = add_contact(customer=customer, name="李小龙", points=points, at=now)
        point = contact.points.get()

    page = page_of(agent)
    page.goto("/customers/")
    page.keyboard.press("/")
    page.keyboard.type(PHONE[-4:])
    page.keyboard.press("Enter")
    page.locator(f"main a[href='/customers/{customer.pk}/']").first.click()
    page.locator(f"a[href*='/reveal/contact-point/{point.pk}/']").click()
    page.locator("#reveal select").select_option(label=words["why"])
    page.locator("#reveal button[type=submit]").click()
    expect(page.locator("#preview .revealed-value")).to_contain_text(PHONE)
    expect(page).to_have_url(re.compile(rf"/customers/{customer.pk}/$"))
    page.keyboard.press("Escape")
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator("body")).not_to_contain_text(PHONE)

    page = page_of(officer)
    page.goto("/settings/audit/")
    told = page.locator("main tbody tr").filter(has_text=words["revealed"]).filter(has_text=words["why"])
    expect(told).to_have_count(1)
    expect(told).to_contain_text(agent.name)
    expect(page.locator("main")).not_to_contain_text(PHONE)

    page.goto(f"/customers/{customer.pk}/copy/")
    page.locator("#form button[type=submit]").click()
    expect(page.locator("#job progress")).to_be_visible()
    do_what_waits()
    expect(page.locator("#job")).to_contain_text(words["done"])
    with page.expect_download() as download:
        page.locator("#job a[href$='/file/']").click()
    assert PHONE in download.value.path().read_text(encoding="utf-8")
