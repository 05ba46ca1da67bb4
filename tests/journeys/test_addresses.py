"""An address is read from one line while somebody goes on typing."""

import time

import pytest
from playwright.sync_api import Route, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SLOWNESS = 1.0


def test_what_is_typed_while_a_line_is_read_is_kept(page_of, now):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        agent = make_user(role=Role.AGENT, language="zh-hans", at=now)
        customer = make_customer(number="C-1", at=now)
    page = page_of(agent, locale="zh-CN")
    answered = []

    def slowly(route: Route) -> None:
        time.sleep(SLOWNESS)
        route.continue_()

    page.goto(f"/customers/{customer.pk}/addresses/new/")
    page.fill("#id_street", "广东省深圳市南山区科技园南路1号")
    page.press("#id_street", "Tab")
    expect(page.locator("#id_city")).to_have_value("深圳市")
    expect(page.locator("#id_street")).to_have_value("科技园南路1号")

    page.route("**/addresses/new/", slowly)
    page.on("response", lambda response: answered.append(response.status))
    page.fill("#id_street", "人民路2号")
    page.press("#id_street", "Tab")
    page.fill("#id_city", "广州")
    page.wait_for_timeout(3000 * SLOWNESS)

    assert answered == [200]
    expect(page.locator("#id_city")).to_have_value("广州")
    expect(page.locator("#id_street")).to_have_value("人民路2号")
