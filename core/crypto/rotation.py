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
from core.crypto.errors import KeyUnavailable
from core.crypto.fields import (
    BlindIndexField,
    EncryptedBinaryField,
    EncryptedField,
    Undecryptable,
    blind_indexes,
    decrypt,
    decrypt_bytes,
    encrypt_bytes,
    encrypted_fields,
    fingerprint_of,
    version_of,
)
from core.tenancy.models import Tenant, TenantModel
from core.tenancy.scope import alone, required_tenant_id, tenant_scope

CHUNK = 200
ROUNDS = 200
ROUND_PAUSE_SECONDS = 0.5
MOST_NAMED = 20
# A part of a file is as much work as so many names.
FILE_WEIGHT = 20

log = structlog.get_logger(__name__)


class RotationUnfinished(RuntimeError):
    """Rows are left under the old key: somebody held them all the time, or they do not open, and are named."""


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
        damaged: set[str] = set()
        for model in encrypted_fields():
            values += _in_chunks(tenant, partial(_encrypt_chunk, model, version, chunk, damaged))
        for index in _indexes.values():
            indexed += _in_chunks(tenant, partial(_index_chunk, index, version, chunk))
        with tenant_scope(tenant):
            proof = rows_left(version)
        say(f"{values} values, {indexed} of the search index; {sum(proof.values())} rows left")
        if not any(proof.values()):
            break
        if sum(proof.values()) == len(damaged):
            raise RotationUnfinished(
                f"{len(damaged)} values do not open, so the old key stays: {', '.join(sorted(damaged)[:MOST_NAMED])}."
                " Restore these from a backup, or empty them, and start the rotation again."
            )
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
        for model, fields in encrypted_fields().items():
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
    model: type[models.Model], version: int, chunk: int, damaged: set[str], after: uuid.UUID | None
) -> tuple[int, uuid.UUID | None]:
    """Re-encrypt the next rows that have a value under an old version; those that do not open stay, and are named."""
    fields = encrypted_fields()[model]
    size = max(1, chunk // FILE_WEIGHT) if _holds_files(fields) else chunk
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
        renewed, changed = [], 0
        for row_id, *values in rows:
            row = [
                _renewed(value, field, row_id, version, damaged) for value, field in zip(values, fields, strict=True)
            ]
            changed += sum(new is not None and new != bytes(old) for new, old in zip(row, values, strict=True))
            opened = dict(zip((field.name for field in fields), row, strict=True))
            prints = [_fingerprint(each, opened[each.of], row_id) for each in blind_indexes(model)]
            renewed.append([row_id, *row, *prints])
        targets = [*((field.column, "bytea") for field in fields)]
        targets += [(each.column, "bigint") for each in blind_indexes(model)]
        names = ", ".join(f"n{place}" for place in range(len(targets)))
        arrays = ", ".join(f"%s::{kind}[]" for _column, kind in targets)
        sets = ", ".join(
            f"{connection.ops.quote_name(column)} = n.n{place}" for place, (column, _kind) in enumerate(targets)
        )
        cursor.execute(
            f"update {_table(model)} t set {sets} from unnest(%s::uuid[], {arrays}) as n(id, {names})"  # noqa: S608
            " where t.tenant_id = %s and t.id = n.id",
            [*map(list, zip(*renewed, strict=True)), tenant_id],
        )
    return changed, rows[-1][0]


def _renewed(value: Any, field: EncryptedField, row_id: uuid.UUID, version: int, damaged: set[str]) -> bytes | None:
    if value is None or version_of(stored := bytes(value)) == version:
        return value if value is None else stored
    place = _place_of(field, row_id)
    try:
        return bytes(encrypt_bytes(decrypt_bytes(stored, **place), **place))
    except (Undecryptable, KeyUnavailable):
        # The keys are there; if this one is not, its number is damaged, too.
        damaged.add(f"{place['table']}.{place['column']} of row {row_id}")
        return stored


def _fingerprint(index: BlindIndexField, stored: bytes | None, row_id: uuid.UUID) -> int | None:
    """Return the fingerprint of a value that has just been renewed; of one that does not open there is none."""
    if stored is None:
        return None
    field = index.model._meta.get_field(index.of)
    try:
        return fingerprint_of(decrypt(stored, **_place_of(field, row_id)), tenant_id=required_tenant_id())
    except (Undecryptable, KeyUnavailable):
        return None


def _place_of(field: EncryptedField, row_id: uuid.UUID) -> dict[str, Any]:
    return {
        "tenant_id": required_tenant_id(),
        "table": field.model._meta.db_table,
        "column": field.column,
        "row_id": row_id,
    }


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
