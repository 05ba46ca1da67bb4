import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.console.erasure import erase_tenant
from core.tenancy.commands import tenant_named
from core.tenancy.errors import DomainError, TenantBusy


class Command(BaseCommand):
    help = "Erase a tenant for ever by destroying its keys. Its personal data cannot be read again by anybody."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--yes", action="store_true", help="do not ask for the short name again")
        parser.add_argument("--by", default="", metavar="NAME", help="who does it, for the log; the login unless told")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["slug"])
        if not options["yes"]:
            self.stdout.write(f"All personal data of {tenant.name} becomes unreadable, in every backup too. For ever.")
            if input(f"Type {tenant.slug} to go on: ") != tenant.slug:
                raise CommandError("Nothing was erased.")
        try:
            counts = erase_tenant(tenant=tenant, operator=options["by"] or getpass.getuser(), at=timezone.now())
        except (DomainError, TenantBusy) as error:
            raise CommandError(str(error)) from error
        facts = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in counts.items())
        self.stdout.write(f"{tenant.slug} was erased ({facts}).")
        self.stdout.write("Export the erasure log now: manage.py erasure_log --out FILE; keep it with the backups.")
