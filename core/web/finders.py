"""Static files out of `node_modules`: an explicit list, because the whole folder is 15,000 files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage

FILES = {
    "vendor/tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    "vendor/tom-select/tom-select.bootstrap5.min.css": "tom-select/dist/css/tom-select.bootstrap5.min.css",
    "vendor/tom-select/tom-select.complete.min.js": "tom-select/dist/js/tom-select.complete.min.js",
}

HOW_TO_MEND = "Run script/bootstrap, or `npm ci` in the folder of package.json."


class DistFiles(FileSystemStorage):
    """The listed files, each under the name it is served by."""

    def path(self, name: str) -> str:
        try:
            return str(Path(self.location) / FILES[name.replace("\\", "/")])
        except KeyError:
            raise FileNotFoundError(name) from None


class NodeModulesFinder(BaseFinder):
    """Find the files that pages use from the packages of package.json."""

    def __init__(self, app_names: list[str] | None = None, root: Path | None = None) -> None:
        self.storage = DistFiles(location=root or Path(settings.BASE_DIR) / "node_modules")

    def _missing(self) -> list[str]:
        return [name for name in FILES if not self.storage.exists(name)]

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        if missing := self._missing():
            return [
                checks.Warning(
                    f"Front-end libraries are not installed: {', '.join(missing)}",
                    hint=HOW_TO_MEND,
                    id="web.W001",
                )
            ]
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str]:
        found = path in FILES and self.storage.exists(path)
        match = self.storage.path(path) if found else ""
        if find_all:
            return [match] if match else []
        return match or []

    def list(self, ignore_patterns: list[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        if missing := self._missing():
            raise ImproperlyConfigured(f"Front-end libraries are not installed: {', '.join(missing)}. {HOW_TO_MEND}")
        for name in FILES:
            yield name, self.storage
