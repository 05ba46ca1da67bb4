"""A caller is found and revealed for a reason, the privacy officer sees it, and has all data of the person copied."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import change_language
from core.tenancy.scope import tenant_scope
from customers.enums import ContactPointKind
from customers.services import NewContactPoint, add_contact
from tests.factories.accounts import make_tenant, make_user, prove
from tests.factories.customers import make_customer
from tests.factories.imports import do_what_waits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = "+8613800138765"
WORDS = {
    "en": {"why": "To make sure who is calling", "revealed": "Personal data revealed", "done": "Done"},
    "zh-hans": {"why": "核实来电者身份", "revealed": "查看个人信息", "done": "完成"},
}


@pytest.fixture
def page_of(browser: Browser, live_server) -> Iterator[Callable[[User], Page]]:
    """Pages of signed-in people; any breach of the policy or script error fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(user: User) -> Page:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "core.accounts.backends.EmailBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        prove(session, user)
        session.create()
        context = browser.new_context(base_url=live_server.url)
        contexts.append(context)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live_server.url}
        context.add_cookies([cookie])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.mark.parametrize("language", WORDS)
def test_caller_is_revealed_and_the_privacy_officer_sees_it(page_of, now, language):
    words = WORDS[language]
    with tenant_scope(make_tenant(slug="swift", at=now)):
        agent, officer = make_user(role=Role.AGENT, at=now), make_user(role=Role.PRIVACY_OFFICER, at=now)
        for each in (agent, officer):
            change_language(user=each, language=language)
        customer = make_customer(number="C-1", at=now)
        points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
        contact = add_contact(customer=customer, name="李小龙", points=points, at=now)
        point = contact.points.get()

    page = page_of(agent)
    page.goto("/customers/")
    page.keyboard.press("/")
    page.keyboard.type(PHONE[-4:])
    page.keyboard.press("Enter")
    page.locator(f"main a[href='/customers/{customer.pk}/']").first.click()
    page.locator(f"a[href*='/reveal/contact-point/{point.pk}/']").click()
    page.locator("#reveal select").select_option(label=words["why"])
    page.locator("#reveal button[type=submit]").click()
    expect(page.locator(".revealed-value")).to_contain_text(PHONE)

    page = page_of(officer)
    page.goto("/settings/audit/")
    told = page.locator("main tbody tr").filter(has_text=words["revealed"]).filter(has_text=words["why"])
    expect(told).to_have_count(1)
    expect(told).to_contain_text(agent.name)
    expect(page.locator("main")).not_to_contain_text(PHONE)

    page.goto(f"/customers/{customer.pk}/copy/")
    page.locator("#form button[type=submit]").click()
    expect(page.locator("#job progress")).to_be_visible()
    do_what_waits()
    expect(page.locator("#job")).to_contain_text(words["done"])
    with page.expect_download() as download:
        page.locator("#job a[href$='/file/']").click()
    assert PHONE in download.value.path().read_text(encoding="utf-8")
