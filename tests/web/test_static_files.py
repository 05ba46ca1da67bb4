import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured

from core.web.finders import FILES, NodeModulesFinder

ROOT = Path(settings.BASE_DIR)
STATIC = re.compile(r"""{%\s*static\s+["']([^"']+)["']""")


def test_finder_finds_each_listed_file_and_no_other():
    finder = NodeModulesFinder()

    assert {name for name, _ in finder.list([])} == set(FILES)
    assert finder.find("vendor/echarts/echarts.min.js").endswith("echarts/dist/echarts.min.js")
    assert not finder.find("vendor/echarts/echarts.js")
    assert not finder.find("../package.json")


def test_finder_without_the_libraries_says_how_to_get_them(tmp_path):
    finder = NodeModulesFinder(root=tmp_path)

    assert [(each.id, "npm ci" in each.hint) for each in finder.check()] == [("web.W001", True)]
    with pytest.raises(ImproperlyConfigured, match="npm ci"):
        list(finder.list([]))


def test_every_static_file_that_a_template_names_exists():
    named = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for name in STATIC.findall(template.read_text(encoding="utf-8"))
    }

    assert len(named) > 10
    assert [name for name in sorted(named) if not finders.find(name)] == []


def test_collected_files_are_hashed_and_their_references_hold(collected):
    styles = {path.name.split(".")[0]: path for path in (collected / "crm/css").glob("*.????????????.css")}
    assert set(styles) == {"icons", "lists", "pages", "paper", "pieces", "shell", "tokens"}
    assert ".ti-search {" in styles["icons"].read_text(encoding="utf-8")


def test_lock_file_pins_each_package_by_its_hash_and_names_no_private_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {path: package for path, package in lock["packages"].items() if path}

    assert [path for path, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
    sources = {urlsplit(package["resolved"]).netloc for package in packages.values() if "resolved" in package}
    assert sources <= {"registry.npmjs.org"}
