"""What the first view of a work page weighs, as it goes over the wire."""

import re
from pathlib import Path

import pytest
from django.urls import reverse

from core.web.finders import FILES
from tests.factories.customers import make_customer

MOST_BYTES = 300 * 1024
REFERENCE = re.compile(r"""(?:src|href)="/static/([^"#?]+)""")
IN_STYLE = re.compile(r"""url\(["']?(?!data:)([^"')#?]+)""")


@pytest.fixture
def parts_of(collected_files, client_for):
    """Give the bytes of a page, of all that it names, and of what its style sheets name, by file."""

    def parts(user, url):
        page = client_for(user).get(url).content
        named = {collected_files / name for name in REFERENCE.findall(page.decode())}
        for sheet in [path for path in named if path.suffix == ".css"]:
            named |= {sheet.parent / name for name in IN_STYLE.findall(sheet.read_text("utf-8"))}
        return {"page": len(page), **{path.name: sent(path) for path in named}}

    return parts


def sent(path: Path) -> int:
    """The bytes of a file as a browser of today gets it."""
    packed = path.with_name(f"{path.name}.br")
    return (packed if packed.exists() else path).stat().st_size


def test_first_view_of_work_pages_is_light(parts_of, supervisor, now):
    customers = [make_customer(at=now, number=f"C-{number:04}", region="Guangdong") for number in range(60)]
    pages = [
        reverse("customers:list"),
        reverse("customers:detail", args=[customers[0].pk]),
        reverse("shipments:list"),
    ]

    for url in pages:
        parts = parts_of(supervisor, url)
        assert len(parts) > 10
        assert {name.split(".")[0] for name in parts} >= {
            "page",
            "tabler",
            "icons",
            "tokens",
            "shell",
            "lists",
            "pieces",
            "htmx-2",
        }
        assert sum(parts.values()) < MOST_BYTES, sorted(parts.items(), key=lambda part: part[1])


def test_charts_would_be_too_heavy_for_the_first_view(collected):
    charts = next((collected / "vendor/echarts").glob("echarts.min.*.js"))

    assert "vendor/echarts/echarts.min.js" in FILES
    assert sent(charts) > MOST_BYTES / 2
