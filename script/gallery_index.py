"""The page to look through the pictures of the gallery."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 24px; background: #e9ecef; color: #182433 }
section { margin-bottom: 32px }
h2 { font-size: 16px; margin: 0 0 4px } p, ul { margin: 0 0 8px } li { color: #b02a37 }
.shots { display: flex; gap: 12px; align-items: flex-start }
.shots img { height: 320px; max-width: 560px; object-fit: cover; object-position: top; border: 1px solid #adb5bd }
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Gallery</title><style>{}</style></head>
<body><h1>{} pages</h1>{}</body></html>
"""


def write_index(file: Path, shots: Iterable[Any]) -> None:
    """Write one row of pictures for each page and language: what it weighs, and what is wrong with it."""
    sections = [_section(shot) for shot in sorted(shots, key=lambda shot: (not shot.faults, shot.name))]
    html = format_html(PAGE, mark_safe(STYLE), len(sections), mark_safe("".join(sections)))  # noqa: S308  made here
    file.write_text(html, "utf-8")


def _section(shot: Any) -> SafeString:
    faults = format_html_join("", "<li>{}</li>", ((fault,) for fault in dict.fromkeys(shot.faults)))
    images = format_html_join(
        "", '<a href="{}"><img src="{}" alt="{}" loading="lazy"></a>', ((name,) * 3 for name in shot.pictures)
    )
    return format_html(
        '<section><h2>{} · {}</h2><p>{} · {} KiB</p><ul>{}</ul><div class="shots">{}</div></section>',
        *(shot.name, shot.language, shot.address, shot.bytes // 1024, faults, images),
    )
