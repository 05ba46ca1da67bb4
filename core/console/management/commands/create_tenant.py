from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from core.console.services import create_tenant
from core.tenancy.errors import DomainError
from core.tenancy.provisioning import fill_sandbox


class Command(BaseCommand):
    help = (
        "Make a tenant with its first administrator, and a sandbox of invented data for its partners' test keys;"
        " print the administrator's first password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its name in addresses and commands: small letters, digits, hyphens")
        parser.add_argument("--name", required=True, help="as it stands on pages and in mail")
        parser.add_argument("--time-zone", default="Asia/Shanghai", help="IANA name; %(default)s unless told")
        parser.add_argument(
            "--currency", default="CNY", help="ISO 4217, with two decimal places; %(default)s unless told"
        )
        parser.add_argument("--admin-email", required=True, help="by which the first administrator signs in")
        parser.add_argument(
            "--language",
            default="zh-hans",
            choices=["zh-hans", "en"],
            help="of its pages and mail; %(default)s unless told",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        try:
            tenant, password = create_tenant(
                slug=options["slug"],
                name=options["name"],
                time_zone=options["time_zone"],
                currency=options["currency"],
                admin_email=options["admin_email"],
                language=options["language"],
                at=at,
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        fill_sandbox(sandbox=tenant.sandbox, language=options["language"], at=at)
        self.stdout.write(f"{tenant.slug}: sign in as {options['admin_email']} with {password}")
