"""An edit in place and a removal taken back by the notice: by one key, by a press, and without scripts."""

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import Contact
from customers.services import add_contact
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {"en": ("Undo", "as it was before"), "zh-hans": ("撤销", "恢复原样")}


@pytest.fixture
def archive(now):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        customer = make_customer(number="K-1", company_name="Kingsway", region="Kent", at=now)
        add_contact(customer=customer, name="Li Na", at=now)
    return customer


def agent_of(customer, now, language="en"):
    with tenant_scope(customer.tenant):
        return make_user(role=Role.AGENT, at=now, language=language)


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh-hans", 390)])
def test_edit_in_place_is_taken_back_by_one_key(page_of, archive, now, language, width):
    undo, undone = WORDS[language]
    page = page_of(agent_of(archive, now, language), viewport={"width": width, "height": 900})
    page.goto(f"/customers/{archive.pk}/")
    fact = page.locator("[id$='-region'].fact")
    fact.locator("[data-edit-fact]").focus()
    page.keyboard.press("e")
    expect(fact.locator("input[name=region]")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Essex")
    page.keyboard.press("Enter")
    expect(fact).to_contain_text("Essex")
    expect(page.get_by_role("button", name=undo)).to_be_visible()

    page.keyboard.press("u")

    expect(page.locator("#notices")).to_contain_text(undone)
    expect(fact).to_contain_text("Kent")
    expect(page).to_have_url(f"/customers/{archive.pk}/")


def test_removal_is_taken_back_without_scripts(page_of, archive, now):
    page = page_of(agent_of(archive, now), java_script_enabled=False)
    with tenant_scope(archive.tenant):
        contact = Contact.objects.get()
    page.goto(f"/customers/{archive.pk}/contacts/{contact.pk}/")
    page.locator("summary", has_text="Remove…").click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Undo").click()

    expect(page.locator("#notices")).to_contain_text("as it was before")
    with tenant_scope(archive.tenant):
        assert Contact.objects.get().name == "Li Na"
