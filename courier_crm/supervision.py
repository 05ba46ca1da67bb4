"""Keep a few processes running, and end them all in the end."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from courier_crm.embedded.accounts import before_exec
from courier_crm.embedded.servers import shorten

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
# First the polite signal, then the one that Celery takes for "drop your work", then the end.
STOPPING = ((signal.SIGTERM, 5.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 5.0))


class Child:
    """One process in a session of its own, so that the terminal's Ctrl-C reaches only its supervisor."""

    def __init__(self, name: str, command: list[str], *, log_file: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        self.command = command
        self.log_file = log_file
        self.environ = environ
        self.process: subprocess.Popen[bytes] | None = None
        self.pause = FIRST_PAUSE_SECONDS
        self.started_at = 0.0
        self.due_at = 0.0

    def start(self) -> None:
        shorten(self.log_file)
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environ),
                start_new_session=True,
                preexec_fn=before_exec(None, ends_with=signal.SIGTERM),  # noqa: PLW1509 - one thread here
            )
        self.started_at = time.monotonic()

    def keep_alive(self) -> str | None:
        """Start the process again when it has ended, later each time; return what to tell people, if any."""
        if self.process is None:
            if time.monotonic() >= self.due_at:
                self.start()
            return None
        code = self.process.poll()
        if code is None:
            return None
        if time.monotonic() - self.started_at > STEADY_SECONDS:
            self.pause = FIRST_PAUSE_SECONDS
        self.process = None
        self.due_at = time.monotonic() + self.pause
        message = f"{self.name} ended with {code}; starting it again in {self.pause:.0f} s. See {self.log_file}"
        self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        return message

    def send(self, kind: signal.Signals) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            if kind == signal.SIGKILL:
                os.killpg(self.process.pid, kind)
            else:
                self.process.send_signal(kind)

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


@contextmanager
def supervised(children: list[Child]) -> Iterator[Callable[[], list[str]]]:
    """Run the children inside the block and end every one of them after it.

    Yields the function to call now and then: it starts again what has ended, and returns messages.
    """
    try:
        for child in children:
            child.start()
        yield lambda: [message for child in children if (message := child.keep_alive())]
    finally:
        stop(children)


def stop(children: list[Child]) -> None:
    for kind, patience in STOPPING:
        for child in children:
            child.send(kind)
        deadline = time.monotonic() + patience
        while not all(child.has_ended() for child in children):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return
