"""Processes that a killed keeper or postmaster left behind on a data folder."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 10.0


def end_leftovers(data_dir: Path, program_name: str) -> None:
    """End every process of this program that works in the folder, gently first. Needs the keeper's lock."""
    for kind in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        pids = _working_in(data_dir, program_name)
        if not pids:
            return
        for pid in pids:
            _send(pid, kind)
        deadline = time.monotonic() + GRACE_SECONDS
        while _working_in(data_dir, program_name) and time.monotonic() < deadline:
            time.sleep(0.05)


def _working_in(data_dir: Path, program_name: str) -> list[int]:
    proc = Path("/proc")
    if (proc / "self" / "cwd").exists():
        return [
            int(entry.name)
            for entry in proc.iterdir()
            if entry.name.isdigit() and _is_one(entry, data_dir, program_name)
        ]
    return _from_pid_file(data_dir, program_name)


def _is_one(process: Path, data_dir: Path, program_name: str) -> bool:
    try:
        # A dead process that nobody has collected yet has no working folder to read.
        return (process / "cwd").readlink() == data_dir and program_name in (process / "comm").read_text()
    except OSError:
        return False


def _from_pid_file(data_dir: Path, program_name: str) -> list[int]:
    """Find the process where there is no /proc; an unreadable pid file then means that there is none."""
    for name in ("postmaster.pid", "redis.pid"):
        try:
            pid = int((data_dir / name).read_text().split()[0])
            command = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
        except (OSError, ValueError, IndexError):
            continue
        if program_name in command.stdout:
            return [pid]
    return []


def _send(pid: int, kind: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, kind)
