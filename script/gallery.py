"""Photograph every page of the running product, in both languages and themes, on a desk and on a phone.

Writes the pictures and an index.html to look through; fails when a page answers with an error, is wider than a phone,
logs an error, breaks the content security policy, or when axe finds something serious.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, expect, sync_playwright
from playwright.sync_api import Page as BrowserPage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
# Playwright's synchronous calls run an event loop here, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
import django

django.setup()

from django.test import RequestFactory  # noqa: E402
from django.urls import reverse  # noqa: E402

from core.web import errors  # noqa: E402
from courier_crm.demo.couriers import COURIERS, Courier  # noqa: E402
from script.axe import serious_faults  # noqa: E402
from script.gallery_index import write_index  # noqa: E402
from script.gallery_pages import ERRORS, PAGES, Page  # noqa: E402
from script.gallery_records import Records, records_of  # noqa: E402
from script.visiting import ROOT, address_of_the_running, launch_chromium, sign_in  # noqa: E402

WIDTHS = {1440: 1000, 390: 844}
# A machine that is busy otherwise takes its time.
MOST_MILLISECONDS = 120_000
# More of a long list shows nothing new.
TALLEST = 2200
THEMES = ("light", "dark")
LOCALES = {"zh-hans": "zh-CN", "en": "en-GB"}
# What came over the wire, also where the browser had it already.
WEIGHT = """performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
  .reduce((sum, each) => sum + each.encodedBodySize, 0)"""
# Panels are read, and charts drawn, when they come into view.
SCROLL = """async () => {
  for (let at = 0; at < document.documentElement.scrollHeight; at += 500) {
    window.scrollTo(0, at);
    await new Promise((done) => setTimeout(done, 60));
  }
  window.scrollTo(0, 0);
}"""
TOO_WIDE = """[...document.querySelectorAll("main *")]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map((each) => each.tagName + "." + each.className).join(", ")"""


@dataclass
class Shot:
    """What was seen of one page in one language."""

    name: str
    address: str
    language: str
    pictures: list[str] = field(default_factory=list)
    bytes: int = 0
    faults: list[str] = field(default_factory=list)


class Studio:
    """A browser, the product's address and the folder for the pictures."""

    def __init__(self, browser: Browser, address: str, target: Path, *, with_axe: bool) -> None:
        self.browser = browser
        self.address = address
        self.target = target
        self.with_axe = with_axe
        self._signed_in: dict[str, Any] = {}

    def visit(self, page: Page, courier: Courier, records: Records) -> Shot:
        address = address_of(page, records)
        shot = Shot(page.name, address, courier.language)
        with self._opened(shot, page, courier) as window:
            answer = window.goto(address)
            if answer is None or answer.status != page.status:
                shot.faults.append(f"answers {answer and answer.status}, not {page.status}")
            self._settle(window)
            shot.bytes = window.evaluate(WEIGHT)
            if page.steps:
                page.steps(window)
                self._settle(window, scrolls=page.is_whole)
            self._photograph(window, shot, is_whole=page.is_whole)
        return shot

    def show_error(self, name: str, courier: Courier) -> Shot:
        """Photograph an error page that no address of a sound product gives."""
        page = Page(route=f"error:{name}", role=None)
        shot = Shot(page.name, f"/{name}", courier.language)
        request = RequestFactory().get(shot.address)
        request.LANGUAGE_CODE, request.request_id = courier.language, "7f3a41c2"
        answer = getattr(errors, name)(request)
        with self._opened(shot, page, courier) as window:
            body = {"status": 200, "content_type": "text/html", "body": answer.content}
            window.route(f"**/{name}", lambda route: route.fulfill(**body))
            window.goto(shot.address)
            self._photograph(window, shot, is_whole=True)
        return shot

    @contextmanager
    def _opened(self, shot: Shot, page: Page, courier: Courier) -> Iterator[BrowserPage]:
        context = self._context(page, courier)
        window = context.new_page()
        window.set_default_timeout(MOST_MILLISECONDS)
        window.on("pageerror", lambda error: shot.faults.append(f"script: {error}"))
        window.on("console", lambda line: _note(shot, line))
        try:
            yield window
        except (AssertionError, Error) as error:
            shot.faults.append(f"steps: {str(error).splitlines()[0]}")
        context.close()

    def _context(self, page: Page, courier: Courier) -> BrowserContext:
        options = {
            "base_url": self.address,
            "locale": LOCALES[courier.language],
            "viewport": {"width": 1440, "height": WIDTHS[1440]},
            "reduced_motion": "reduce",
        }
        if page.role is None:
            return self.browser.new_context(**options)
        word = "admin" if page.role == "administrator" else page.role.replace("_", "-")
        email = f"{word}@{courier.slug}.example"
        if email not in self._signed_in:
            context = self.browser.new_context(**options)
            sign_in(context.new_page(), email)
            self._signed_in[email] = context.storage_state()
            context.close()
        return self.browser.new_context(**options, storage_state=self._signed_in[email])

    @staticmethod
    def _settle(window: BrowserPage, *, scrolls: bool = True) -> None:
        if scrolls:
            window.evaluate(SCROLL)
        window.wait_for_load_state("networkidle")
        expect(window.locator(".htmx-request")).to_have_count(0)

    def _photograph(self, window: BrowserPage, shot: Shot, *, is_whole: bool) -> None:
        for width, height in WIDTHS.items():
            window.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                window.emulate_media(color_scheme=theme)
                window.wait_for_timeout(150)
                file = f"{shot.name}--{shot.language[:2]}-{width}-{theme}.png"
                tall = window.evaluate("document.documentElement.scrollHeight") if is_whole else height
                clip = {"x": 0, "y": 0, "width": width, "height": min(max(tall, height), TALLEST)}
                window.screenshot(path=self.target / file, full_page=is_whole, clip=clip)
                shot.pictures.append(file)
                seen_as = f"{width} px, {theme}"
                if self.with_axe:
                    shot.faults += [f"{seen_as}: {each}" for each in serious_faults(window)]
            if window.evaluate("document.documentElement.scrollWidth > innerWidth"):
                shot.faults.append(f"{width} px: scrolls sideways: {window.evaluate(TOO_WIDE)}")


def address_of(page: Page, records: Records) -> str:
    arguments = {name: getattr(records, word, word) for name, word in page.records.items()}
    query = f"?{page.query.format(**vars(records))}" if page.query else ""
    return reverse(page.route, kwargs=arguments) + query


def _note(shot: Shot, line: ConsoleMessage) -> None:
    # Chromium logs an answer of 400 and more as an error; those that are expected are judged by their status.
    if line.type == "error" and not line.text.startswith("Failed to load resource"):
        shot.faults.append(f"console: {line.text}")


def main() -> None:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    shots: list[Shot] = []
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        studio = Studio(browser, address_of_the_running(options.address), options.out, with_axe=options.axe)
        for courier in COURIERS:
            if not courier.language.startswith(options.language):
                continue
            records = records_of(courier)
            named = [page for page in PAGES if options.only in page.name]
            shots += [_told(studio.visit(page, courier, records)) for page in named]
            shots += [_told(studio.show_error(name, courier)) for name in ERRORS if options.only in f"error-{name}"]
        browser.close()
    write_index(options.out / "index.html", shots)
    faulty = sum(bool(shot.faults) for shot in shots)
    print(f"{len(shots)} pages, {sum(len(shot.pictures) for shot in shots)} pictures, {faulty} with faults:")
    print(options.out / "index.html")
    sys.exit(bool(faulty) or not shots)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", nargs="?", help="where the product answers; the one that runs here unless told")
    parser.add_argument("--only", default="", help="pages whose name has this in it, such as customers-detail")
    parser.add_argument("--language", default="", choices=("", "zh", "en"), help="one language alone")
    parser.add_argument("--axe", default=True, action=argparse.BooleanOptionalAction, help="look for barriers (yes)")
    parser.add_argument("--out", type=Path, default=ROOT / ".local-gallery", help="folder for the pictures")
    return parser.parse_args()


def _told(shot: Shot) -> Shot:
    print(f"{shot.language:8} {shot.name:50} {shot.bytes / 1024:5.0f} KiB", flush=True)
    for fault in dict.fromkeys(shot.faults):
        print(f"  {fault}", flush=True)
    return shot


if __name__ == "__main__":
    main()
