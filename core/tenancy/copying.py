"""Many rows at once: COPY into a temporary table, from where one statement takes them.

COPY straight into a table is refused where row-level security is on; a statement from a temporary table is held to
it, and is the quickest way there is.
"""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def incoming(
    table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, texts: Collection[str] = ()
) -> Iterator[str]:
    """Give the name of a temporary table with these columns of `table` and these rows in it, to the end of the block.

    A value is None, or what PostgreSQL reads as the column's type; bytes are given by `as_bytea`. Columns among
    `texts` hold "" where others hold null.
    """
    name = f"incoming_{table}"
    listed = ", ".join(columns)
    forced = f", force_not_null ({', '.join(texts)})" if texts else ""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.execute(
            f"create temp table {name} on commit drop as select {listed} from {table} with no data"  # noqa: S608
        )
        cursor.copy_expert(f"copy {name} ({listed}) from stdin with (format csv{forced})", buffer)
        yield name
        cursor.execute(f"drop table {name}")


def as_bytea(value: bytes) -> str:
    """Return bytes as PostgreSQL reads them from text."""
    return "\\x" + value.hex()
