"""Drive a Chromium through the running product and keep two pictures of it in docs/screenshots."""

import json
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
PASSWORD = "try-the-courier-crm"  # noqa: S105  the demo's, known to everybody
WIDE = {"width": 1440, "height": 1120}


def main() -> None:
    """Take both pictures, as the account managers of the two demo couriers."""
    address = (sys.argv[1] if len(sys.argv) > 1 else _running()).rstrip("/")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("script/screenshots needs Chromium on the PATH.")
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=options)
        page = browser.new_context(viewport=WIDE, base_url=address, locale="en-GB").new_page()
        _sign_in(page, "account-manager@parcelway.example")
        page.goto("/customers/")
        page.screenshot(path=TARGET / "customers.png")
        page = browser.new_context(viewport=WIDE, base_url=address, locale="zh-CN").new_page()
        _sign_in(page, "account-manager@sudi.example")
        page.goto("/customers/?tier=vip")
        page.locator("tbody a").first.click()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=TARGET / "customer.png")
        browser.close()


def _running() -> str:
    file = ROOT / os.environ.get("CRM_LOCAL_DIR", ".local") / "quickstart.json"
    if not file.exists():
        sys.exit("Start the product first: script/server")
    return json.loads(file.read_text())["address"]


def _sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in/")
    page.fill("#id_login", email)
    page.fill("#id_password", PASSWORD)
    page.locator("button[type=submit]").last.click()
    page.locator("#search").wait_for()


if __name__ == "__main__":
    main()
