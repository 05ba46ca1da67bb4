"""The shell in a real browser: keys, forms and notices, under the content security policy."""

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import make_tenant, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def staff(now) -> User:
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        for number in range(3):
            make_user(role=Role.AGENT, at=now, email=f"agent{number}@swift.example")
        return make_user(role=Role.ADMINISTRATOR, at=now)


@pytest.fixture
def page(page_of, staff: User) -> Page:
    """A page of a signed-in administrator."""
    return page_of(staff, locale="en-US")


def test_slash_goes_to_the_search_and_letters_rest_while_typing(page: Page):
    page.goto("/settings/")
    page.keyboard.press("/")

    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("?gx")
    expect(page.locator("#search")).to_have_value("?gx")
    expect(page.locator("#keys-help")).to_be_hidden()


def test_escape_leaves_the_search_and_keys_work_again(page: Page):
    page.goto("/settings/")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()

    page.keyboard.press("Escape")
    page.keyboard.press("?")

    expect(page.locator("#keys-help")).to_be_visible()
    expect(page.locator("#search")).to_have_value("")


def test_form_in_a_menu_is_typed_into_as_soon_as_the_keyboard_opens_it(page: Page):
    page.goto("/settings/people/")
    summary = page.locator("summary", has_text="Save view")
    page.keyboard.press("j")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#view-name")).to_be_focused()

    page.keyboard.type("jp agents")

    expect(page.locator("#view-name")).to_have_value("jp agents")
    expect(page.locator("tr.is-chosen")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".view-tab", has_text="jp agents")).to_be_visible()


def test_undo_with_nothing_to_undo_says_so(page: Page):
    page.goto("/settings/")
    page.keyboard.press("u")

    expect(page.locator(".notice", has_text="nothing to undo")).to_be_visible()


def test_keys_rest_while_an_input_method_is_composing(page: Page):
    page.goto("/settings/")
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '?', isComposing: true, bubbles: true}))"
    )
    expect(page.locator("#keys-help")).to_be_hidden()

    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_visible()


def test_keys_that_are_switched_off_do_nothing(page: Page):
    page.goto("/settings/")
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator("body")).to_have_attribute("data-keys", "off")

    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_hidden()


def test_j_and_o_open_a_row_and_g_leads_to_an_area(page: Page):
    page.goto("/settings/people/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.is-chosen")).to_have_count(1)
    page.keyboard.press("o")
    expect(page.locator("#id_email")).to_be_visible()

    page.locator("body").click(position={"x": 700, "y": 700})
    page.keyboard.press("g")
    page.keyboard.press("x")
    expect(page).to_have_url(f"{page.url.split('/settings')[0]}/settings/")


def test_filters_live_in_the_address_and_the_way_back_works(page: Page):
    page.goto("/settings/people/")
    page.locator(".filter-menu summary").click()
    page.select_option("[name=role]", "agent")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator("tbody tr")).to_have_count(3)
    assert page.url.endswith("/settings/people/?role=agent")

    page.get_by_role("link", name="Remove the filter Role").click()
    expect(page.locator(".chip")).to_have_count(0)
    page.go_back()
    expect(page.locator(".chip")).to_have_count(1)


def test_form_keeps_what_was_typed_on_an_error_and_on_a_lost_session(page: Page):
    page.goto("/settings/people/invitations/new/")
    page.select_option("#id_role", "supervisor")
    page.fill("#id_email", "agent0@swift.example")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("#id_email_error")).to_contain_text("Somebody signs in with this address already.")
    expect(page.locator("#id_role")).to_have_value("supervisor")
    expect(page.locator("#id_email")).to_be_focused()

    page.fill("#id_email", "li.lei@swift.example")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("alert")).to_contain_text("You have been signed out.")
    expect(page.locator("#id_email")).to_have_value("li.lei@swift.example")


def test_theme_of_the_system_is_drawn_and_a_chosen_one_stays(browser: Browser, page: Page):
    page.emulate_media(color_scheme="dark")
    page.goto("/settings/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    page.locator("summary[title=Theme]").click()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_language_of_the_page_follows_the_choice(page: Page):
    page.goto("/settings/")
    page.locator("summary[title=Language]").click()
    page.get_by_role("button", name="简体中文").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_page_is_usable_without_scripts(browser: Browser, page: Page, live_server):
    bare = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    reader = bare.new_page()
    reader.set_default_timeout(10_000)
    reader.goto(f"{live_server.url}/settings/people/invitations/new/")
    reader.fill("#id_email", "han@swift.example")
    reader.get_by_role("button", name="Send the invitation").click()

    expect(reader.get_by_role("cell", name="han@swift.example", exact=True)).to_be_visible()
    bare.close()
