from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.audit.erasures import replay_log
from core.tenancy.errors import DomainError, TenantBusy


class Command(BaseCommand):
    help = "Do the erasures of an exported log again that a restored database does not know of."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="what manage.py erasure_log --out FILE wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lines = Path(options["file"]).read_text(encoding="utf-8").splitlines()
            done = replay_log(lines, at=timezone.now())
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}.") from error
        except (DomainError, TenantBusy) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.done} erasures done again, {done.known} known already, {done.unknown} of tenants that are not here."
        )
