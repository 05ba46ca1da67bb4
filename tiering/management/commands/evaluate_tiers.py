"""Evaluate a tenant's tiers now, or only see what an evaluation would do."""

import json
import re
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.tenancy.commands import add_tenant_argument, tenant_named
from core.tenancy.errors import DomainError
from core.tenancy.scope import tenant_scope
from tiering.models import TierPolicy
from tiering.services import Evaluation, evaluate_tiers, last_whole_day

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAYS = re.compile(r"-?[0-9]{1,9}")


class Command(BaseCommand):
    help = "Place every customer of a tenant into VIP, mid or low."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_tenant_argument(parser)
        parser.add_argument("--as-of", metavar="DATE", help="last date that counts; yesterday unless told")
        parser.add_argument("--window", metavar="DAYS", help="how many days count; the policy's unless told")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, demote at once")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: object, **options: Any) -> None:
        at = timezone.now()
        as_of, window = _date(options["as_of"]), _days(options["window"])
        tenant = tenant_named(options["tenant"])
        try:
            with tenant_scope(tenant):
                result = evaluate_tiers(
                    as_of=as_of or last_whole_day(at=at),
                    window_days=window,
                    dry_run=options["dry_run"],
                    with_customers=options["format"] == "json",
                    at=at,
                )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        except TierPolicy.DoesNotExist:
            raise CommandError(f"{tenant.slug} has no tier policy.") from None
        self.stdout.write(_as_json(result) if options["format"] == "json" else _as_text(result))


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        # `fromisoformat` alone would take 20260131 and 2026-W05-6 too.
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise CommandError(f"--as-of {text!r} is not a date such as 2026-01-31.")


def _days(text: str | None) -> int | None:
    if text is None:
        return None
    if not DAYS.fullmatch(text):
        raise CommandError(f"--window {text!r} is not a whole number of days.")
    return int(text)


def _as_json(result: Evaluation) -> str:
    return json.dumps(
        {
            "as_of": result.as_of.isoformat(),
            "window_days": result.window_days,
            "policy_version": result.policy_version,
            "ranked": result.ranked,
            "counts": result.counts,
            "customers": [
                {
                    "number": customer.number,
                    "tier": customer.tier,
                    "rank": customer.rank,
                    "contribution": str(customer.contribution),
                    "shipment_count": customer.shipment_count,
                }
                for customer in result.customers
            ],
            "moves": [{"number": move.number, "from": move.from_tier, "to": move.to_tier} for move in result.moves],
        },
        ensure_ascii=False,
    )


def _as_text(result: Evaluation) -> str:
    counts = ", ".join(f"{count} {tier}" for tier, count in result.counts.items())
    return (
        f"As of {result.as_of}, {result.window_days} days, policy {result.policy_version}: "
        f"{result.ranked} ranked ({counts}), {len(result.moves)} moved."
    )
