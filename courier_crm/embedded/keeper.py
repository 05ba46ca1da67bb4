"""The process in charge of the embedded servers.

It is started by the first who needs them, is the servers' parent, starts a crashed one again, and stops both
when nobody uses them any more, even when the last user was killed. If it is killed, so are its servers.
"""

import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from courier_crm.embedded.accounts import server_account, with_access
from courier_crm.embedded.binaries import postgres_programs, redis_program
from courier_crm.embedded.errors import EmbeddedError
from courier_crm.embedded.locks import FileLock
from courier_crm.embedded.places import Endpoints, endpoints
from courier_crm.embedded.servers import Postgres, Redis, Server

POLL_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0

STARTING, READY, FAILED = "starting", "ready", "failed"


@dataclass(frozen=True)
class State:
    """What the keeper tells those who wait for it, in a file."""

    pid: int
    phase: str
    message: str = ""

    @staticmethod
    def file(local_dir: Path) -> Path:
        return local_dir / "keeper.json"

    def write(self, local_dir: Path) -> None:
        draft = self.file(local_dir).with_suffix(f".{self.pid}")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(self.file(local_dir))

    @classmethod
    def read(cls, local_dir: Path) -> "State | None":
        try:
            return cls(**json.loads(cls.file(local_dir).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None


class Keeper:
    """Starts both servers, watches them, and stops them in the reverse order."""

    def __init__(self, places: Endpoints) -> None:
        self.places = places
        self.asked_to_stop = False
        self.pause = 0.5
        self.started_at = 0.0

    def run(self) -> None:
        lock = FileLock(self.places.local_dir / "keeper.lock")
        lock.acquire()
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        servers: list[Server] = []
        try:
            State(os.getpid(), STARTING).write(self.places.local_dir)
            servers = self._servers()
            self._start(servers)
            notices = "".join(f"{server.notice}\n" for server in servers if server.notice)
            State(os.getpid(), READY, notices).write(self.places.local_dir)
            while not self.asked_to_stop and not self._is_unused():
                time.sleep(POLL_SECONDS)
                self._restart_the_dead(servers)
        except (EmbeddedError, OSError) as error:
            State(os.getpid(), FAILED, str(error)).write(self.places.local_dir)
        finally:
            for server in reversed(servers):
                server.stop()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def _servers(self) -> list[Server]:
        programs, redis = postgres_programs(), redis_program()
        account = server_account(self.places.postgres_dir)
        self.places.log_dir.mkdir(exist_ok=True)
        sample = programs.parent / "share" / "postgresql" / "postgresql.conf.sample"
        account = with_access(
            account,
            program=programs / "postgres",
            files=[file for file in (sample, redis) if file.exists()],
            folders=[self.places.local_dir],
        )
        durable = os.environ.get("CRM_EMBEDDED_FSYNC", "on") != "off"
        return [
            Postgres(self.places, account, programs, durable=durable),
            Redis(self.places, account, redis),
        ]

    def _start(self, servers: list[Server]) -> None:
        make_private(servers[0], self.places)
        for server in servers:
            server.start()
        self.started_at = time.monotonic()

    def _restart_the_dead(self, servers: list[Server]) -> None:
        for server in servers:
            if not server.has_died():
                continue
            if time.monotonic() - self.started_at > STEADY_SECONDS:
                self.pause = 0.5
            time.sleep(self.pause)
            self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)
            try:
                server.start()
            except EmbeddedError as error:
                sys.stderr.write(f"{error}\n")
            self.started_at = time.monotonic()

    def _is_unused(self) -> bool:
        """Return whether nobody uses the servers; then the start lock is kept, so that nobody begins to."""
        start = FileLock(self.places.local_dir / "start.lock")
        if not start.acquire(wait=False):
            return False
        users = FileLock(self.places.local_dir / "users.lock")
        if users.acquire(wait=False):
            self._kept = (start, users)
            return True
        start.release()
        return False


def make_private(server: Server, places: Endpoints) -> None:
    """Make the folder of the sockets, or check that the one there is ours: whoever enters it is trusted.

    Raises EmbeddedError when somebody else made it.
    """
    server_uid = server.account.uid if server.account else os.geteuid()
    if places.socket_dir.is_symlink() or (
        places.socket_dir.exists() and places.socket_dir.stat().st_uid not in (os.geteuid(), server_uid)
    ):
        raise EmbeddedError(
            f"{places.socket_dir} belongs to somebody else. Remove it, or set CRM_LOCAL_DIR to a short path."
        )
    server.own(places.socket_dir)


def main() -> None:
    """Leave the caller's session and terminal, then keep the servers of this local folder."""
    if os.fork():
        os._exit(0)
    Keeper(endpoints()).run()
