"""What the fault scripts share: real servers in a folder of their own, processes, and killing them."""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WORKER = ("worker", "--queues", "default,bulk", "--concurrency", "2", "--without-gossip", "--without-mingle")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every fault script takes."""
    parser.add_argument("--seed", type=int, default=0, help="of the random choices (0: another one each time)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with its database and logs")


def run(
    options: argparse.Namespace,
    *,
    module: str,
    application: str,
    work: Callable[[Path, argparse.Namespace, random.Random], int],
) -> int:
    """Start servers of our own, write the Celery application `module`, and return what `work` does."""
    sys.path.insert(0, str(ROOT))
    folder = Path(tempfile.mkdtemp(prefix="crm-fault-"))
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "DATABASE_OWNER_URL", "DATABASE_OWNER_URL_FILE", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ |= {"CRM_LOCAL_DIR": str(folder / "l"), "DJANGO_SETTINGS_MODULE": "courier_crm.settings"}
    (folder / f"{module}.py").write_text(application)
    seed = options.seed or random.SystemRandom().randrange(1, 10**6)
    print(f"Seed {seed}.", flush=True)
    try:
        from courier_crm import embedded

        with embedded.running():
            import django

            django.setup()
            return work(folder, options, random.Random(seed))
    finally:
        if options.keep:
            print(f"Kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def processes(folder: Path, *, module: str, beats: int, workers: int) -> Iterator[list[Any]]:
    """Run so many beats and workers of the application, as children that are called "beat 1", "worker 1" …"""
    from courier_crm.supervision import Child, stop

    environ = os.environ | {"PYTHONPATH": f"{folder}:{ROOT}", "PYTHONUNBUFFERED": "1"}
    celery = [sys.executable, "-m", "celery", "-A", module]
    commands = {
        f"beat {number}": ["beat", "--schedule", str(folder / f"b{number}"), "--pidfile", "", "--max-interval", "1"]
        for number in range(1, beats + 1)
    } | {f"worker {number}": [*WORKER, "-n", f"w{number}@%h"] for number in range(1, workers + 1)}
    children = [
        Child(name, [*celery, *command], log_file=folder / f"{name.replace(' ', '')}.log", environ=environ)
        for name, command in commands.items()
    ]
    try:
        for child in children:
            child.start()
        yield children
    finally:
        stop(children)


def kill(chance: random.Random, child: Any) -> str:
    """Kill a beat, or of a worker the whole, its head alone, or one of its hands; start again what is gone."""
    if child.name.startswith("beat"):
        child.send(signal.SIGKILL)
        kind = "beats"
    else:
        kind = chance.choice(["workers", "workers' heads", "workers' hands"])
        hands = _children_of(child.process.pid)
        if kind == "workers' hands" and hands:
            _kill_process(chance.choice(hands))
            return kind
        if kind == "workers' heads":
            _kill_process(child.process.pid)
        else:
            kind = "workers"
            child.send(signal.SIGKILL)
    child.process.wait(10)
    child.start()
    return kind


def at_work(folder: Path, children: list[Any]) -> list[Any]:
    """Return the workers of which a hand has begun work that it has not ended."""
    log = folder / "work.log"
    unended: Counter[int] = Counter()
    for line in log.read_text().splitlines() if log.exists() else ():
        word, _blank, pid = line.partition(" ")
        unended[int(pid)] += 1 if word == "begun" else -1
    return [child for child in children if any(unended[hand] > 0 for hand in _children_of(child.process.pid))]


def _kill_process(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def stop_if_one_ended(children: list[Any]) -> None:
    """Give up when a process ended by itself."""
    ended = [str(child.log_file) for child in children if child.has_ended()]
    if ended:
        sys.exit(f"FAULT A process ended by itself; see with --keep: {ended}")


def progress(folder: Path) -> tuple[int, int]:
    """Return how often work was begun and how often it came to its end, by what the application notes."""
    log = folder / "work.log"
    words = log.read_text().split() if log.exists() else []
    return words.count("begun"), words.count("ended")


def say(killed: dict[str, int], seconds: float, begun: int, ended: int) -> None:
    """Print what was killed, and what it cut off."""
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(killed.items()))
    print(
        f"{sum(killed.values())} kills in {seconds:.0f} s ({kinds});"
        f" work begun {begun} times, {begun - ended} cut off in the middle.",
        flush=True,
    )
