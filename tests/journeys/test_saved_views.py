"""A supervisor saves and pins a view, chooses its columns, and changes all that match, watching it to its end."""

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.jobs import running
from core.jobs.models import BackgroundJob
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from core.web import bulk
from customers.models import Customer
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WORDS = {
    "en": {
        "filter": "Filter",
        "region": "Region",
        "apply": "Apply",
        "save_view": "Save view",
        "name": "Name of the view",
        "save": "Save",
        "columns": "Columns",
        "up": "Move Region up",
        "show": "Show these",
        "all": "All that match: 4 results",
        "change": "Change",
        "action": "Add a tag",
        "tag": "Tag",
        "start": "Change 4 rows",
        "done": "Done",
        "result": "See the result",
        "changed": "Changed so",
    },
    "zh-hans": {
        "filter": "筛选",
        "region": "地区",
        "apply": "应用筛选",
        "save_view": "保存视图",
        "name": "视图名称",
        "save": "保存",
        "columns": "列",
        "up": "将“地区”上移",
        "show": "应用",
        "all": "所有符合条件的：4 条结果",
        "change": "修改",
        "action": "添加标签",
        "tag": "标签",
        "start": "更改 4 行",
        "done": "完成",
        "result": "查看结果",
        "changed": "已更改",
    },
}


@pytest.fixture(params=[("en", WIDE), ("zh-hans", WIDE), ("zh-hans", PHONE)], ids=["en", "zh", "zh on a phone"])
def reader(request: pytest.FixtureRequest) -> tuple[str, dict[str, int]]:
    return request.param


@pytest.fixture
def tenant(now) -> Tenant:
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def page(page_of, tenant, reader, now) -> Page:
    """A page of a supervisor who has just signed in."""
    language, viewport = reader
    cache.clear()
    with tenant_scope(tenant):
        supervisor = make_user(role=Role.SUPERVISOR, at=now, language=language)
    return page_of(supervisor, viewport=viewport)


def open_menu(page: Page, words: str) -> None:
    page.locator("main summary", has_text=words).first.click()


def test_view_is_saved_and_all_in_it_are_changed(page: Page, tenant, reader, now, monkeypatch):
    words = WORDS[reader[0]]
    monkeypatch.setattr(bulk, "CHUNK", 1)
    with tenant_scope(tenant):
        for number in range(4):
            make_customer(number=f"S-{number}", company_name=f"Blue Kiln {number}", region="South", at=now)
        make_customer(number="N-1", company_name="Red Kiln", region="North", at=now)

    save_view_of_the_south(page, words)
    choose_columns(page, words)
    start_to_tag_all(page, words)
    watch_to_the_end(page, words, tenant)

    page.get_by_role("link", name=words["result"]).click()
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("Blue Kiln 0")
    expect(rows.first.locator(".badge")).to_have_text(words["changed"])
    with tenant_scope(tenant):
        tagged = Customer.objects.filter(tags=["key"]).values_list("number", flat=True)
        assert sorted(tagged) == ["S-0", "S-1", "S-2", "S-3"]


def save_view_of_the_south(page: Page, words: dict[str, str]) -> None:
    """Save a view, pinned above the list with its count, and open it from there."""
    page.goto("/customers/")
    open_menu(page, words["filter"])
    page.locator(".filter-panel").get_by_label(words["region"], exact=True).fill("South")
    page.get_by_role("button", name=words["apply"], exact=True).click()
    expect(page.locator("[data-row]")).to_have_count(4)
    open_menu(page, words["save_view"])
    page.get_by_label(words["name"]).fill("The South")
    page.locator(".view-panel").get_by_role("button", name=words["save"], exact=True).click()
    tab = page.locator(".view-tab[aria-current]")
    expect(tab).to_contain_text("The South")
    expect(tab.locator(".view-count")).to_have_text("4")
    page.goto("/customers/")
    expect(page.locator("[data-row]")).to_have_count(5)
    page.locator(".view-tab", has_text="The South").click()
    expect(page.locator("[data-row]")).to_have_count(4)


def choose_columns(page: Page, words: dict[str, str]) -> None:
    """Put the region after all others, and take the contribution away; the open view is not as saved any more."""
    open_menu(page, words["columns"])
    panel = page.locator("[data-columns]")
    panel.locator("[name=column][value=region]").check()
    panel.locator("[name=column][value=contribution]").uncheck()
    page.get_by_role("button", name=words["up"]).click()
    panel.get_by_role("button", name=words["show"]).click()
    cells = page.locator("[data-row]").first.locator("td[data-label]")
    expect(cells.last).to_contain_text("South")
    expect(page.locator("[data-row]").first.locator(f"td[data-label='{words['region']}']")).to_be_visible()
    expect(page.locator("[data-row] .money")).to_have_count(0)
    expect(page.locator(".view-tab[aria-current] .view-changed")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def start_to_tag_all(page: Page, words: dict[str, str]) -> None:
    page.locator("input[name=row]").first.check()
    page.get_by_label(words["all"]).check()
    page.locator(".bulk-bar summary", has_text=words["change"]).click()
    page.get_by_role("button", name=words["action"]).click()
    page.get_by_label(words["tag"], exact=True).fill("key")
    page.get_by_role("button", name=words["start"]).click()


def watch_to_the_end(page: Page, words: dict[str, str], tenant: Tenant) -> None:
    """Do one row after the other, and see each beside the bar."""
    expect(page.locator("#job progress")).to_be_visible()
    with tenant_scope(tenant):
        job = BackgroundJob.objects.get()
    for done in range(1, 5):
        assert running._perform_chunk(tenant_id=tenant.pk, job_id=job.pk, at=timezone.now())
        expect(page.locator("#job")).to_contain_text(f"{done} / 4")
    assert not running._perform_chunk(tenant_id=tenant.pk, job_id=job.pk, at=timezone.now())
    expect(page.locator("#job .badge")).to_have_text(words["done"])
