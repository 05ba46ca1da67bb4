"""Files of shipments: received and kept until their columns are known, imported, and remembered."""

import gzip
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import current_tenant, tenant_scope
from shipments.ingest import ImportResult, Outline, import_shipments, outline
from shipments.models import ImportRun
from shipments.results import pack

LARGEST_FILE = 20 * 1024 * 1024
FORGOTTEN_AFTER = timedelta(days=7)


class FileTooLarge(DomainError):
    code = "file_too_large"
    message = _("The file is larger than 20 MB. Split it, or use the command import_shipments on the server.")


class AlreadyImported(DomainError):
    code = "already_imported"
    message = _("This file is imported already.")


@transaction.atomic
def receive_file(*, content: bytes, file_name: str, by: User, at: datetime) -> ImportRun:
    """Keep a file until somebody says which column is which; files that nobody came back to are dropped.

    Raises FileTooLarge, WrongEncoding, NotText, UnreadableFile, WrongSeparator or EmptyFile.
    """
    if len(content) > LARGEST_FILE:
        raise FileTooLarge
    outline(io.BytesIO(content))
    ImportRun.objects.filter(started_at=None, received_at__lt=at - FORGOTTEN_AFTER).delete()
    return ImportRun.objects.create(
        file_name=_shown(file_name), received_by=by, received_at=at, content=gzip.compress(content, mtime=0)
    )


def outline_of(run: ImportRun) -> Outline:
    """Return what a file that waits for its import holds."""
    return outline(_stream(run))


@transaction.atomic
def import_received(*, run: ImportRun, mapping: Mapping[str, str], at: datetime) -> ImportRun:
    """Import a file that was received, all of it or, if this process dies, nothing.

    Raises AlreadyImported, MissingColumns or UnknownMapping.
    """
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.is_finished:
        raise AlreadyImported
    result = import_shipments(stream=_stream(run), tenant=current_tenant(), by=run.received_by, at=at, mapping=mapping)
    run.started_at = at
    _finish(run, result, at)
    return run


def import_file(
    *, stream: BinaryIO, tenant: Tenant, file_name: str, by: User | None, at: datetime, mapping: Mapping[str, str]
) -> ImportResult:
    """Import a seekable file chunk by chunk; a run that is stopped half-way stays unfinished in the list.

    Raises what import_shipments raises, and leaves no run then.
    """
    with tenant_scope(tenant):
        run = ImportRun.objects.create(file_name=_shown(file_name), received_by=by, received_at=at, started_at=at)
    try:
        result = import_shipments(stream=stream, tenant=tenant, by=by, at=at, mapping=mapping)
    except DomainError:
        with tenant_scope(tenant):
            run.delete()
        raise
    with tenant_scope(tenant):
        _finish(run, result, at)
    return result


def _finish(run: ImportRun, result: ImportResult, at: datetime) -> None:
    run.is_finished = True
    run.content = None
    run.created, run.updated, run.unchanged = result.created, result.updated, result.unchanged
    run.failed, run.warned = result.failed, result.warned
    run.result, run.problems = pack(result.outcomes)
    run.save()
    counts = {"created": run.created, "updated": run.updated, "failed": run.failed}
    record("shipments.imported", subject=run, by=run.received_by, at=at, details={"file": run.file_name, **counts})


def _stream(run: ImportRun) -> BinaryIO:
    return io.BytesIO(gzip.decompress(run.content))


def _shown(file_name: str) -> str:
    return "".join(letter for letter in file_name if letter.isprintable())[:200]


def erase_files() -> dict[str, int]:
    """Remove every imported file and its result of the active tenant; return how many there were."""
    runs = ImportRun.objects.exclude(content=None, result=None, problems=[])
    return {"imports": runs.update(content=None, result=None, problems=[])}
