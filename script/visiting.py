"""How a script visits the product that runs here: where it answers, a Chromium, and signing in as one of the demo."""

import json
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "try-the-courier-crm"  # noqa: S105  the demo's, known to everybody


def address_of_the_running(given: str | None = None) -> str:
    file = ROOT / os.environ.get("CRM_LOCAL_DIR", ".local") / "quickstart.json"
    if given is None and not file.exists():
        sys.exit("Start the product first: script/server")
    return (given or json.loads(file.read_text())["address"]).rstrip("/")


def launch_chromium(playwright: Playwright) -> Browser:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("There is no Chromium on the PATH.")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=program, args=options)


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in/")
    page.fill("#id_login", email)
    page.fill("#id_password", PASSWORD)
    page.locator("button[type=submit]").last.click()
    page.locator("#search").wait_for()
