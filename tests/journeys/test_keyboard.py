"""A day's work by the keyboard alone: whoever types always sees where, and is never lost."""

import time

import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.jobs.models import BackgroundJob
from core.tenancy.scope import tenant_scope
from customers.models import Customer, Interaction
from tests.factories.accounts import PASSWORD, make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
MOST_TABS = 60
# The part that has the focus, whether it is in sight, and whether a ring, border or colour shows it.
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "lost";
  const box = at.getBoundingClientRect();
  const isAway = box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth;
  if (isAway) return `out of sight: ${at.outerHTML}`;
  const style = getComputedStyle(at);
  const framed = at.closest("dialog") && at.matches("[role=combobox], [tabindex='-1']");
  return style.outlineStyle !== "none" || style.boxShadow !== "none" || framed ? "" : `not shown: ${at.outerHTML}`;
}"""


def check_focus(page: Page) -> None:
    deadline = time.monotonic() + 5
    while (fault := page.evaluate(FOCUS)) and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert fault == ""


def tab_to(page: Page, selector: str, *, key: str = "Tab") -> None:
    """Press Tab until the place has the focus, which is seen at each stop."""
    for _stop in range(MOST_TABS):
        page.keyboard.press(key)
        check_focus(page)
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {key}.")


@pytest.mark.parametrize(("language", "viewport"), [("en", DESK), ("zh-hans", PHONE)], ids=["desk", "phone"])
def test_days_work_by_keyboard_alone(page_of, now, language, viewport):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        user = make_user(role=Role.SUPERVISOR, at=now, language=language)
        for number in range(5):
            make_customer(at=now, number=f"C-{number}", company_name=f"Kingsway {number}", region="Kent")
    page = page_of(None, viewport=viewport, reduced_motion="reduce")

    sign_in(page, user.email)
    find_and_open(page)
    edit_the_region(page)
    write_a_note(page, tenant)
    with override(language):
        go_by_the_palette(page, gettext("Customers"))
    look_at_the_preview(page)
    change_two_rows(page, tenant)
    read_the_help(page)

    with tenant_scope(tenant):
        assert list(Customer.objects.filter(region="Essex").values_list("number", flat=True)) == ["C-3"]


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in/")
    tab_to(page, "#id_login")
    page.keyboard.type(email)
    tab_to(page, "#id_password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#search")).to_be_visible()
    # Keys do nothing before the scripts are there, on this page as on those that follow.
    page.wait_for_load_state()


def find_and_open(page: Page) -> None:
    """Search, and go down and up in what was found."""
    page.keyboard.press("/")
    check_focus(page)
    page.keyboard.type("Kingsway")
    page.keyboard.press("Enter")
    expect(page.locator("main .hit")).to_have_count(5)
    page.wait_for_load_state()
    titles = page.locator("main .hit-title").all_inner_texts()
    for key in ("j",) * (titles.index("Kingsway 3") + 2) + ("k",):
        page.keyboard.press(key)
        check_focus(page)
    if titles[-1] == "Kingsway 3":
        page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kingsway 3")


def edit_the_region(page: Page) -> None:
    tab_to(page, "[id$='-region'] [data-edit-fact]")
    page.keyboard.press("e")
    expect(page.locator("[data-fact-form] input[name=region]")).to_be_focused()
    check_focus(page)
    page.keyboard.press("Control+A")
    page.keyboard.type("Essex")
    page.keyboard.press("Enter")
    expect(page.locator("[id$='-region'] dd:not(.fact-form)")).to_contain_text("Essex")
    expect(page.locator("[id$='-region'] [data-edit-fact]")).to_be_focused()
    check_focus(page)


def write_a_note(page: Page, tenant) -> None:
    page.keyboard.press("n")
    check_focus(page)
    page.keyboard.type("Wants an evening pickup.")
    tab_to(page, "#timeline button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator("#timeline .events")).to_contain_text("Wants an evening pickup.")
    check_focus(page)
    with tenant_scope(tenant):
        assert Interaction.objects.filter(customer__number="C-3").exists()


def go_by_the_palette(page: Page, area: str) -> None:
    page.keyboard.press("Control+k")
    check_focus(page)
    page.keyboard.type(area)
    expect(page.locator("#palette a[href='/customers/']")).to_be_visible()
    chosen = page.locator("#palette [aria-selected=true]")
    expect(chosen).to_contain_text(area)
    for _step in range(page.locator("#palette [role=option]:visible").count()):
        if chosen.get_attribute("href") == "/customers/":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(5)
    page.wait_for_load_state()


def look_at_the_preview(page: Page) -> None:
    page.keyboard.press("j")
    check_focus(page)
    page.keyboard.press("p")
    expect(page.locator("#preview-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#preview")).to_be_hidden()
    check_focus(page)


def change_two_rows(page: Page, tenant) -> None:
    """Tick two rows, and have both tagged."""
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[name=row]:checked")).to_have_count(2)
    tab_to(page, "#bulk summary", key="Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, "#bulk [value=add-tag]")
    page.keyboard.press("Enter")
    expect(page.locator("main [name=start]")).to_be_visible()
    expect(page.locator("[name=tag]")).to_be_focused()
    page.keyboard.type("key")
    page.keyboard.press("Enter")
    expect(page.locator("#job")).to_be_visible()
    page.wait_for_load_state()
    with tenant_scope(tenant):
        assert BackgroundJob.objects.get().total == 2


def read_the_help(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_visible()
    check_focus(page)
    page.keyboard.press("Escape")
    expect(page.locator("#keys-help")).to_be_hidden()
