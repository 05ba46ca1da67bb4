"""The whole product from one command: database, Redis, web, worker and beat, with demo data."""

import errno
import hashlib
import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from core.crypto.checks import refuse_wrong_master_key
from core.tenancy.models import Tenant
from courier_crm.embedded import endpoints
from courier_crm.embedded.locks import FileLock
from courier_crm.supervision import Child, supervised

DEFAULT_PORT = 8000
PORTS_TO_TRY = 50
LAST_PORT = 65535
READY_SECONDS = 90.0
QUEUES = "critical,messages,default,bulk"
ANY_ADDRESS = {"0.0.0.0", "::", ""}  # noqa: S104 - only recognised


def address_of(host: str, port: int) -> str:
    """Return where the product that listens there is reached from this machine."""
    reachable = "localhost" if host in ANY_ADDRESS else host
    return f"http://{reachable}:{port}/"


class Command(BaseCommand):
    help = "Run the whole product on this machine, with demo data on the first start."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, help=f"port to listen on ({DEFAULT_PORT}, or the next free one)")
        parser.add_argument("--no-demo", action="store_true", help="make no demo data")

    def handle(self, *args: object, **options: object) -> None:
        self.local_dir = endpoints().local_dir
        self.address_file = self.local_dir / "quickstart.json"
        lock = FileLock(self.local_dir / "quickstart.lock")
        if not lock.acquire(wait=False):
            self._point_to_the_running_one(lock)
            return
        try:
            self.address_file.unlink(missing_ok=True)
            self._run(str(options["host"]), options["port"], with_demo=not options["no_demo"])
        finally:
            self.address_file.unlink(missing_ok=True)
            lock.release()

    def _run(self, host: str, wanted_port: int | None, *, with_demo: bool) -> None:
        port = choose_port(host, wanted_port)
        if wanted_port is None and port != DEFAULT_PORT:
            self.stdout.write(f"Port {DEFAULT_PORT} is in use, taking {port}; --port chooses another.")
        self._prepare(with_demo=with_demo)
        address = address_of(host, port)
        with supervised(self._children(host, port)) as keep_alive:
            self._wait_until_ready(address, keep_alive)
            self.address_file.write_text(json.dumps({"address": address}))
            self._greet(address)
            self.stdout.write(f"Logs: {self.local_dir / 'log'}. Ctrl-C stops everything.")
            self.stdout.flush()
            while True:
                self._report(keep_alive())
                time.sleep(0.5)

    def _prepare(self, *, with_demo: bool) -> None:
        self._say("Bringing the database up to date")
        call_command("migrate", interactive=False, verbosity=0)
        refuse_wrong_master_key()
        call_command("compilemessages", verbosity=0)
        self._collect_static()
        if with_demo and not Tenant.objects.exists():
            self._say("Making demo data; this takes some minutes, once")
            call_command("seed_demo", stdout=StringIO())

    def _collect_static(self) -> None:
        """Collect the static files unless they are the same as last time."""
        stamp = Path(settings.STATIC_ROOT) / ".inputs"
        inputs = static_inputs()
        if stamp.exists() and stamp.read_text() == inputs:
            return
        self._say("Collecting static files")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(inputs)

    def _children(self, host: str, port: int) -> list[Child]:
        schedule = self.local_dir / "celerybeat-schedule"
        # Nothing in it is worth keeping, and a killed beat may leave it broken.
        for leftover in self.local_dir.glob(f"{schedule.name}*"):
            leftover.unlink()
        bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        celery = ["-m", "celery", "-A", "courier_crm"]
        commands = {
            "web": [
                *("-m", "gunicorn", "--config", "python:courier_crm.serving", "--bind", bind),
                # Sooner than whoever supervises it here loses patience.
                *("--graceful-timeout", "4"),
            ],
            "worker": [
                *(*celery, "worker", "--queues", QUEUES, "--concurrency", "2", "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle"),
            ],
            "beat": [*celery, "beat", "--schedule", str(schedule), "--pidfile", "", "--loglevel", "INFO"],
        }
        log_dir = self.local_dir / "log"
        log_dir.mkdir(exist_ok=True)
        environ = {
            "CRM_ADDRESS": address_of(host, port),
            **os.environ,
            "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
            "PYTHONUNBUFFERED": "1",
        }
        return [
            Child(name, [sys.executable, *command], log_file=log_dir / f"{name}.log", environ=environ)
            for name, command in commands.items()
        ]

    def _wait_until_ready(self, address: str, keep_alive: Callable[[], list[str]]) -> None:
        self._say("Starting web, worker and beat")
        deadline = time.monotonic() + READY_SECONDS
        while not answers(f"{address}health/ready"):
            self._report(keep_alive())
            if time.monotonic() > deadline:
                raise CommandError(
                    f"The web server is not ready after {READY_SECONDS:.0f} s: see {self.local_dir}/log."
                )
            time.sleep(0.2)

    def _point_to_the_running_one(self, lock: FileLock) -> None:
        """Say where the product already runs on this folder, when it is ready."""
        self._say(f"It is already running on {self.local_dir}")
        while lock.is_held():
            if self.address_file.exists():
                self._greet(json.loads(self.address_file.read_text())["address"])
                return
            time.sleep(0.2)
        raise CommandError("The other one has ended. Start again.")

    def _greet(self, address: str) -> None:
        self.stdout.write(f"\nCourier CRM is ready: {address}\n")
        call_command("seed_demo", "--print-sign-ins", stdout=self.stdout)
        self.stdout.flush()

    def _say(self, message: str) -> None:
        self.stdout.write(f"{message} …")
        self.stdout.flush()

    def _report(self, messages: list[str]) -> None:
        for message in messages:
            self.stderr.write(message)


def choose_port(host: str, wanted: int | None) -> int:
    """Return the port to listen on: the wanted one, or else the default or the next free after it.

    Raises CommandError when the wanted port is none or in use, or the address is not this machine's.
    """
    if wanted is not None:
        if not 1 <= wanted <= LAST_PORT:
            raise CommandError(f"There is no port {wanted}. Choose one from 1 to {LAST_PORT} with --port NUMBER.")
        if not _is_free(host, wanted):
            raise CommandError(f"Port {wanted} on {host} is in use. Choose another with --port NUMBER.")
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TO_TRY):
        if _is_free(host, port):
            return port
    raise CommandError(
        f"Ports {DEFAULT_PORT} to {DEFAULT_PORT + PORTS_TO_TRY - 1} are all in use. Choose another with --port NUMBER."
    )


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise CommandError(f"Cannot listen on {host}: {error.strerror}. Choose another with --host.") from None
    return True


def static_inputs() -> str:
    """Return a digest of all files that collectstatic would take, by name, size and time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310 - our own address
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False
