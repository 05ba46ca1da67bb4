"""Many rows at once: COPY into a temporary table, from where one statement takes them.

COPY straight into a table is refused where row-level security is on; a statement from a temporary table is held to
it, and is the quickest way there is.
"""

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from core.tenancy.scope import required_tenant_id


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


def as_array(texts: Iterable[str]) -> str:
    """Return texts as PostgreSQL reads an array of them."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


def rewrite(rows: Sequence[models.Model], names: Collection[str]) -> None:
    """Write these fields of rows of one model as they stand in memory, in one statement; the caller holds the rows.

    Moments, numbers, texts, arrays of texts, JSON, references and what is encrypted can be written.
    """
    if not rows:
        return
    model = type(rows[0])
    fields = [model._meta.get_field(name) for name in sorted(names)]
    columns = [field.column for field in fields]
    texts = [field.column for field in fields if isinstance(field, models.CharField) and not field.null]
    values = ([str(row.pk), *(_as_text(field, row) for field in fields)] for row in rows)
    table = model._meta.db_table
    replacing = ", ".join(f"{column} = i.{column}" for column in columns)
    with incoming(table, ("id", *columns), values, texts=texts) as source, connection.cursor() as cursor:
        cursor.execute(
            f"update {table} t set {replacing} from {source} i where t.tenant_id = %s and t.id = i.id",  # noqa: S608
            [required_tenant_id()],
        )


def _as_text(field: models.Field, row: models.Model) -> Any:
    value = field.pre_save(row, False)
    if value is None:
        return None
    if isinstance(value, bytes):
        return as_bytea(value)
    if isinstance(field, ArrayField):
        return as_array(value)
    return json.dumps(value) if isinstance(field, models.JSONField) else value
