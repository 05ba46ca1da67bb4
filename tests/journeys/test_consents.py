"""A customer takes a consent back by a link on a telephone, and the customer's page says that nobody may write."""

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.consents.deciding import may_contact
from customers.services import NewContactPoint, add_contact
from tests.customers.consents.said import GIVEN, say
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def swift(now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        customer = make_customer(number="C-1", company_name="Blue Kiln", at=now)
        phone = NewContactPoint(kind="phone", value="+8613812345678")
        add_contact(customer=customer, name="Li Na", is_primary=True, points=[phone], at=now)
        say(customer, GIVEN, channels=["sms", "phone"], at=now)
        agent = make_user(role=Role.AGENT, language="zh-hans", at=now)
    return tenant, customer, agent


def test_consent_is_taken_back_by_a_link(page_of, swift, now):
    tenant, customer, agent = swift
    desk = page_of(agent, locale="zh-CN")
    desk.goto(f"/customers/{customer.pk}/consents/")
    desk.click("text=生成链接")
    link = desk.locator("#links ~ *, section").filter(has_text="偏好中心链接").locator(".copyable").inner_text().strip()

    phone = page_of(None, locale="zh-CN", java_script_enabled=False, viewport={"width": 390, "height": 800})
    phone.goto(link)
    expect(phone.locator("h1")).to_have_text("我们可以为哪些用途联系您？")
    expect(phone.locator("main")).not_to_contain_text("Blue Kiln")
    phone.uncheck("input[value='marketing:sms']")
    phone.get_by_role("button", name="保存").click()
    expect(phone.locator("[role=status]")).to_contain_text("已保存，即刻生效。")
    expect(phone.locator("input[value='marketing:sms']")).not_to_be_checked()
    expect(phone.locator("input[value='marketing:phone']")).to_be_checked()

    with tenant_scope(tenant):
        decision = may_contact(customer=customer, purpose="marketing", channel="sms", at=now)
    assert not decision.is_allowed
    desk.goto(f"/customers/{customer.pk}/")
    desk.locator("#panel-consents").scroll_into_view_if_needed()
    line = desk.locator("#panel-consents .consent-line").filter(has_text="优惠与新服务")
    expect(line.locator(".channel-line").filter(has_text="短信")).to_contain_text("撤回了同意")
    expect(line.locator(".channel-line").filter(has_text="电话").first).to_contain_text("已获同意")
    expect(desk.locator("#timeline")).to_contain_text("优惠与新服务：短信（偏好中心）")


def test_what_they_say_on_the_phone_is_written_down_in_the_panel(page_of, swift, now):
    _tenant, customer, agent = swift
    desk = page_of(agent, locale="zh-CN")
    desk.goto(f"/customers/{customer.pk}/")
    desk.locator("#panel-consents").scroll_into_view_if_needed()
    line = desk.locator("#panel-consents .consent-line").filter(has_text="生日与节日问候")
    line.locator("summary").click()
    for channel in ("email", "wechat"):
        line.locator(f"input[value={channel}]").uncheck()
    line.locator("select[name=source]").select_option("phone")
    line.locator("button[value=given]").click()

    expect(line.locator(".channel-line").filter(has_text="短信")).to_contain_text("已获同意")
    expect(line.locator(".channel-line").filter(has_text="微信")).to_contain_text("未获同意")
