from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.tenancy.commands import add_tenant_argument, tenant_named
from core.tenancy.errors import DomainError
from shipments.results import result_file, write_result
from shipments.scans import FIELDS, import_scans


class Command(BaseCommand):
    help = "Bring the scans of a CSV file into the traces of a tenant's shipments; each refused row gets a reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help=f"CSV in UTF-8 with the columns {', '.join(FIELDS)}")
        add_tenant_argument(parser)
        parser.add_argument("--result", type=Path, help="write what became of every row into this CSV file")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        try:
            with options["file"].open("rb") as stream, result_file(options["result"]) as target:
                result = import_scans(stream=stream, tenant=tenant, at=timezone.now())
                if target:
                    write_result(target, (outcome.as_cells() for outcome in result.outcomes))
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except DomainError as error:
            raise CommandError(str(error)) from None
        for outcome in result.outcomes:
            if outcome.codes:
                self.stderr.write(": ".join(outcome.as_cells()))
        for name in ("created", "unchanged", "failed", "warned"):
            self.stdout.write(f"{name}: {getattr(result, name)}")
