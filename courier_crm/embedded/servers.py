"""How each server is prepared, started, found ready and stopped. Runs in the keeper."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

from courier_crm.embedded.accounts import Account, before_exec
from courier_crm.embedded.errors import EmbeddedError
from courier_crm.embedded.leftovers import end_leftovers
from courier_crm.embedded.places import POSTGRES_PORT, Endpoints

# Replaying the log after a crash may take a while; a server that is alive and busy is waited for.
START_SECONDS = 180.0
STOP_SECONDS = 30.0
LARGEST_LOG_BYTES = 5_000_000
ROOMY_SHARED_MEMORY_BYTES = 256 * 1024 * 1024

SET_UP = """
select format('create role %I', name) from unnest(array['crm_owner', 'crm_app', 'crm_ops']) as name
 where not exists (select from pg_roles where rolname = name) \\gexec
alter role crm_owner login nosuperuser createdb nocreaterole bypassrls;
alter role crm_app login nosuperuser nocreatedb nocreaterole nobypassrls;
alter role crm_ops login nosuperuser nocreatedb nocreaterole bypassrls;
select format('create database %I owner crm_owner', :'database')
 where not exists (select from pg_database where datname = :'database') \\gexec
select format('grant connect, temporary on database %I to crm_app', :'database') \\gexec
"""


class Server(ABC):
    """One server process and its log."""

    name: str
    stop_signal: signal.Signals
    data_dir: Path

    def __init__(self, places: Endpoints, account: Account | None) -> None:
        self.places = places
        self.account = account
        self.process: subprocess.Popen[bytes] | None = None
        self.notice = ""

    @property
    def log_file(self) -> Path:
        return self.places.log_dir / f"{self.name}.log"

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder fit to start on, whatever was left in it."""

    @abstractmethod
    def is_ready(self) -> bool: ...

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises EmbeddedError with the end of its log if it does not.
        """
        end_leftovers(self.data_dir, self.program_name)
        self.prepare()
        shorten(self.log_file)
        self.process = self.spawn(self.command(), ends_with=self.stop_signal)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(f"{self.name} did not start. The end of {self.log_file}:\n{tail(self.log_file)}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server; harder and harder, but in the end it is gone."""
        if self.process is None:
            return
        for kind in (self.stop_signal, signal.SIGQUIT, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            self.process.send_signal(kind)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    @property
    def program_name(self) -> str:
        return Path(self.command()[0]).name

    def spawn(self, command: list[str], *, ends_with: signal.Signals) -> subprocess.Popen[bytes]:
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Nothing of the caller's PG* and LC_* variables may change a server that others share.
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                cwd=self.data_dir if self.data_dir.exists() else "/",
                preexec_fn=before_exec(self.account, ends_with=ends_with),  # noqa: PLW1509 - the keeper has one thread
            )

    def own(self, folder: Path) -> None:
        """Make a folder that only the server's account may enter."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) != 0o700:
            folder.chmod(0o700)
        if self.account is not None:
            os.chown(folder, self.account.uid, self.account.gid)


class Postgres(Server):
    name = "postgres"
    stop_signal = signal.SIGINT  # fast: roll back what is open, write everything, end

    def __init__(self, places: Endpoints, account: Account | None, programs: Path, *, durable: bool) -> None:
        super().__init__(places, account)
        self.data_dir = places.postgres_dir
        self.programs = programs
        self.durable = durable

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "port": POSTGRES_PORT,
            "unix_socket_directories": self.places.socket_dir,
            "unix_socket_permissions": "0700",
            "max_connections": 200,
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            "dynamic_shared_memory_type": "posix" if _shared_memory_is_roomy() else "mmap",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data_dir), *options]

    def prepare(self) -> None:
        for draft in self.places.local_dir.glob("postgres.new-*"):
            shutil.rmtree(draft, ignore_errors=True)
        if self.data_dir.exists() and not self._is_whole():
            self._put_aside()
        if not self.data_dir.exists():
            self._create()
        self._check_version()
        # Nothing runs here any more: what this file says is stale, and truncated it would stop the start.
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def is_ready(self) -> bool:
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return self.process is not None and lines[:1] == [str(self.process.pid)] and lines[7:8] == ["ready   "]

    def start(self) -> None:
        super().start()
        self._set_up()

    def _create(self) -> None:
        """Make the data folder aside and move it in when it is whole, so that there is never half a one."""
        draft = self.places.local_dir / f"postgres.new-{os.getpid()}"
        self.own(draft)
        command = [
            str(self.programs / "initdb"),
            *(
                "-D",
                str(draft),
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-instructions",
            ),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *([] if self.durable else ["--no-sync"]),
        ]
        if self.spawn(command, ends_with=signal.SIGTERM).wait() != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise EmbeddedError(f"PostgreSQL's data folder could not be made:\n{tail(self.log_file)}")
        draft.rename(self.data_dir)

    def _is_whole(self) -> bool:
        version, control = self.data_dir / "PG_VERSION", self.data_dir / "global" / "pg_control"
        return all(file.exists() and file.stat().st_size > 0 for file in (version, control))

    def _put_aside(self) -> None:
        if not any(self.data_dir.iterdir()):
            self.data_dir.rmdir()
            return
        aside = self.data_dir.with_name(f"postgres.broken-{int(time.time())}")
        self.data_dir.rename(aside)
        self.notice = f"{self.data_dir} was not complete: put aside as {aside.name}, and a new one made."

    def _check_version(self) -> None:
        found = (self.data_dir / "PG_VERSION").read_text().strip()
        output = subprocess.run([self.programs / "postgres", "--version"], capture_output=True, text=True, check=True)
        ours = output.stdout.split()[2].split(".")[0]
        if found != ours:
            raise EmbeddedError(
                f"{self.data_dir} was made by PostgreSQL {found or '?'}, and this is PostgreSQL {ours}."
                " Dump it with the old version and load it into a new folder (CRM_LOCAL_DIR),"
                " or remove it to start anew."
            )

    def _set_up(self) -> None:
        done = subprocess.run(
            [
                *(
                    self.programs / "psql",
                    "-X",
                    "-q",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-v",
                    f"database={self.places.database_name}",
                ),
                *(
                    "-h",
                    self.places.socket_dir,
                    "-p",
                    str(POSTGRES_PORT),
                    "-U",
                    "postgres",
                    "-d",
                    "postgres",
                    "-f",
                    "-",
                ),
            ],
            input=SET_UP,
            capture_output=True,
            text=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            check=False,
        )
        if done.returncode != 0:
            raise EmbeddedError(f"the roles and the database could not be made:\n{done.stderr}")


class Redis(Server):
    """Keeps nothing on disk: the truth is in the database, this is a cache and a bell."""

    name = "redis"
    stop_signal = signal.SIGTERM

    def __init__(self, places: Endpoints, account: Account | None, program: Path) -> None:
        super().__init__(places, account)
        self.data_dir = places.redis_dir
        self.program = program

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": self.places.redis_socket,
            "unixsocketperm": "700",
            "dir": self.data_dir,
            "pidfile": self.data_dir / "redis.pid",
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
        }
        return [
            str(self.program),
            *(part for name, value in settings.items() for part in (f"--{name}", str(value))),
        ]

    def prepare(self) -> None:
        self.own(self.data_dir)
        self.places.redis_socket.unlink(missing_ok=True)

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.places.redis_socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def tail(log_file: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log_file.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def shorten(log_file: Path) -> None:
    """Keep one old log and start a new one when it has grown large."""
    if log_file.exists() and log_file.stat().st_size > LARGEST_LOG_BYTES:
        log_file.replace(log_file.with_suffix(".log.1"))


def _shared_memory_is_roomy() -> bool:
    # Containers have 64 MB there by default, too little for a parallel hash join.
    try:
        space = os.statvfs("/dev/shm")  # noqa: S108 - only measured
    except OSError:
        return False
    return space.f_bavail * space.f_frsize >= ROOMY_SHARED_MEMORY_BYTES
