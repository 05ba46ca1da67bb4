"""Making, proving and restoring backups.

A file holds, encrypted, one line of JSON with the figures of the database, then pg_dump's archive of the same snapshot.
A copy is always restored into a database of its own, whose figures must agree, so nothing that serves is written to.
"""

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from core.audit.erasures import Replay, replay_log
from courier_crm.backups import databases
from courier_crm.backups.errors import BackupRefused
from courier_crm.backups.figures import Figures, read_figures
from courier_crm.backups.sealed import SealedWriter, opened

MOST_NAMED = 10


@dataclass(frozen=True)
class Contents:
    """What a backup says of itself: when it was made, by a release with which migrations, of what."""

    made_at: datetime
    migrations: list[str]
    figures: Figures

    def as_line(self) -> bytes:
        facts = {
            "made_at": self.made_at.isoformat(),
            "migrations": self.migrations,
            "figures": self.figures.as_facts(),
        }
        return json.dumps(facts, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> "Contents":
        facts: dict[str, Any] = json.loads(line)
        return cls(datetime.fromisoformat(facts["made_at"]), facts["migrations"], Figures.of(facts["figures"]))


def make_backup(*, path: Path, key: bytes, is_checked: bool = True, at: datetime) -> Contents:
    """Write a backup of the database, prove it by restoring it unless told not to, and give it its name at the end.

    Raises BackupRefused, and leaves no file then; KeyUnavailable where the master key does not open a tenant's keys.
    """
    databases.database_name()
    _refuse_missing_migrations()
    if path.exists():
        raise BackupRefused(f"{path} is there already: a backup never replaces another.")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        contents = _write(draft, key, at)
        if is_checked:
            check_backup(path=draft, key=key)
        draft.replace(path)
    except OSError as error:
        raise BackupRefused(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return contents


def check_backup(*, path: Path, key: bytes) -> Contents:
    """Restore a backup into a throw-away database and compare rows, audit chains and a decrypted sample.

    Raises BackupRefused, saying what does not agree; KeyUnavailable.
    """
    contents = _read_whole(path, key)
    with _restored(f"{databases.database_name()}_check_{secrets.token_hex(4)}", path, key, contents) as name:
        databases.drop_database(name)
    return contents


def restore_backup(
    *, path: Path, key: bytes, into: str = "", erasures: Iterable[str], at: datetime
) -> tuple[Contents, str, Replay]:
    """Restore a backup into a new database, prove it, and do there again what the log says was erased since.

    Returns its name, `into` or else the present one's with "_restored". Raises BackupRefused, BadErasureLog,
    KeyUnavailable or TenantBusy, and leaves no such database then.
    """
    name = into or f"{databases.database_name()}_restored"
    contents = _read_whole(path, key)
    with _restored(name, path, key, contents), databases.working_on(name):
        return contents, name, replay_log(erasures, at=at)


def put_in_place(*, name: str, at: datetime) -> str:
    """Give a restored database the name of the present one, which is kept; return what that is called now.

    Raises BackupRefused while anybody is connected to either.
    """
    present = databases.database_name()
    aside = f"{present}_before_{at:%Y%m%d%H%M%S}"
    databases.replace_database(present, by=name, aside=aside)
    return aside


@contextmanager
def _restored(name: str, path: Path, key: bytes, contents: Contents) -> Iterator[str]:
    """Have a new database hold the backup, with its figures compared; it goes where the block, too, raises."""
    databases.create_database(name)
    try:
        with path.open("rb") as file:
            stream = opened(file, key)
            _line, rest = _begin(stream)
            databases.load(name, chain([rest], stream))
        with databases.working_on(name):
            found = read_figures(at=contents.made_at)
        _refuse_differences(contents.figures.differences(found))
        yield name
    except BaseException:
        databases.drop_database(name)
        raise


def _refuse_differences(differences: list[str]) -> None:
    if differences:
        raise BackupRefused(
            f"The restored copy does not agree with the backup: {'; '.join(differences[:MOST_NAMED])}."
            " Make another backup, or take the one before."
        )


def _write(draft: Path, key: bytes, at: datetime) -> Contents:
    with databases.exported_snapshot() as snapshot:
        contents = Contents(at, _migrations(), read_figures(at=at, snapshot=snapshot))
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            writer = SealedWriter(file, key)
            writer.write(contents.as_line())
            for content in databases.dump(snapshot=snapshot):
                writer.write(content)
            writer.close()
            file.flush()
            os.fsync(file.fileno())
    return contents


def _read_whole(path: Path, key: bytes) -> Contents:
    """Authenticate the whole file before anything is done with it. Raises BackupRefused."""
    try:
        with path.open("rb") as file:
            stream = opened(file, key)
            line, _rest = _begin(stream)
            for _chunk in stream:
                pass
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}.") from error
    contents = Contents.of(line)
    if contents.migrations != _migrations():
        odd = sorted({*contents.migrations} ^ {*_migrations()})
        raise BackupRefused(
            f"The backup was made by another release ({', '.join(odd[:MOST_NAMED])}): restore it with that one, then"
            " update and run manage.py migrate."
        )
    return contents


def _begin(stream: Iterator[bytes]) -> tuple[bytes, bytes]:
    """Read the line of contents; return it and the first bytes of the archive behind it."""
    read = b""
    while b"\n" not in read:
        read += next(stream)
    line, _end, rest = read.partition(b"\n")
    return line, rest


def _migrations() -> list[str]:
    return sorted(".".join(name) for name in MigrationLoader(None).disk_migrations)


def _refuse_missing_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise BackupRefused(
            "The database is not at this release's migrations: make the backup with the release that runs on it, or"
            " run manage.py migrate first."
        )
