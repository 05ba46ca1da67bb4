"""The main job end to end, in both languages: a file comes in, customers are tiered, the biggest VIP is opened."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import PASSWORD, make_tenant, make_user
from tests.factories.imports import do_what_waits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "en": {
        "sign in": "Sign in",
        "import": "Import shipments",
        "continue": "Continue",
        "check": "Check the file",
        "run": "Bring in 40 rows",
        "created": "Created",
        "tiers": "Tiers",
        "evaluate": "Evaluate now…",
        "confirm": "Evaluate now",
        "vip": "VIP",
        "history": "Tier history",
        "moved": "1 of 20",
    },
    "zh-hans": {
        "sign in": "登录",
        "import": "导入运单",
        "continue": "继续",
        "check": "检查文件",
        "run": "导入 40 行",
        "created": "已创建",
        "tiers": "客户等级",
        "evaluate": "立即评估…",
        "confirm": "立即评估",
        "vip": "大客户",
        "history": "等级历史",
        "moved": "第 1 名（共 20 名）",
    },
}


@pytest.fixture(params=["en", "zh-hans"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def words(language: str, now: datetime) -> dict[str, str]:
    tenant = make_tenant(slug="swift", at=now)
    # As in the demo, the administrator's second step may wait: another journey is about it.
    tenant.is_demo = True
    tenant.save()
    with tenant_scope(tenant):
        make_user(role=Role.ADMINISTRATOR, at=now, email="boss@swift.example", language=language)
        make_user(role=Role.ACCOUNT_MANAGER, at=now, email="manager@swift.example", language=language)
    return WORDS[language]


@pytest.fixture
def page(page_of, language: str) -> Page:
    return page_of(None, locale="zh-CN" if language == "zh-hans" else "en-US")


def sign_in(page: Page, email: str, words: dict[str, str]) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.fill("#id_login", email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name=words["sign in"], exact=True).click()
    expect(page.locator("#search")).to_be_visible()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Forty shipments of twenty customers; the number of each says what it pays."""
    accepted = (timezone.now() - timedelta(days=5)).date()
    rows = [
        f"W-{customer:02}-{each},C-{customer:02},Company {customer:02},{accepted},{customer * 10}.50"
        for customer in range(1, 21)
        for each in (1, 2)
    ]
    path = tmp_path / "shipments.csv"
    path.write_text("\n".join(["waybill_number,customer_number,customer_name,accepted_at,freight", *rows]))
    return path


def test_file_becomes_tiers_and_the_biggest_customer_is_opened(page: Page, words: dict[str, str], file: Path):
    sign_in(page, "boss@swift.example", words)
    page.goto("/shipments/")
    page.get_by_role("link", name=words["import"]).first.click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=words["continue"]).click()
    page.get_by_role("button", name=words["check"]).click()
    expect(page.locator("#import progress")).to_be_visible()
    do_what_waits()
    page.get_by_role("button", name=words["run"]).click()
    do_what_waits()
    expect(page.locator(".stat", has_text=words["created"])).to_contain_text("40")

    page.get_by_role("link", name=words["tiers"], exact=True).click()
    page.locator("summary", has_text=words["evaluate"]).click()
    page.get_by_role("button", name=words["confirm"], exact=True).click()
    expect(page.locator(".stat").first).to_contain_text("20")

    sign_in(page, "manager@swift.example", words)
    page.goto("/customers/?tier=vip")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Company 20").click()

    expect(page.locator("h1")).to_have_text("Company 20")
    expect(page.locator(".page-head .badge").first).to_contain_text(words["vip"])
    page.locator("#panel-value").scroll_into_view_if_needed()
    expect(page.locator(".chart-canvas canvas")).to_be_visible()
    page.locator("#panel-tiers").scroll_into_view_if_needed()
    expect(page.locator("section", has=page.get_by_role("heading", name=words["history"]))).to_contain_text(
        words["moved"]
    )
