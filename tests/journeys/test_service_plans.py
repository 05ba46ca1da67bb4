"""A VIP's plan: written by the account manager, approved by the supervisor, shared, and read by the customer."""

import pytest
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from customers.services import NewContactPoint, add_contact
from service_plans.models import ServicePlan
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def swift(now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        customer = make_customer(number="C-1", company_name="Blue Kiln", at=now)
        Customer.objects.filter(pk=customer.pk).update(tier="vip")
        phone = NewContactPoint(kind="phone", value="+8613812345678")
        add_contact(customer=customer, name="Li Na", is_primary=True, points=[phone], at=now)
        manager = make_user(role=Role.ACCOUNT_MANAGER, language="zh-hans", at=now)
        supervisor = make_user(role=Role.SUPERVISOR, language="zh-hans", at=now)
    return tenant, customer, manager, supervisor


def press(page, action):
    """Press an action in the head of the page, and the button below what it says will happen."""
    page.click(f"#action-{action}")
    page.click("details[open] .confirm-panel button[type=submit]")


def test_plan_is_approved_by_somebody_else_and_shared(page_of, swift):
    tenant, customer, manager, supervisor = swift
    desk = page_of(manager, locale="zh-CN")
    desk.goto(f"/service-plans/new/?customer={customer.pk}")
    desk.click("main form button[type=submit]")
    desk.get_by_role("link", name="产品与时效").click()
    desk.fill("#id_text", "全国主要城市次日达。")
    desk.fill("#id_target_percent", "95")
    desk.click("main form button[type=submit]")
    desk.get_by_role("link", name="价格约定").click()
    desk.fill("#id_text", "首重 8.50 元。")
    desk.click("main form button[type=submit]")
    expect(desk.locator("main")).to_contain_text("至少 95%")
    press(desk, "propose")
    expect(desk.locator("main")).to_contain_text("等待审批")

    with tenant_scope(tenant):
        plan = ServicePlan.objects.get()
    office = page_of(supervisor, locale="zh-CN")
    office.goto("/service-plans/?state=proposed")
    office.click(f"text={plan.number}")
    press(office, "approve")
    expect(office.locator("main")).to_contain_text("已批准")

    desk.reload()
    press(desk, "share")
    link = desk.locator("#shared").locator("xpath=ancestor::section").locator(".copyable").inner_text().strip()
    phone = page_of(None, locale="zh-CN", java_script_enabled=False, viewport={"width": 390, "height": 800})
    phone.goto(link)
    expect(phone.locator("h1")).to_have_text("您的服务方案")
    expect(phone.locator("main")).to_contain_text("全国主要城市次日达。")
    expect(phone.locator("main")).not_to_contain_text("Blue Kiln")

    desk.goto(f"/customers/{customer.pk}/")
    desk.locator("#panel-service_plans").scroll_into_view_if_needed()
    expect(desk.locator("#panel-service_plans")).to_contain_text("首重 8.50 元。")
