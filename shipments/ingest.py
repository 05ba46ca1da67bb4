"""Getting shipments in from a CSV file: read, check, write in chunks, and say what became of every row."""

from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO

from core.accounts.models import User
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from shipments.reading import ImportResult, Reading, header_of, require_utf8, text_of
from shipments.writing import write_chunk

CHUNK = 10_000


def import_shipments(
    *,
    stream: BinaryIO,
    tenant: Tenant,
    by: User | None,
    at: datetime,
    mapping: Mapping[str, str] | None = None,
    chunk: int = CHUNK,
) -> ImportResult:
    """Bring the shipments of a seekable CSV file in; `mapping` names the column of a field, "" to leave it out.

    Each chunk is one transaction, or a part of the caller's where the tenant's scope is open already. Columns
    that the file does not have leave stored values alone. Raises WrongEncoding, NotText, UnreadableFile,
    WrongSeparator, EmptyFile, MissingColumns or UnknownMapping before anything is written.
    """
    require_utf8(stream)
    with text_of(stream) as text:
        reading = Reading(text, header_of(text.readline()), tenant=tenant, mapping=mapping or {}, at=at)
        for rows in reading.chunks(chunk):
            with tenant_scope(tenant):
                write_chunk(rows, tenant_id=tenant.pk, present=reading.present, by=by, at=at)
    reading.warn_of_the_whole()
    return reading.result()
