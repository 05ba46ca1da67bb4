"""Everybody whom a version of the policy would move, as a file."""

import csv
import io
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from core.jobs.background import Step
from core.jobs.models import BackgroundJob
from core.web.exports import guarded
from tiering.models import TierPolicy
from tiering.permissions import MANAGE
from tiering.selectors import tier_label
from tiering.services import evaluate_tiers

KIND = "tier_movers"


def permission_of(_job: BackgroundJob) -> str:
    return MANAGE


def file_name(job: BackgroundJob, at: datetime) -> str:
    """Name the file by the version and the minute."""
    return f"tier-policy-{job.parameters['version']}-moves-{timezone.localtime(at):%Y%m%d-%H%M}.csv"


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Write everybody who would move by the shipments up to the day of the trial, by weight.

    Raises TierPolicy.DoesNotExist.
    """
    policy = TierPolicy.objects.get(pk=job.parameters["policy"])
    as_of = date.fromisoformat(job.parameters["as_of"])
    evaluation = evaluate_tiers(as_of=as_of, draft=policy, dry_run=True, at=at)
    moves = evaluation.weightiest_moves(len(evaluation.moves))
    text = io.StringIO()
    writer = csv.writer(text)
    made = {"day": as_of.isoformat(), "time": f"{timezone.localtime(at):%Y-%m-%d %H:%M}"}
    writer.writerow([_("Computed anew at %(time)s by the shipments up to %(day)s; the trial may differ.") % made])
    writer.writerow(
        [_("Customer number"), _("From tier"), _("To tier"), _("Rank"), _("Contribution"), _("Shipments in the window")]
    )
    for move in moves:
        writer.writerow(
            [
                guarded(move.number),
                tier_label(move.from_tier),
                tier_label(move.to_tier),
                move.rank or "",
                f"{move.contribution:.2f}",
                move.shipment_count,
            ]
        )
    content = text.getvalue().encode("utf-8-sig")
    return Step(position=None, done=len(moves), total=len(moves), content=content)
