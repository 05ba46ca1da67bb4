"""The command palette by keyboard alone, in both languages, on a desk and on a phone."""

import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.accounts.services import deactivate_user
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


@pytest.fixture
def courier(now):
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def hire(courier, now):
    """Give people of the courier, by role."""

    def hired(role, **facts):
        with tenant_scope(courier):
            return make_user(role=role, at=now, **facts)

    return hired


@pytest.fixture
def customer(courier, now):
    with tenant_scope(courier):
        return make_customer(at=now, number="C-77", company_name="Blue Door Ltd")


@pytest.mark.parametrize(("language", "viewport"), [("en", DESK), ("zh-hans", DESK), ("zh-hans", PHONE)])
def test_customer_is_edited_from_the_palette_by_keyboard_alone(page_of, hire, customer, language, viewport):
    page = page_of(hire(Role.SUPERVISOR, language=language), viewport=viewport)
    with override(language):
        edit, tiers = gettext("Edit"), gettext("Tiers")

    page.goto(f"/customers/{customer.pk}/")
    page.keyboard.press("Control+k")
    box, options = page.locator("#palette input"), page.locator("#palette [role=option]:visible")
    expect(box).to_be_focused()
    expect(options.first).to_contain_text(edit)

    # Down and up again, round the end; then by the word of the other language.
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.type("编辑" if language == "en" else "EDIT")
    chosen = page.locator("#palette [aria-selected=true]")
    expect(chosen).to_contain_text(edit)
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/customers/{customer.pk}/edit/")

    # From a field, too, once the scripts are there; and on to an area.
    page.wait_for_load_state()
    page.locator("#id_industry").focus()
    page.keyboard.press("Control+k")
    page.keyboard.type(tiers)
    expect(chosen).to_contain_text(tiers)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/tiers/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_palette_gives_the_focus_back_and_keeps_it_while_open(page_of, hire):
    page = page_of(hire(Role.SUPERVISOR), viewport=DESK)
    page.goto("/customers/")
    page.locator("#search").focus()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette input")).to_be_focused()

    for _each in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('#palette')")
    page.keyboard.press("Escape")

    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#search")).to_be_focused()


def test_palette_rests_while_an_input_method_composes(page_of, hire):
    page = page_of(hire(Role.SUPERVISOR), viewport=DESK)
    page.goto("/customers/")
    press = "(where, key) => where.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, %s}))"
    page.evaluate(f"({press % 'ctrlKey: true, isComposing: true'})(document.body, 'k')")
    expect(page.locator("#palette")).to_be_hidden()

    page.keyboard.press("Control+k")
    options = page.locator("#palette [role=option]:visible")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box = page.locator("#palette input").element_handle()
    for key in ("ArrowDown", "Enter"):
        box.evaluate(f"(box) => ({press % 'isComposing: true'})(box, '{key}')")

    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(page.locator("#palette")).to_be_visible()
    # What the input method has put in so far is no word yet; what it puts in at the end is.
    before = options.count()
    put = "(box) => { box.value = '%s'; box.dispatchEvent(new %s) }"
    box.evaluate(put % ("dengji", "InputEvent('input', {bubbles: true, isComposing: true})"))
    expect(options).to_have_count(before)
    box.evaluate(put % ("等级", "CompositionEvent('compositionend', {bubbles: true})"))
    expect(options.first).to_contain_text("Tiers")


def test_question_before_an_act_is_opened_where_it_stands(page_of, hire, courier, now):
    administrator, colleague = hire(Role.ADMINISTRATOR), hire(Role.AGENT)
    page = page_of(administrator, viewport=DESK)
    page.goto(f"/settings/people/{colleague.pk}/")
    page.keyboard.press("Control+k")
    page.keyboard.type("sign out")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Sign out everywhere…")
    page.keyboard.press("Enter")
    expect(page.locator("#action-sign_out + form .confirm-text")).to_be_visible()
    expect(page.locator("#action-sign_out")).to_be_focused()

    # From a page below the record's, the same.
    with tenant_scope(courier):
        deactivate_user(user=colleague, by=administrator, at=now)
    page.goto(f"/settings/people/{colleague.pk}/rights/")
    page.keyboard.press("Control+k")
    page.keyboard.type("switch on")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Switch on again…")
    page.keyboard.press("Enter")
    expect(page.locator("#action-activate + form .confirm-text")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".notice-success")).to_contain_text("may sign in again.")
    with tenant_scope(courier):
        colleague.refresh_from_db()
    assert colleague.is_active


def test_what_is_no_command_is_searched_for(page_of, hire, customer):
    page = page_of(hire(Role.AGENT), viewport=PHONE)
    page.goto("/customers/")
    page.locator("[data-open-palette]").click()
    page.keyboard.type("C-77")
    expect(page.locator("#palette [role=option]:visible")).to_have_text(["Search everything for “C-77”"])
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"/customers/{customer.pk}/")


def test_keys_that_are_switched_off_leave_the_button(page_of, hire):
    page = page_of(hire(Role.AGENT), viewport=DESK)
    page.goto("/customers/")
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator("body")).to_have_attribute("data-keys", "off")

    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_hidden()
    page.locator("[data-open-palette]").click()
    expect(page.locator("#palette input")).to_be_focused()


def test_new_menu_creates_without_scripts(page_of, hire):
    page = page_of(hire(Role.AGENT), viewport=PHONE, java_script_enabled=False)
    page.goto("/customers/")
    page.locator(".top-new").click()
    page.get_by_role("link", name="Add a customer").first.click()

    expect(page.locator("#id_company_name, #id_person_name").first).to_be_visible()
