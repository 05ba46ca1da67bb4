"""Where the embedded servers keep their data and listen; nothing here touches the disk."""

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from courier_crm.embedded.errors import EmbeddedError

PROJECT_DIR = Path(__file__).resolve().parents[2]
# A Unix socket's path may have 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET_PATH = 103
POSTGRES_PORT = 5432
# libpq splits a host at commas, URLs need escapes: other paths get a plain folder elsewhere.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Endpoints:
    """All about one local folder: what the settings connect to, and what the servers are started with."""

    local_dir: Path
    socket_dir: Path
    database_name: str = "crm"

    def database_url(self, role: str) -> str:
        """Return the libpq address of the database for `crm_app` or `crm_owner`."""
        return f"postgresql://{role}@:{POSTGRES_PORT}/{self.database_name}?host={quote(str(self.socket_dir))}"

    @property
    def app_url(self) -> str:
        return self.database_url("crm_app")

    @property
    def owner_url(self) -> str:
        return self.database_url("crm_owner")

    @property
    def redis_socket(self) -> Path:
        return self.socket_dir / "redis.sock"

    @property
    def redis_url(self) -> str:
        """Return the address as redis-py and Django's cache read it."""
        return f"unix://{self.redis_socket}?db=0"

    @property
    def master_key_file(self) -> Path:
        return self.local_dir / "master.key"

    @property
    def secret_key_file(self) -> Path:
        return self.local_dir / "secret.key"

    @property
    def backup_key_file(self) -> Path:
        return self.local_dir / "backup.key"

    @property
    def postgres_dir(self) -> Path:
        return self.local_dir / "postgres"

    @property
    def redis_dir(self) -> Path:
        return self.local_dir / "redis"

    @property
    def log_dir(self) -> Path:
        return self.local_dir / "log"


def is_embedded(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether to use the embedded servers: when neither address is set.

    Raises EmbeddedError when exactly one is set.
    """
    database = bool(environ.get("DATABASE_URL") or environ.get("DATABASE_URL_FILE"))
    redis = bool(environ.get("REDIS_URL"))
    if database != redis:
        there, missing = ("DATABASE_URL", "REDIS_URL") if database else ("REDIS_URL", "DATABASE_URL")
        raise EmbeddedError(
            f"{there} is set and {missing} is not."
            " Set both to use your own servers, or neither to use the embedded ones."
        )
    return not database


def endpoints(environ: Mapping[str, str] = os.environ) -> Endpoints:
    """Return the addresses of the embedded servers without starting anything.

    Every process with the same local folder gets the same answer, whatever its working folder or TMPDIR.
    """
    local_dir = (PROJECT_DIR / (environ.get("CRM_LOCAL_DIR") or ".local")).resolve()
    return Endpoints(local_dir=local_dir, socket_dir=_socket_dir(local_dir))


def _socket_dir(local_dir: Path) -> Path:
    inside = local_dir / "run"
    longest = inside / f".s.PGSQL.{POSTGRES_PORT}"
    if PLAIN_PATH.fullmatch(str(inside)) and len(str(longest)) <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(local_dir)).hexdigest()[:16]
    root = Path("/tmp")  # noqa: S108 - checked to be private before use; TMPDIR may differ between two processes
    if not root.is_dir():
        root = Path(tempfile.gettempdir())
    return root / f"courier-crm-{os.getuid()}-{digest}"
