from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.audit.sealing import verify_trail
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope


class Command(BaseCommand):
    help = "Check the audit trail of a tenant, or of all: every link of its chain, no gap, nothing left out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", help="the tenant's short name; all of them unless told")
        parser.add_argument("--expect", default="", metavar="HEAD", help="a head printed earlier, kept elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.order_by("slug")
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants:
                raise CommandError(_("There is no tenant “%s”.") % options["tenant"])
        elif options["expect"]:
            raise CommandError(_("--expect needs --tenant."))
        wrong = 0
        for tenant in tenants:
            with tenant_scope(tenant):
                found = verify_trail(at=timezone.now(), expected_head=options["expect"])
            self.stdout.write(f"{tenant.slug}: {found.sealed} sealed, head {found.head}")
            for finding in found.findings:
                self.stdout.write(f"  {finding.problem}: place {finding.sequence}, event {finding.event_id}")
            wrong += len(found.findings)
        if wrong:
            raise CommandError(_("The trail was tampered with: %s findings.") % wrong)
