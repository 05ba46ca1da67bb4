"""Whom the servers run as: PostgreSQL refuses to run as root."""

import ctypes
import os
import pwd
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from courier_crm.embedded.errors import EmbeddedError

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Account:
    """An unprivileged account of this machine; `bypass` lets it pass folders that are closed to it."""

    uid: int
    gid: int
    name: str
    bypass: bool = False


def server_account(data_dir: Path) -> Account | None:
    """Return the account for the servers: None for the present one, unless that is root.

    As root it is the owner of the data folder, or `nobody` where there is none yet.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwuid(data_dir.stat().st_uid)
    except (FileNotFoundError, KeyError):
        entry = None
    if entry is None or entry.pw_uid == 0:
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            raise EmbeddedError(
                "PostgreSQL does not run as root, and this machine has no account `nobody` to run it as."
                " Start it as an ordinary user."
            ) from None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def with_access(
    account: Account | None, *, program: Path, files: Iterable[Path], folders: Iterable[Path]
) -> Account | None:
    """Return the account, with `bypass` where it could not otherwise run the program or reach these paths.

    A checkout in /root or in a folder of mode 0700 is such a case. Forks: call it in a process of one thread.
    """
    if account is None or _may_reach(account, program, files, folders):
        return account
    able = replace(account, bypass=True)
    if _may_reach(able, program, files, folders):
        return able
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and the account {account.name} cannot reach {program}"
        f" or {', '.join(map(str, folders))}."
        " Move the project to a folder open to all, or start it as an ordinary user."
    )


def before_exec(account: Account | None, *, ends_with: signal.Signals) -> Callable[[], None]:
    """Return what a child does before it becomes a server: change account, and die with its parent."""
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        if account is not None:
            _become(account, libc)
        if hasattr(libc, "prctl"):
            libc.prctl(PR_SET_PDEATHSIG, int(ends_with), 0, 0, 0)

    return prepare


def _become(account: Account, libc: ctypes.CDLL) -> None:
    os.setgroups([])
    if account.bypass:
        # Keep the capabilities through setuid, and let access(2), which PostgreSQL asks, heed them.
        _checked(libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
    os.setgid(account.gid)
    os.setuid(account.uid)
    if account.bypass:
        # An ambient capability survives exec; all the others are dropped here.
        bit = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        _checked(libc.capset(header, sets))
        _checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _may_reach(account: Account, program: Path, files: Iterable[Path], folders: Iterable[Path]) -> bool:
    # Tried for real: access(2) answers without regard to capabilities.
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        try:
            _become(account, libc)
            for folder in folders:
                os.chdir(folder)
            for file in files:
                os.close(os.open(file, os.O_RDONLY))
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.execv(program, [str(program), "--version"])  # noqa: S606
        except (OSError, AttributeError):
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0
