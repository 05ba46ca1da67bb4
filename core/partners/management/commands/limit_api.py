import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.partners.services import limit_tenant
from core.tenancy.commands import add_tenant_argument, tenant_named
from core.tenancy.scope import tenant_scope


class Command(BaseCommand):
    help = "Limit how many requests all API keys of a tenant may send in a minute together."

    def add_arguments(self, parser: CommandParser) -> None:
        add_tenant_argument(parser)
        parser.add_argument("--requests", type=int, metavar="N", help="as many; without it, as every tenant")
        parser.add_argument("--by", help="who does it; the user of this machine unless told")

    def handle(self, *args: Any, **options: Any) -> None:
        requests = options["requests"]
        if requests is not None and not 1 <= requests <= 2**31 - 1:
            raise CommandError(f"--requests {requests} is not a number from 1 up.")
        tenant = tenant_named(options["tenant"])
        operator = options["by"] or getpass.getuser()
        with tenant_scope(tenant):
            limit_tenant(requests_per_minute=requests, operator=operator, at=timezone.now())
        self.stdout.write(f"{tenant.slug}: {requests or settings.API_REQUESTS_PER_TENANT} requests in a minute")
