from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.audit.erasures import export_log


class Command(BaseCommand):
    help = "Export the log of erasures, to be kept with the backups and replayed after one is restored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", metavar="FILE", help="where to write it; to the screen unless told")

    def handle(self, *args: Any, **options: Any) -> None:
        lines = list(export_log())
        text = "".join(f"{line}\n" for line in lines)
        if not options["out"]:
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["out"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['out']} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{len(lines)} erasures were written to {options['out']}.")
