"""Somebody who wants to ship says so on a telephone, whose browser does the work that keeps machines out."""

import pytest
from playwright.sync_api import Browser, Page, expect

from core.tenancy.scope import tenant_scope
from customers.models import ConsentEntry
from lifecycle.models import Lead
from tests.factories.accounts import make_tenant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTH = 390
# The work is a matter of chance: on a busy machine it takes many times what it takes on most telephones.
MILLISECONDS_TO_WORK = 60_000


@pytest.fixture
def tenant(now):
    return make_tenant(slug="swift", at=now)


def opened(browser: Browser, live_server, *, scripts: bool = True) -> Page:
    context = browser.new_context(
        base_url=live_server.url,
        locale="zh-CN",
        java_script_enabled=scripts,
        viewport={"width": WIDTH, "height": 844},
    )
    page = context.new_page()
    page.goto("/join/swift/")
    return page


def test_form_is_filled_in_checked_and_sent(browser: Browser, live_server, tenant):
    page = opened(browser, live_server)
    main = page.locator("main").bounding_box()
    assert main["x"] >= 0
    assert main["x"] + main["width"] <= WIDTH
    expect(page.locator("[name=website]")).not_to_be_in_viewport()

    page.fill("[name=person_name]", "秦晓岚")
    page.fill("[name=phone]", "13812345678")
    page.fill("[name=wish]", "鲜花")
    page.locator("[name=agreed]").first.check()
    page.get_by_role("button", name="提交").click()

    expect(page.get_by_role("heading", name="谢谢")).to_be_visible(timeout=MILLISECONDS_TO_WORK)
    with tenant_scope(tenant):
        assert Lead.objects.get().wish == "鲜花"
        assert ConsentEntry.objects.exists()
    page.context.close()


def test_without_scripts_the_page_says_what_to_do(browser: Browser, live_server, tenant):
    page = opened(browser, live_server, scripts=False)

    expect(page.get_by_role("alert")).to_contain_text("请启用后刷新页面")
    page.context.close()
