"""Drive a Chromium through the running product and keep two pictures of it in docs/screenshots."""

import sys

from playwright.sync_api import sync_playwright

from script.visiting import ROOT, address_of_the_running, launch_chromium, sign_in

TARGET = ROOT / "docs" / "screenshots"
WIDE = {"width": 1440, "height": 1120}


def main() -> None:
    """Take both pictures, as the account managers of the two demo couriers."""
    address = address_of_the_running(*sys.argv[1:2])
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        page = browser.new_context(viewport=WIDE, base_url=address, locale="en-GB").new_page()
        sign_in(page, "account-manager@parcelway.example")
        page.goto("/customers/")
        page.screenshot(path=TARGET / "customers.png")
        page = browser.new_context(viewport=WIDE, base_url=address, locale="zh-CN").new_page()
        sign_in(page, "account-manager@sudi.example")
        page.goto("/customers/?tier=vip")
        page.locator("tbody a").first.click()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=TARGET / "customer.png")
        browser.close()


if __name__ == "__main__":
    main()
