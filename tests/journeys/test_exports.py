"""The list of customers is exported: the bar is watched to its end, the bell tells it, and the file holds the list."""

import csv
import io
from pathlib import Path

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.jobs import running
from core.jobs.models import BackgroundJob
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from core.web import exports
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "en": {
        "export": "Export",
        "format": "CSV",
        "title": "Export: Customers",
        "done": "Done",
        "told": "Done · 4 rows",
        "download": "Download",
        "head": ["Customer number", "Name", "Kind"],
        "kind": "Company",
    },
    "zh-hans": {
        "export": "导出",
        "format": "Excel",
        "title": "导出：客户",
        "done": "完成",
        "told": "完成 · 4 行",
        "download": "下载",
        "head": ["客户编号", "名称", "类型"],
        "kind": "公司",
    },
}


@pytest.fixture(params=WORDS)
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def tenant(now) -> Tenant:
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def page(page_of, tenant, language, now) -> Page:
    """A page of an analyst who has just signed in."""
    with tenant_scope(tenant):
        analyst = make_user(role=Role.ANALYST, at=now, language=language)
    return page_of(analyst)


def rows_of(path: Path, name: str) -> list[list[str]]:
    if name.endswith(".xlsx"):
        return [list(row) for row in load_workbook(io.BytesIO(path.read_bytes())).active.iter_rows(values_only=True)]
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_export_is_watched_to_its_end_and_downloaded(page: Page, tenant, language, now, monkeypatch):
    words = WORDS[language]
    monkeypatch.setattr(exports, "CHUNK", 1)
    with tenant_scope(tenant):
        for number in range(4):
            make_customer(number=f"C-{number}", company_name=f"Blue Kiln {number}", at=now)

    page.goto("/customers/?sort=created")
    page.locator(".export-form summary").filter(has_text=words["export"]).click()
    page.get_by_role("button", name=words["format"]).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(words["title"])
    bar = page.locator("#job progress")
    expect(bar).to_be_visible()
    with tenant_scope(tenant):
        job = BackgroundJob.objects.get()
    for done in range(1, 4):
        assert running._perform_chunk(tenant_id=tenant.pk, job_id=job.pk, at=timezone.now())
        expect(bar).to_have_attribute("value", str(done * 25))
        expect(page.locator("#job")).to_contain_text(f"{done} / 4")
    assert not running._perform_chunk(tenant_id=tenant.pk, job_id=job.pk, at=timezone.now())
    expect(page.locator("#job .badge")).to_have_text(words["done"])
    expect(bar).to_have_count(0)

    page.locator(".bell").click()
    told = page.locator("main tbody tr").filter(has_text=words["title"])
    expect(told).to_contain_text(words["told"])
    told.get_by_role("link").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=words["download"]).click()

    name = download.value.suggested_filename
    rows = rows_of(download.value.path(), name)
    assert name.startswith("customers-")
    assert rows[0][:3] == words["head"]
    kept = [[f"C-{number}", f"Blue Kiln {number}", words["kind"]] for number in range(4)]
    assert [row[:3] for row in rows[1:]] == kept
