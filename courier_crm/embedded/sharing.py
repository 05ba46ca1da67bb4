"""Use the embedded servers together with whoever else uses them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from courier_crm.embedded.errors import EmbeddedError
from courier_crm.embedded.keeper import FAILED, READY, State
from courier_crm.embedded.keys import local_key
from courier_crm.embedded.locks import FileLock
from courier_crm.embedded.places import PROJECT_DIR, Endpoints, endpoints
from courier_crm.embedded.servers import tail

KEEPER_START_SECONDS = 10.0


@contextmanager
def running() -> Iterator[Endpoints]:
    """Have PostgreSQL and Redis up inside the block: started or shared; the last to leave stops them.

    May be nested, and entered by any number of processes at once. Raises EmbeddedError when they cannot run.
    """
    places = endpoints()
    users = _join(places)
    try:
        yield places
    finally:
        _leave(places, users)


def _join(places: Endpoints) -> FileLock:
    users = FileLock(places.local_dir / "users.lock")
    try:
        # Root's servers run as another account, which passes through here; each secret in it is closed.
        places.local_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        for key_file in (places.master_key_file, places.secret_key_file):
            local_key(key_file)
        with FileLock(places.local_dir / "start.lock"):
            users.acquire(shared=True)
            keeper = FileLock(places.local_dir / "keeper.lock")
            if not keeper.is_held():
                _start_keeper(places)
                sys.stderr.write(_wait_until_ready(places, keeper))
            else:
                _wait_until_ready(places, keeper)
    except OSError as error:
        users.release()
        raise EmbeddedError(
            f"cannot write to {error.filename or places.local_dir} ({error.strerror})."
            " Set CRM_LOCAL_DIR to a folder that you may write to."
        ) from None
    except BaseException:
        users.release()
        raise
    return users


def _start_keeper(places: Endpoints) -> None:
    State.file(places.local_dir).unlink(missing_ok=True)
    with (places.local_dir / "keeper.log").open("wb") as log:
        subprocess.run(
            [sys.executable, "-m", "courier_crm.embedded"],
            cwd=PROJECT_DIR,
            env=os.environ | {"CRM_LOCAL_DIR": str(places.local_dir)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=True,
        )


def _wait_until_ready(places: Endpoints, keeper: FileLock) -> str:
    """Wait for the keeper's word and return what people should know; give up when it died, not when slow."""
    deadline = time.monotonic() + KEEPER_START_SECONDS
    while True:
        state = State.read(places.local_dir)
        if state is not None and state.phase == READY:
            return state.message
        if state is not None and state.phase == FAILED:
            raise _as_said(state.message)
        if not keeper.is_held() and (state is not None or time.monotonic() > deadline):
            raise EmbeddedError(f"the servers could not be started:\n{tail(places.local_dir / 'keeper.log')}")
        time.sleep(0.02)


def _as_said(message: str) -> EmbeddedError:
    return EmbeddedError(message.removeprefix("Embedded mode: "))


def _leave(places: Endpoints, users: FileLock) -> None:
    """Stop the servers if nobody else uses them. Should this be cut short, the keeper does it."""
    users.release()
    with FileLock(places.local_dir / "start.lock"):
        others = FileLock(places.local_dir / "users.lock")
        if not others.acquire(wait=False):
            return
        state = State.read(places.local_dir)
        keeper = FileLock(places.local_dir / "keeper.lock")
        if state is not None and keeper.is_held():
            with suppress(ProcessLookupError):
                os.kill(state.pid, signal.SIGTERM)
            keeper.acquire()
            keeper.release()
        others.release()
