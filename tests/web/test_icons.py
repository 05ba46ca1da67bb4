import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured

from core.web import icons, navigation
from core.web.icons import SHEET, IconsFinder, sheet

ROOT = Path(settings.BASE_DIR)
NAMED = re.compile(r"""\{%\s*icon\s+["']([^"']+)["']|icon_name=["']([^"']+)["']""")


@pytest.fixture(scope="module")
def drawn():
    """The names of the icons in the sheet."""
    text = Path(finders.find(SHEET)).read_text(encoding="utf-8")
    return set(re.findall(r"^\.ti-([a-z0-9-]+) \{", text, re.MULTILINE))


def test_every_icon_of_a_template_is_drawn(drawn):
    named = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for pair in NAMED.findall(template.read_text(encoding="utf-8"))
        for name in pair
        if name
    }

    assert len(named) > 50
    assert named - drawn == set()


def test_every_icon_of_the_registries_is_drawn(drawn, administrator):
    entries = [
        *navigation.areas_for(administrator),
        *navigation.settings_pages_for(administrator),
        *navigation.pages_for(administrator),
        *navigation.creations_for(administrator),
    ]

    assert len(entries) > 15
    assert {entry.icon for entry in entries} - drawn == set()


def test_sheet_holds_what_sources_name_and_nothing_else(tmp_path):
    for name in ("user", "key", "map-pin"):
        (tmp_path / f"{name}.svg").write_text(
            '<!-- tags --><svg class="x" stroke="currentColor">\n  <path stroke="none" d="M0" fill="none" />\n'
            '  <path d="M8 7a4" />\n</svg>'
        )
    source = tmp_path / "a.py"
    source.write_text('icon=\'map-pin\'; other = "nonsense"; js = `ti-${x ? "user" : 1} ti-keys`')

    text = sheet(tmp_path, iter([source]))

    assert re.findall(r"\.ti-([a-z-]+) ", text) == ["map-pin", "user"]
    assert """url("data:image/svg+xml,%3Csvg stroke='%23000'%3E%3Cpath d='M8 7a4' /%3E%3C/svg%3E")""" in text


def test_finder_finds_the_sheet_alone_and_says_how_to_get_the_icons(tmp_path):
    finder = IconsFinder()

    assert [name for name, _storage in finder.list([])] == [SHEET]
    assert Path(finder.find(SHEET)).stat().st_size > 10_000
    assert finder.find(SHEET, find_all=True) == [finder.find(SHEET)]
    assert finder.find("crm/css/pieces.css") == []
    with pytest.raises(ImproperlyConfigured, match="npm ci"):
        IconsFinder(root=tmp_path).find(SHEET)


def test_sheet_of_the_same_icons_has_the_same_time():
    one, other = IconsFinder(), IconsFinder()

    assert one.find(SHEET) != other.find(SHEET)
    assert Path(one.find(SHEET)).stat().st_mtime_ns == Path(other.find(SHEET)).stat().st_mtime_ns


def test_sources_are_ours_alone():
    rooms = {path.relative_to(ROOT).parts[0] for path in icons.sources()}

    assert rooms == {
        "core",
        "customers",
        "documents",
        "shipments",
        "behaviour",
        "service_requests",
        "service_plans",
        "development",
        "tiering",
        "portfolios",
        "lifecycle",
        "courier_crm",
        "templates",
        "static",
    }
