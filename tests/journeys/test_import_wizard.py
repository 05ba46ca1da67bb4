"""A bad file of customers goes through the wizard in Chinese: from the upload to the result and its undoing."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer
from tests.factories.imports import do_what_waits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FILE = (
    "客户编号;公司;生日;所在地区;随便\n"
    "C-1;深圳顺达物流有限公司;;华南;x\n"
    "C-2;;;华东;y\n"
    "C-3;海港食品;2090-01-01;华东;z\n"
    "C-4;广州海天;;华南;\n"
)


@pytest.fixture
def page(page_of, live_server, now) -> Page:
    """A page of a signed-in supervisor who reads Chinese, in a tenant with one customer."""
    with tenant_scope(make_tenant(slug="swift", at=now)):
        supervisor = make_user(role=Role.SUPERVISOR, language="zh-hans", at=now)
        make_customer(number="C-4", company_name="广州海天", region="华东", at=now)
    return page_of(supervisor, locale="zh-CN")


def test_bad_file_from_upload_to_undo(page: Page, tmp_path: Path):
    wrong, right = tmp_path / "说明.pdf", tmp_path / "客户.csv"
    wrong.write_bytes(b"%PDF-1.7")
    right.write_bytes(FILE.encode("gbk"))

    page.goto("/imports/")
    page.get_by_role("link", name="客户", exact=True).last.click()
    page.get_by_label("文件").set_input_files(wrong)
    page.get_by_role("button", name="继续").click()
    expect(page.locator(".invalid-feedback")).to_contain_text("这既不是文本文件，也不是 Excel 工作簿")

    page.get_by_label("文件").set_input_files(right)
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_label("公司")).to_have_value("company_name")
    expect(page.get_by_label("随便")).to_have_value("")
    page.get_by_label("将对应关系保存为").fill("展会")
    page.get_by_role("button", name="检查文件").click()
    do_what_waits()

    expect(page.locator(".stat", has_text="将被拒绝")).to_contain_text("2")
    expect(page.locator("main")).to_contain_text("企业必须有名称。")
    expect(page.locator("main")).to_contain_text("生日：请输入")
    page.get_by_role("button", name="导入 2 行").click()
    do_what_waits()

    expect(page.locator(".stat", has_text="已创建")).to_contain_text("1")
    expect(page.locator(".stat", has_text="已更新")).to_contain_text("1")
    page.get_by_text("撤销此次导入").first.click()
    expect(page.locator(".confirm-panel")).to_contain_text("1 条新建的记录将被移除。")
    page.locator(".confirm-panel").get_by_role("button", name="撤销此次导入").click()
    do_what_waits()

    expect(page.locator(".stat", has_text="已撤销")).to_contain_text("2")
    with tenant_scope(Tenant.objects.get(slug="swift")):
        assert list(Customer.objects.values_list("number", "region")) == [("C-4", "华东")]
