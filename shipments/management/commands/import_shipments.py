import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from shipments.ingest import ImportResult, import_shipments

SPREADSHEET_FORMULAS = ("=", "+", "-", "@")


class Command(BaseCommand):
    help = "Bring the shipments of a CSV file into a tenant; each refused row gets a reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", required=True, help="the tenant's short name")
        parser.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN", dest="pairs")
        parser.add_argument("--result", type=Path, help="write what became of every row into this CSV file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = Tenant.objects.get(slug=options["tenant"])
        except Tenant.DoesNotExist:
            raise CommandError(_("There is no tenant “%s”.") % options["tenant"]) from None
        try:
            with options["file"].open("rb") as stream:
                result = import_shipments(
                    stream=stream,
                    tenant=tenant,
                    mapping=self._mapping(options["pairs"]),
                    by=None,
                    at=timezone.now(),
                )
            if options["result"]:
                _write_result(options["result"], result)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except DomainError as error:
            raise CommandError(str(error)) from None
        for name in ("created", "updated", "unchanged", "failed", "warned"):
            self.stdout.write(f"{name}: {getattr(result, name)}")

    @staticmethod
    def _mapping(pairs: list[str]) -> dict[str, str]:
        mapping: dict[str, str] = {}
        for pair in pairs:
            field, separator, column = pair.partition("=")
            if not separator or field in mapping:
                raise CommandError(_("--map takes FIELD=COLUMN, each field once: %s") % pair)
            mapping[field] = column
        return mapping


def _write_result(path: Path, result: ImportResult) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["line", "waybill_number", "status", "code", "reason"])
        for outcome in result.outcomes:
            # A spreadsheet would run a cell that begins like a formula.
            writer.writerow(
                ["'" + cell if cell.startswith(SPREADSHEET_FORMULAS) else cell for cell in outcome.as_cells()]
            )
