import csv
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.tenancy.commands import add_tenant_argument, tenant_named
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from shipments.scans import FIELDS, REQUIRED, ScanOutcome, record_scans

CHUNK = 5000


class Command(BaseCommand):
    help = "Bring the scans of a CSV file into the traces of a tenant's shipments; each refused row gets a reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help=f"CSV in UTF-8 with the columns {', '.join(FIELDS)}")
        add_tenant_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        try:
            outcomes = self._import(options["file"], tenant)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except (UnicodeDecodeError, csv.Error):
            raise CommandError(_("The file is not well-formed CSV in UTF-8.")) from None
        for outcome in outcomes:
            if outcome.status == "failed":
                self.stderr.write(": ".join(outcome.as_cells()))
        counts = Counter(outcome.status for outcome in outcomes)
        for name in ("created", "unchanged", "failed"):
            self.stdout.write(f"{name}: {counts[name]}")

    @staticmethod
    def _import(path: Path, tenant: Tenant) -> list[ScanOutcome]:
        """Read the file to its end before the first row is written, then write chunk by chunk."""
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True, restval="")
            missing = sorted(set(REQUIRED) - set(reader.fieldnames or ()))
            if missing:
                raise CommandError(_("The file lacks these columns: %s.") % ", ".join(missing))
            rows = list(reader)
        outcomes: list[ScanOutcome] = []
        for chunk in _chunks(rows):
            with tenant_scope(tenant):
                outcomes += record_scans(rows=chunk, first_line=len(outcomes) + 2, at=timezone.now())
        return outcomes


def _chunks(rows: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
