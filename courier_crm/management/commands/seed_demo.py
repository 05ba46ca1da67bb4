"""Demo data: two couriers, everybody's sign-in, customers, shipments and tiers."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from core.tenancy.clock import local_date
from core.tenancy.models import Tenant
from courier_crm.demo import COURIERS, PASSWORD, build, sign_ins, working_demo_keys


class Command(BaseCommand):
    help = "Make two couriers to try the product with, where they do not exist yet. Everybody knows their password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same data (1)")
        parser.add_argument("--customers", type=int, default=400, help="customers of each courier (400)")
        parser.add_argument("--today", metavar="DATE", help="the day after the last shipment; today unless told")
        parser.add_argument("--print-sign-ins", action="store_true", help="make nothing, only say who may sign in")

    def handle(self, *args: object, **options: Any) -> None:
        today = _date(options["today"])
        if options["customers"] < 1:
            raise CommandError("--customers is at least 1.")
        if not options["print_sign_ins"]:
            self._make(seed=options["seed"], customers=options["customers"], today=today)
        self._print_sign_ins()

    @transaction.atomic
    def _make(self, *, seed: int, customers: int, today: date | None) -> None:
        """Make what is missing; all of it is one transaction, so a killed run leaves nothing half made."""
        with connection.cursor() as cursor:
            # A second run started meanwhile waits and then finds everything made.
            cursor.execute("select pg_advisory_xact_lock(hashtextextended('courier_crm.seed_demo', 0))")
        for courier in COURIERS:
            if Tenant.objects.filter(slug=courier.slug).exists():
                self.stdout.write(f"{courier.name} is there already.")
            else:
                day = today or local_date(timezone.now(), courier.time_zone)
                build(courier, seed=seed, customers=customers, today=day)
                self.stdout.write(f"{courier.name} is made.")

    def _print_sign_ins(self) -> None:
        made = set(Tenant.objects.values_list("slug", flat=True))
        for courier in COURIERS:
            if courier.slug not in made:
                continue
            self.stdout.write(f"{courier.name} (password of everybody: {PASSWORD})")
            for email, role in sign_ins(courier):
                self.stdout.write(f"  {email:<33} {role}")
            for key in working_demo_keys(courier, at=timezone.now()):
                self.stdout.write(f"  API key: {key}")


def _date(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--today {text!r} is not a date such as 2026-01-31.") from None
