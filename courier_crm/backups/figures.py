"""What a database holds, in figures that a restored copy of it must show again."""

import hmac
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from django.db import connection, connections, transaction

from core.audit.sealing import verify_trail
from core.crypto import keys
from core.crypto.fields import EncryptedField, Undecryptable, decrypt_bytes, encrypted_fields
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from courier_crm.backups.databases import OWNER, TABLES_LEFT_EMPTY

# The newest values of each encrypted field, in each tenant.
SAMPLE = 3
UNREADABLE = "damaged"


@dataclass(frozen=True)
class Figures:
    """Rows by table; each tenant's audit chain as its head and what is wrong with it; a decrypted sample.

    The sample is SHA-256 of clear values under the tenant's own key for unique values: who holds a backup and its key,
    but not the master key, can try no telephone numbers on it.
    """

    rows: dict[str, int]
    trails: dict[str, list[str]]
    sample: dict[str, str]

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Self:
        return cls(**facts)

    def as_facts(self) -> dict[str, Any]:
        return asdict(self)

    def differences(self, other: Self) -> list[str]:
        """Say in words, without any value, where another database shows other figures."""
        return [
            f"{title} {name}: {mine.get(name, 'nothing')} in the backup, {theirs.get(name, 'nothing')} restored"
            for title, mine, theirs in (
                ("rows of", self.rows, other.rows),
                ("audit trail of", self.trails, other.trails),
                ("decrypted sample", self.sample, other.sample),
            )
            for name in sorted({*mine, *theirs})
            if mine.get(name) != theirs.get(name)
        ]


def read_figures(*, at: datetime, snapshot: str = "") -> Figures:
    """Return the figures of the database that the connections lead to, as it is now or in an exported snapshot.

    `at` is when the backup was made: events of the trail may have waited for their seals then. No scope may be open.
    Raises KeyUnavailable when the master key does not open an active tenant's keys.
    """
    trails, sample = {}, {}
    with _seeing(snapshot):
        tenants = list(Tenant.objects.order_by("slug"))
    for tenant in tenants:
        # A transaction for each: nobody can be alone with a tenant as long as its own lasts.
        with _seeing(snapshot), tenant_scope(tenant):
            trail = verify_trail(at=at)
            trails[tenant.slug] = [trail.head, *(f"{each.problem} {each.event_id}" for each in trail.findings)]
            if tenant.is_active:
                sample |= dict(_sample_of(tenant))
    with _seeing(snapshot, OWNER):
        rows = _rows()
    return Figures(rows, trails, sample)


@contextmanager
def _seeing(snapshot: str, alias: str = "default") -> Iterator[None]:
    with transaction.atomic(using=alias, durable=True):
        if snapshot:
            with connections[alias].cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
                cursor.execute("set transaction snapshot %s", [snapshot])
        yield


def _rows() -> dict[str, int]:
    with connections[OWNER].cursor() as cursor:
        tables = set(connections[OWNER].introspection.table_names(cursor)) - set(TABLES_LEFT_EMPTY)
        counts = {}
        for table in sorted(tables):
            cursor.execute(f"select count(*) from {connection.ops.quote_name(table)}")  # noqa: S608  our own tables
            counts[table] = cursor.fetchone()[0]
    return counts


def _sample_of(tenant: Tenant) -> Iterator[tuple[str, str]]:
    key = keys.index_key(tenant.pk, "unique", max(keys.versions(tenant.pk)))
    for fields in encrypted_fields().values():
        for field in fields:
            for row_id, value in _newest_values(field, tenant.pk):
                yield (
                    f"{field.model._meta.db_table}.{field.column} {row_id}",
                    _print_of(field, value, row_id, tenant, key),
                )


def _newest_values(field: EncryptedField, tenant_id: uuid.UUID) -> list[tuple[uuid.UUID, bytes]]:
    table, column = connection.ops.quote_name(field.model._meta.db_table), connection.ops.quote_name(field.column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select id, {column} from {table} where tenant_id = %s and {column} is not null"  # noqa: S608  our own
            " order by id desc limit %s",
            [tenant_id, SAMPLE],
        )
        return [(row_id, bytes(value)) for row_id, value in cursor.fetchall()]


def _print_of(field: EncryptedField, value: bytes, row_id: uuid.UUID, tenant: Tenant, key: bytes) -> str:
    place = {"table": field.model._meta.db_table, "column": field.column, "row_id": row_id}
    try:
        content = decrypt_bytes(value, tenant_id=tenant.pk, **place)
    except Undecryptable:
        return UNREADABLE
    return hmac.digest(key, content, "sha256").hex()
