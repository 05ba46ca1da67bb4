import errno
import os
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.imports.enums import Encoding
from core.imports.kinds import kind_of, labels
from core.imports.models import ImportBatch
from core.imports.presets import NO_PRESET, names, preset_of
from core.imports.results import result_file
from core.imports.services import NothingToImport, mapping_of, receive_file, start_check, start_import
from core.jobs.enums import BackgroundState
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
from core.tenancy.commands import add_tenant_argument, tenant_named
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope

PAUSE_SECONDS = 0.5


@contextmanager
def _target(path: Path | None) -> Iterator[BinaryIO | None]:
    """Give a file that becomes `path` at the end and leaves what is there alone if anything fails; None for None.

    Made before the import starts, so that a place that cannot be written to stops it.
    """
    if path is None:
        yield None
        return
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    # Devices and pipes are written to as they are.
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("wb") as stream:
            yield stream
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class Command(BaseCommand):
    help = "Bring a CSV or Excel file of records into a tenant, as the pages do; each refused row gets a reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(labels()))
        parser.add_argument("file", type=Path, nargs="?")
        add_tenant_argument(parser)
        parser.add_argument("--by", metavar="EMAIL", help="who brings it in, and needs the permission")
        parser.add_argument("--fields", action="store_true", help="only list the fields that columns may hold")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            dest="pairs",
            help="the column that holds a field, or none to leave the field out; others are found out",
        )
        parser.add_argument(
            "--preset",
            choices=[*names(), NO_PRESET],
            help="the system that the file is an export of, or none; found out unless it is given",
        )
        parser.add_argument("--encoding", choices=Encoding.values, default="", help="found out unless it is given")
        parser.add_argument("--skip-alike", action="store_true", help="leave out rows that may be there already")
        parser.add_argument(
            "--check", action="store_true", help="change nothing, only say what would become of each row"
        )
        parser.add_argument("--result", type=Path, help="write what became of every row into this CSV file")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        if options["fields"]:
            self._list_fields(tenant, options["kind"])
            return
        if options["file"] is None or options["by"] is None:
            raise CommandError(_("A file and --by are needed, or --fields."))
        refusal = None
        try:
            with _target(options["result"]) as target:
                batch = self._check(tenant, options)
                if not options["check"]:
                    refusal = self._go_on(tenant, batch, options)
                if target:
                    with tenant_scope(tenant):
                        target.writelines(result_file(batch, get_language()))
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except DomainError as error:
            raise CommandError(str(error)) from None
        self._tell(batch)
        if refusal:
            raise CommandError(refusal)

    def _tell(self, batch: ImportBatch) -> None:
        if batch.preset:
            self.stdout.write(f"preset: {batch.preset}")
        for status, count in sorted(batch.counts.items()):
            self.stdout.write(f"{status}: {count}")
        if batch.warned:
            self.stdout.write(f"warned: {batch.warned}")
        if left_out := [column for column, name in zip(batch.columns, batch.mapping, strict=True) if not name]:
            self.stdout.write(f"left out: {', '.join(left_out)}")

    def _list_fields(self, tenant: Tenant, kind: str) -> None:
        with tenant_scope(tenant):
            for field in kind_of(kind).fields():
                needed = f" ({_('required')})" if field.is_required else ""
                self.stdout.write(f"{field.name}: {field.label}{needed}")

    def _check(self, tenant: Tenant, options: dict[str, Any]) -> ImportBatch:
        with tenant_scope(tenant):
            by = self._person(options)
            with options["file"].open("rb") as stream:
                batch = receive_file(
                    kind=kind_of(options["kind"]),
                    stream=stream,
                    size=options["file"].stat().st_size,
                    file_name=options["file"].name,
                    encoding=options["encoding"],
                    by=by,
                    at=timezone.now(),
                )
            self._choose_preset(batch, options["preset"])
            mapping = self._mapping(batch, options["pairs"])
            job = start_check(batch=batch, mapping=mapping, preset=batch.preset, by=by, at=timezone.now())
        self._wait_for(tenant, job)
        with tenant_scope(tenant):
            batch.refresh_from_db()
        return batch

    def _go_on(self, tenant: Tenant, batch: ImportBatch, options: dict[str, Any]) -> str:
        """Import what was checked; return why nothing of it could be."""
        with tenant_scope(tenant):
            facts = {"skips_alike": options["skip_alike"], "by": self._person(options), "at": timezone.now()}
            try:
                job = start_import(batch=batch, **facts)
            except NothingToImport as error:
                return str(error)
        self._wait_for(tenant, job)
        with tenant_scope(tenant):
            batch.refresh_from_db()
        return ""

    @staticmethod
    def _person(options: dict[str, Any]) -> User:
        by = User.objects.filter(email=options["by"].lower(), is_active=True).first()
        if by is None:
            raise CommandError(_("Nobody who works here has the e-mail address %s.") % options["by"])
        return by

    @staticmethod
    def _choose_preset(batch: ImportBatch, asked: str | None) -> None:
        if asked is None:
            return
        if asked != NO_PRESET and preset_of(batch.kind, asked) is None:
            raise CommandError(_("There is no preset %(preset)s for %(kind)s.") % {"preset": asked, "kind": batch.kind})
        batch.preset = "" if asked == NO_PRESET else asked
        batch.mapping = mapping_of(batch, batch.preset)

    @staticmethod
    def _mapping(batch: ImportBatch, pairs: list[str]) -> list[str]:
        mapping = list(batch.mapping)
        fields = [field.name for field in kind_of(batch.kind).fields()]
        for pair in pairs:
            field, separator, column = pair.partition("=")
            if not separator:
                raise CommandError(_("--map takes FIELD=COLUMN: %s") % pair)
            if field not in fields:
                facts = {"field": field, "fields": ", ".join(fields)}
                raise CommandError(_("There is no field %(field)s; there are %(fields)s.") % facts)
            if column and column not in batch.columns:
                raise CommandError(_("The file has no column %s.") % column)
            mapping = ["" if each == field else each for each in mapping]
            if column:
                mapping[batch.columns.index(column)] = field
        return mapping

    @staticmethod
    def _wait_for(tenant: Tenant, job: BackgroundJob) -> None:
        """Do the job here, unless a worker is at it already, and wait for its end."""
        while job.is_unfinished:
            perform_job(tenant_id=tenant.pk, job_id=job.pk, now=timezone.now)
            with tenant_scope(tenant):
                job.refresh_from_db()
            if job.is_unfinished:
                time.sleep(PAUSE_SECONDS)
        if job.state != BackgroundState.DONE:
            raise CommandError(job.error or str(job.get_state_display()))
