"""Somebody is invited, joins, and signs in with an authenticator app, saves a view and opens the
biggest VIP by three keys, in Chinese and in English, under the policy."""

import re
import time
from datetime import datetime

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW_PASSWORD = "twelve parcels by noon"
STEP_SECONDS = 30


def wait_for_code(secret: str, *, after: str = "") -> str:
    """Return the code that the app shows now, one that differs from the one used before."""
    while (code := format_hotp_value(hotp_value(secret, int(time.time()) // STEP_SECONDS))) == after:
        time.sleep(0.5)
    return code


@pytest.mark.parametrize("reader", [("zh-hans", "zh-CN", 390), ("en", "en-GB", 1440)], ids=["zh", "en"])
def test_account_manager_is_invited_joins_and_signs_in_by_a_code(now, page_of, reader):
    language, locale, width = reader
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        administrator = make_user(role=Role.ADMINISTRATOR, at=now, language=language)
        make_customers(now)

    office = page_of(administrator, locale=locale, viewport={"width": width, "height": 900})
    office.goto("/settings/people/")
    office.locator("main a[href='/settings/people/invitations/new/']").click()
    office.fill("#id_email", "li.lei@swift.example")
    office.select_option("#id_role", "account_manager")
    office.select_option("#id_language", language)
    office.locator("main button[type=submit]").click()
    expect(office.locator("tbody")).to_contain_text("li.lei@swift.example")

    (message,) = mail.outbox
    home = page_of(None, locale=locale, viewport={"width": width, "height": 900})
    home.goto(re.search(r"http://\S+", message.body)[0])
    home.fill("#id_name", "李雷")
    home.fill("#id_password", NEW_PASSWORD)
    home.fill("#id_repeated", NEW_PASSWORD)
    home.get_by_role("main").locator("button[type=submit]").click()

    sign_in(home)
    expect(home.locator("#search")).to_be_visible()
    home.goto("/security/codes/activate/")
    secret = home.locator("[data-copy]").first.get_attribute("data-copy")
    first = wait_for_code(secret)
    home.fill("#id_code", first)
    home.locator("main button[type=submit]").click()
    expect(home.locator(".recovery-codes li")).to_have_count(10)
    home.context.clear_cookies()

    home.goto("/sign-in/")
    sign_in(home)
    home.fill("#id_code", wait_for_code(secret, after=first))
    home.get_by_role("main").locator("button[type=submit]").first.click()
    expect(home.locator("#search")).to_be_visible()
    home.goto("/security/")
    expect(home.locator("#devices")).to_be_visible()
    with tenant_scope(tenant):
        assert User.objects.get(email="li.lei@swift.example").role == Role.ACCOUNT_MANAGER

    save_view_of_vip(home)
    open_biggest_by_three_keys(home)


def sign_in(page: Page) -> None:
    page.fill("#id_login", "li.lei@swift.example")
    page.fill("#id_password", NEW_PASSWORD)
    page.get_by_role("main").locator("button[type=submit]").first.click()


def make_customers(at: datetime) -> None:
    for name, tier, contribution in (("Small", "vip", 100), ("Biggest", "vip", 900), ("Middle", "mid", 500)):
        customer = make_customer(number=name, company_name=name, at=at)
        Customer.objects.filter(pk=customer.pk).update(tier=tier, contribution=contribution)


def save_view_of_vip(page: Page) -> None:
    """Keep the VIP, the biggest first, as the view that the list opens with."""
    page.goto("/customers/?tier=vip&sort=-contribution")
    expect(page.locator("tbody tr[data-row]")).to_have_count(2)
    page.locator("details:has(#view-name) > summary").click()
    page.fill("#view-name", "VIP")
    page.check(".view-panel [name=is_default]")
    page.locator(".view-panel button.btn-primary").click()
    expect(page.locator(".view-tab[aria-current=page]")).to_contain_text("VIP")


def open_biggest_by_three_keys(page: Page) -> None:
    """Go from another page to the customers and open the first of the view."""
    page.goto("/shipments/")
    for key in "gco":
        page.keyboard.press(key)
        if key == "c":
            page.wait_for_url("**/customers/?*view=*")
            expect(page.locator("tbody tr[data-row]")).to_have_count(2)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Biggest")
