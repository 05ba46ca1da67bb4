"""The browser of the journeys: the machine's own Chromium."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SECONDS_TO_END = 10
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
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


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
