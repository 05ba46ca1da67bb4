"""The browser of the journeys: the machine's own Chromium."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.accounts.models import User
from tests.factories.accounts import prove

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SECONDS_TO_END = 10
MILLISECONDS_TO_SHOW = 15_000
MISSING = "no Chromium found: install one, or name its program in CRM_CHROMIUM"


def find_chromium() -> str | None:
    named = os.environ.get("CRM_CHROMIUM")
    if named:
        return named
    on_path = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    downloaded = sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome"))
    return on_path or (str(downloaded[-1]) if downloaded else None)


def is_required() -> bool:
    """Return whether a machine without Chromium fails the browser tests, rather than skips them."""
    return os.environ.get("CI") == "true" or os.environ.get("CRM_BROWSER_TESTS") == "required"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_chromium() or is_required():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    assert program, MISSING
    # Playwright's synchronous calls run an event loop here, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=MILLISECONDS_TO_SHOW)
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


@pytest.fixture
def page_of(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Give pages of people who have just signed in, `page_of(user, **options of the browser's context)`; of a
    stranger for None.

    Any breach of the policy or script error fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(user: User | None, **options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        if user is not None:
            key = _session_of(user)
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def _session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "core.accounts.backends.EmailBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    prove(session, user)
    session.create()
    return session.session_key


@pytest.fixture(autouse=True)
def let_requests_end(live_server: object) -> Iterator[None]:
    """Wait, before the tables are emptied, for what a page still asked for when its test was over."""
    yield
    deadline = time.monotonic() + SECONDS_TO_END
    while _is_serving() and time.monotonic() < deadline:
        time.sleep(0.05)


def _is_serving() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and usename = current_user and state <> 'idle')"
        )
        return cursor.fetchone()[0]
