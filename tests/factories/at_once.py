"""Several at a time: knowing that somebody waits for what another one holds."""

import time

import pytest
from django.db import connection


def wait_until_waiting(how_many: int, *, for_lock: str) -> None:
    """Return when so many others wait for a lock of this type ('advisory', or 'transactionid' for a row)."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Inside a transaction the activity would stay as it was when first asked for.
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute(
                "select count(*) from pg_locks l join pg_stat_activity a using (pid)"
                " where not l.granted and l.locktype = %s and a.datname = current_database()",
                [for_lock],
            )
            if cursor.fetchone()[0] == how_many:
                return
        time.sleep(0.02)
    pytest.fail(f"{how_many} should wait for a lock of type {for_lock}.")
