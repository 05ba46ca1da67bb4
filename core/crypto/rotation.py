"""A new root key for a tenant, and everything re-encrypted under it while the system serves.

From the moment the new version is there, every transaction writes under it, so what is left under an old one only
grows less. Rows are taken in chunks, in the order of their ids, one transaction each; a row that somebody else holds
is left for the next round, so the rotation waits for nobody while it holds rows itself. What is done is seen in the
rows, so a rotation that was killed is taken up by starting it again.
"""

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.db import connection, models

from core.crypto import keys
from core.crypto.fields import (
    EncryptedBinaryField,
    EncryptedField,
    decrypt_bytes,
    encrypt_bytes,
    encrypted_fields,
    version_of,
)
from core.tenancy.models import Tenant, TenantModel
from core.tenancy.scope import alone, required_tenant_id, tenant_scope

CHUNK = 200
ROUNDS = 200
ROUND_PAUSE_SECONDS = 0.5
# A part of a file is as much work as so many names.
FILE_WEIGHT = 20

log = structlog.get_logger(__name__)


class RotationUnfinished(RuntimeError):
    """Rows are left under the old key, because somebody held them all the time. Start the rotation again."""


@dataclass(frozen=True, kw_only=True)
class TokenIndex:
    """A table of keyed tokens: `reindex(ids)` makes those of these owners anew; `owner` is the field that names them.

    Who writes tokens holds the owner's row; the table has a column `key_version`.
    """

    model: type[TenantModel]
    owner: str
    owner_model: type[TenantModel]
    reindex: Callable[[Iterable[uuid.UUID]], None]


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """What one rotation did: values re-encrypted, owners whose tokens were made anew, and the versions destroyed."""

    version: int
    resumed: bool
    values: int
    indexed: int
    proof: dict[str, int]
    destroyed: list[int]


_indexes: dict[type[TenantModel], TokenIndex] = {}


def register_tokens(index: TokenIndex) -> None:
    """Have a table of tokens follow the rotation; rooms do so in AppConfig.ready()."""
    _indexes[index.model] = index


def delete_tokens() -> int:
    """Delete every token of the active tenant; return how many there were."""
    return sum(index.model.objects.all()._raw_delete(index.model.objects.db) for index in _indexes.values())


def rotate_keys(*, tenant: Tenant, at: datetime, chunk: int = CHUNK, say: Callable[[str], None] = log.info) -> Rotation:
    """Give the tenant a new root key, re-encrypt everything under it, and destroy the old one; no scope may be open.

    Takes up a rotation that did not come to its end. Raises RotationUnfinished, KeyUnavailable or TenantBusy.
    """
    version, resumed = alone(tenant, lambda: _begin(tenant, at))
    say(f"version {version}, {'taken up again' if resumed else 'begun'}")
    values = indexed = 0
    for _round in range(ROUNDS):
        for model, fields in encrypted_fields():
            size = max(1, chunk // FILE_WEIGHT) if _holds_files(fields) else chunk
            values += _in_chunks(tenant, partial(_encrypt_chunk, model, fields, version, size))
        for index in _indexes.values():
            indexed += _in_chunks(tenant, partial(_index_chunk, index, version, chunk))
        with tenant_scope(tenant):
            proof = rows_left(version)
        say(f"{values} values, {indexed} of the search index; {sum(proof.values())} rows left")
        if not any(proof.values()):
            break
        time.sleep(ROUND_PAUSE_SECONDS)
    else:
        raise RotationUnfinished(f"Left on an old key: {proof}. Start the rotation again.")
    # Nobody writes under an old version any more, so the proof stays true. Alone, because somebody may still hold a
    # value that he read before it was renewed and has not opened yet.
    destroyed = alone(tenant, partial(keys.destroy_root_keys, below=version, at=at))
    log.info("keys.rotated", tenant=str(tenant.pk), version=version, values=values, indexed=indexed)
    return Rotation(version=version, resumed=resumed, values=values, indexed=indexed, proof=proof, destroyed=destroyed)


def rows_left(version: int) -> dict[str, int]:
    """Count, for every encrypted field and table of tokens, the active tenant's rows that are not on this version."""
    tenant_id = required_tenant_id()
    left: dict[str, int] = {}
    with connection.cursor() as cursor:
        for model, fields in encrypted_fields():
            for field in fields:
                cursor.execute(
                    f"select count(*) from {_table(model)} where tenant_id = %s and {_is_old(field)}",  # noqa: S608
                    [tenant_id, _stored(version)],
                )
                left[str(field)] = cursor.fetchone()[0]
    for index in _indexes.values():
        left[index.model._meta.label] = index.model.objects.exclude(key_version=version).count()
    return left


def _begin(tenant: Tenant, at: datetime) -> tuple[int, bool]:
    """Return the version to rotate to, and whether it was there already."""
    live = keys.versions(tenant.pk)
    if len(live) > 1:
        return live[0], True
    return keys.create_root_key(tenant=tenant, at=at).version, False


def _in_chunks(tenant: Tenant, step: Callable[[uuid.UUID | None], tuple[int, uuid.UUID | None]]) -> int:
    """Call `step(after)`, each time in a transaction of its own, until it returns no place to go on from."""
    done, after = 0, None
    while True:
        with tenant_scope(tenant):
            changed, after = step(after)
        done += changed
        if after is None:
            return done


def _encrypt_chunk(
    model: type[models.Model], fields: list[EncryptedField], version: int, size: int, after: uuid.UUID | None
) -> tuple[int, uuid.UUID | None]:
    """Re-encrypt the next rows that have a value under an old version."""
    tenant_id, old = required_tenant_id(), " or ".join(_is_old(field) for field in fields)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select id, {columns} from {_table(model)} where tenant_id = %s and id > %s and ({old})"  # noqa: S608
            " order by id limit %s for no key update skip locked",
            [tenant_id, after or uuid.UUID(int=0), *[_stored(version)] * len(fields), size],
        )
        rows = cursor.fetchall()
        if not rows:
            return 0, None
        ids, *stored = zip(*rows, strict=True)
        renewed = [
            [_renewed(value, field, row_id, version) for row_id, value in zip(ids, values, strict=True)]
            for field, values in zip(fields, stored, strict=True)
        ]
        changed = sum(
            new is not None and new != bytes(old)
            for column, values in zip(renewed, stored, strict=True)
            for new, old in zip(column, values, strict=True)
        )
        names = ", ".join(f"n{place}" for place in range(len(fields)))
        arrays = ", ".join("%s::bytea[]" for _field in fields)
        sets = ", ".join(
            f"{connection.ops.quote_name(field.column)} = n.n{place}" for place, field in enumerate(fields)
        )
        cursor.execute(
            f"update {_table(model)} t set {sets} from unnest(%s::uuid[], {arrays}) as n(id, {names})"  # noqa: S608
            " where t.tenant_id = %s and t.id = n.id",
            [list(ids), *renewed, tenant_id],
        )
    return changed, ids[-1]


def _renewed(value: Any, field: EncryptedField, row_id: uuid.UUID, version: int) -> bytes | None:
    if value is None or version_of(stored := bytes(value)) == version:
        return value if value is None else stored
    place = {
        "tenant_id": required_tenant_id(),
        "table": field.model._meta.db_table,
        "column": field.column,
        "row_id": row_id,
    }
    return bytes(encrypt_bytes(decrypt_bytes(stored, **place), **place))


def _index_chunk(index: TokenIndex, version: int, size: int, after: uuid.UUID | None) -> tuple[int, uuid.UUID | None]:
    """Make the tokens of the next owners anew that have one under an old version."""
    old = index.model.objects.exclude(key_version=version)
    if after is not None:
        old = old.filter(**{f"{index.owner}__gt": after})
    owners = list(old.order_by(index.owner).values_list(index.owner, flat=True).distinct()[:size])
    if not owners:
        return 0, None
    held = index.owner_model.objects.filter(pk__in=owners).order_by("pk")
    ids = list(held.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    index.reindex(ids)
    return len(ids), owners[-1]


def _holds_files(fields: Iterable[EncryptedField]) -> bool:
    return any(isinstance(field, EncryptedBinaryField) for field in fields)


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _is_old(field: EncryptedField) -> str:
    """Say in SQL that a value is there and not of the version given as two bytes."""
    return f"substring({connection.ops.quote_name(field.column)} from 2 for 2) <> %s"


def _stored(version: int) -> Any:
    return connection.Database.Binary(version.to_bytes(2))
