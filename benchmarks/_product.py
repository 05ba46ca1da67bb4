"""The product as script/server starts it, and sessions of people who are signed in to it."""

import http.client
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 300.0
CSRF = "a" * 32


@contextmanager
def running(port: int, *options: str) -> Iterator[None]:
    """Run gunicorn, a Celery worker and beat on the embedded services, as script/server does; Django is set up here."""
    from courier_crm import embedded

    with embedded.running():
        django.setup()
        product = subprocess.Popen(
            [sys.executable, "manage.py", "quickstart", "--port", str(port), *options],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_until_ready(product, port)
            yield
        finally:
            product.send_signal(signal.SIGINT)
            product.wait(60)


def _wait_until_ready(product: Any, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and product.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        time.sleep(0.5)
    sys.exit("The product did not start; see log/ in the embedded folder.")


def cookie_of(user: Any) -> str:
    """Sign a person in, and return the cookies that prove it; a form sends CSRF beside them."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "core.accounts.backends.EmailBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={CSRF}"


def p95(waits: Sequence[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.95)]
