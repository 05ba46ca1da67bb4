import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from courier_crm import supervision
from courier_crm.embedded.places import PROJECT_DIR
from courier_crm.supervision import Child, supervised

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"


def child(tmp_path: Path, code: str) -> Child:
    return Child("sleeper", [sys.executable, "-c", code], log_file=tmp_path / "sleeper.log", environ=os.environ)


def wait_for(condition) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def exists(pid: int) -> bool:
    """Return whether the process runs; one that has died and waits to be collected does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("code", [SLEEPER, STUBBORN])
def test_supervised_ends_every_child(tmp_path, monkeypatch, code):
    monkeypatch.setattr(supervision, "STOPPING", ((signal.SIGTERM, 0.5), (signal.SIGKILL, 5.0)))
    sleeper = child(tmp_path, code)

    with supervised([sleeper]):
        wait_for(lambda: "up" in sleeper.log_file.read_text())
        pid = sleeper.process.pid

    assert not exists(pid)


def test_supervised_starts_a_dead_child_again_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 0.1)
    sleeper = child(tmp_path, SLEEPER)

    with supervised([sleeper]) as keep_alive:
        first = sleeper.process.pid
        sleeper.process.kill()
        sleeper.process.wait()
        messages = keep_alive()
        wait_for(lambda: keep_alive() == [] and sleeper.process is not None)
        second = sleeper.process.pid

    assert messages == [f"sleeper ended with -9; starting it again in 0 s. See {sleeper.log_file}"]
    assert second != first


def test_children_die_with_a_killed_supervisor(tmp_path):
    code = f"""
import os, pathlib, sys, time
from courier_crm.supervision import Child, supervised
log_file = pathlib.Path({str(tmp_path / "log")!r})
child = Child("sleeper", [sys.executable, "-c", {SLEEPER!r}], log_file=log_file, environ=os.environ)
with supervised([child]):
    print(child.process.pid, flush=True)
    time.sleep(60)
"""
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True)
    pid = int(supervisor.stdout.readline())
    assert exists(pid)

    supervisor.kill()
    supervisor.communicate()

    wait_for(lambda: not exists(pid))
