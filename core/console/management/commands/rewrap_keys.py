from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.crypto.errors import KeyUnavailable
from core.crypto.keys import rewrap_root_keys
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope


class Command(BaseCommand):
    help = (
        "Wrap every tenant's root keys by the master key of today. Before it: set CRM_MASTER_KEY (or CRM_KMS) to the"
        " new one and CRM_MASTER_KEY_PREVIOUS to the old, and restart; after it, unset CRM_MASTER_KEY_PREVIOUS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rewrapped = 0
        failures = []
        for tenant in Tenant.objects.order_by("slug"):
            try:
                with tenant_scope(tenant):
                    rewrapped += rewrap_root_keys()
            except KeyUnavailable as error:
                failures.append(str(error))
        self.stdout.write(f"{rewrapped} root keys were wrapped anew.")
        if failures:
            raise CommandError("\n".join(failures))
        self.stdout.write("All are wrapped by the master key of today: unset CRM_MASTER_KEY_PREVIOUS.")
