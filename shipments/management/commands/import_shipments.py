from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.tenancy.commands import add_tenant_argument, tenant_named
from core.tenancy.errors import DomainError
from shipments.results import result_file, write_result
from shipments.services import import_file


class Command(BaseCommand):
    help = "Bring the shipments of a CSV file into a tenant; each refused row gets a reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        add_tenant_argument(parser)
        parser.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN", dest="pairs")
        parser.add_argument("--result", type=Path, help="write what became of every row into this CSV file")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        try:
            with options["file"].open("rb") as stream, result_file(options["result"]) as target:
                result = import_file(
                    stream=stream,
                    tenant=tenant,
                    file_name=options["file"].name,
                    mapping=self._mapping(options["pairs"]),
                    by=None,
                    at=timezone.now(),
                )
                if target:
                    write_result(target, (outcome.as_cells() for outcome in result.outcomes))
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
