from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.partners import scopes
from core.partners.services import create_api_key
from core.tenancy.clock import day_start
from core.tenancy.commands import add_tenant_argument, tenant_named
from core.tenancy.errors import DomainError
from core.tenancy.scope import tenant_scope


class Command(BaseCommand):
    help = "Make an API key for a partner and print it; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        add_tenant_argument(parser)
        parser.add_argument("--name", required=True, help="who uses the key, and what for")
        parser.add_argument(
            "--scope",
            required=True,
            action="append",
            choices=list(scopes.declared()),
            help="what the key may do; give it once for each scope",
        )
        parser.add_argument(
            "--network", action="append", default=[], help="from where it may be used; give it for each"
        )
        parser.add_argument("--test", action="store_true", help="make a key of the sandbox")
        parser.add_argument("--expires", metavar="DATE", help="the last day on which the key works; never unless told")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        try:
            with tenant_scope(tenant):
                _key, text = create_api_key(
                    name=options["name"],
                    scopes=options["scope"],
                    networks=options["network"],
                    is_test=options["test"],
                    expires_at=_end_of(options["expires"], tenant.time_zone),
                    by=None,
                    at=timezone.now(),
                )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(text.reveal())


def _end_of(text: str | None, time_zone: str) -> datetime | None:
    try:
        return None if text is None else day_start(date.fromisoformat(text) + timedelta(days=1), time_zone)
    except (ValueError, OverflowError):
        raise CommandError(f"--expires {text!r} is not a date such as 2026-01-31.") from None
