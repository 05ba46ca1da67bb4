from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.audit.services import record
from core.crypto.errors import KeyUnavailable
from core.crypto.rotation import CHUNK, RotationUnfinished, rotate_keys
from core.tenancy.commands import add_tenant_argument, tenant_named
from core.tenancy.errors import TenantBusy
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope


class Command(BaseCommand):
    help = (
        "Give a tenant, or every one, a new root key, re-encrypt everything under it while the system serves, and"
        " destroy the old one. Killed, it goes on where it was when it is started again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_tenant_argument(parser, required=False)
        parser.add_argument("--chunk", type=int, default=CHUNK, help=f"rows in one transaction ({CHUNK})")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["chunk"] < 1:
            raise CommandError("--chunk is a number from 1.")
        one = options["tenant"]
        tenants = [tenant_named(one)] if one else Tenant.objects.filter(is_active=True).order_by("slug")
        for tenant in tenants:
            self._rotate(tenant, options["chunk"])

    def _rotate(self, tenant: Tenant, chunk: int) -> None:
        at = timezone.now()
        try:
            done = rotate_keys(tenant=tenant, at=at, chunk=chunk, say=lambda words: self._say(tenant, words))
        except (KeyUnavailable, RotationUnfinished, TenantBusy) as error:
            raise CommandError(f"{tenant.slug}: {error}") from error
        with tenant_scope(tenant):
            record(
                "keys.rotated", by=None, at=timezone.now(), details={"key_version": done.version, "values": done.values}
            )
        for name, left in done.proof.items():
            self._say(tenant, f"  {name}: {left} rows on an old key")
        self._say(tenant, f"destroyed: {', '.join(map(str, done.destroyed))}; in use: {done.version}")

    def _say(self, tenant: Tenant, words: str) -> None:
        self.stdout.write(f"{tenant.slug}: {words}")
        self.stdout.flush()
