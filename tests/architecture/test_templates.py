"""Templates keep to the content security policy: nothing inline, nothing from elsewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

FORBIDDEN = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style[\s>]", re.IGNORECASE),
    "event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", re.IGNORECASE),
    "javascript: address": re.compile(r"""=\s*["']?javascript:""", re.IGNORECASE),
    "foreign origin": re.compile(r"""<(?:script|link|img)[^>]*(?:src|href)\s*=\s*["'](?:https?:)?//""", re.IGNORECASE),
    "hx-on attribute": re.compile(r"\shx-on", re.IGNORECASE),
}


def faults(text: str) -> list[str]:
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(text)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_holds_nothing_inline(template):
    assert faults(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<p style="color: red">', "style attribute"),
        ("<style>p {}</style>", "style element"),
        ('<button onclick="go()">', "event attribute"),
        ("<script>go()</script>", "inline script"),
        ('<a href="javascript:go()">', "javascript: address"),
        ('<script src="https://cdn.example/x.js"></script>', "foreign origin"),
        ('<div hx-on:click="go()">', "hx-on attribute"),
    ],
)
def test_scan_finds_each_fault(text, fault):
    assert faults(text) == [fault]


def test_scan_lets_good_markup_pass():
    good = '<script src="/x.js"></script><script type="application/json">{}</script><p class="a">x</p>'

    assert faults(good) == []


def test_every_post_form_carries_the_csrf_token():
    post_form = re.compile(r'<form[^>]*method="post"[^>]*>(.*?)</form>', re.DOTALL | re.IGNORECASE)
    missing = [
        str(path.relative_to(ROOT))
        for path in TEMPLATES
        for body in post_form.findall(path.read_text(encoding="utf-8"))
        if "{% csrf_token %}" not in body
    ]

    assert missing == []
