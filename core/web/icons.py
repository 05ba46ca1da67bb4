"""The icons as one small style sheet: of some five thousand in the package, those whose names stand in our sources."""

import atexit
import re
import zlib
from collections.abc import Iterator
from functools import cached_property
from os import utime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage

from core.web.finders import HOW_TO_MEND

SHEET = "crm/css/icons.css"
ICONS = "@tabler/icons/icons/outline"
# A word in quotes, or after the prefix that scripts write; too many words do no harm, those that are no icon fall out.
_WORD = re.compile(r"""["']([a-z0-9]+(?:-[a-z0-9]+)*)["']|\bti-([a-z0-9-]+)""")
_NO_SHAPE = re.compile(r"""<!--.*?-->|\sclass="[^"]*"|<path stroke="none" [^>]*>""", re.DOTALL)
_LOOK = """\
.ti {
  background: currentcolor;
  display: inline-block;
  flex: none;
  height: 1em;
  mask: var(--ti) center / contain no-repeat;
  print-color-adjust: exact;
  vertical-align: -0.125em;
  width: 1em;
}
@media (forced-colors: active) {
  .ti { background: CanvasText; forced-color-adjust: none; }
}
"""


def sheet(icons: Path, sources: Iterator[Path]) -> str:
    """Return the style sheet of the icons that the sources name."""
    words = {word for source in sources for pair in _WORD.findall(source.read_text("utf-8")) for word in pair if word}
    rules = [_rule(path) for word in sorted(words) if (path := icons / f"{word}.svg").exists()]
    return _LOOK + "\n".join(rules) + "\n"


def sources() -> Iterator[Path]:
    """Yield every file of ours that may name an icon."""
    root = Path(settings.BASE_DIR)
    for app in apps.get_app_configs():
        room = Path(app.path)
        # Libraries may be installed in a hidden folder here.
        if room.is_relative_to(root) and not room.relative_to(root).parts[0].startswith("."):
            yield from room.rglob("*.py")
    yield from (root / "templates").rglob("*.html")
    yield from (root / "static").rglob("*.js")


def _rule(path: Path) -> str:
    shape = _NO_SHAPE.sub("", path.read_text("utf-8")).replace("currentColor", "#000").replace('"', "'")
    address = quote(re.sub(r"\s*([<>])\s*", r"\1", re.sub(r"\s+", " ", shape)), safe=" =:/'(),.-")
    return f'.ti-{path.stem} {{ --ti: url("data:image/svg+xml,{address}"); }}'


class IconsFinder(BaseFinder):
    """Find the sheet, made in a folder of this process when it is first asked for."""

    def __init__(self, app_names: list[str] | None = None, root: Path | None = None) -> None:
        self._icons = (root or Path(settings.BASE_DIR) / "node_modules") / ICONS

    @cached_property
    def storage(self) -> FileSystemStorage:
        if not self._icons.exists():
            raise ImproperlyConfigured(f"Front-end libraries are not installed: {ICONS}. {HOW_TO_MEND}")
        folder = mkdtemp(prefix="crm-icons-")
        atexit.register(rmtree, folder, ignore_errors=True)
        path = Path(folder, SHEET)
        path.parent.mkdir(parents=True)
        content = sheet(self._icons, sources()).encode()
        path.write_bytes(content)
        # The same icons have the same time, so that they are not collected again.
        utime(path, (0, zlib.crc32(content)))
        return FileSystemStorage(location=folder)

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str]:
        found = [self.storage.path(SHEET)] if path == SHEET else []
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns: list[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        yield SHEET, self.storage
