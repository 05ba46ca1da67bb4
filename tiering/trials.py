"""The trial of a version of the policy as a background job."""

import uuid
from datetime import datetime

from django.urls import reverse

from core.jobs.background import Step
from core.jobs.enums import UNFINISHED
from core.jobs.models import BackgroundJob
from tiering.models import TierPolicy
from tiering.permissions import MANAGE
from tiering.services import TRIAL_JOB, try_policy


def permission_of(_job: BackgroundJob) -> str:
    return MANAGE


def page_of_job(job: BackgroundJob) -> str:
    return reverse("tiering:policy", args=[uuid.UUID(job.parameters["policy"])])


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Try the version. Raises TierPolicy.DoesNotExist."""
    trial = try_policy(policy=TierPolicy.objects.get(pk=job.parameters["policy"]), at=at)
    return Step(position=None, done=trial.ranked if trial else 0, total=trial.ranked if trial else 0)


def is_under_way(policy: TierPolicy) -> bool:
    """Say whether a job is at a trial of this version, or waits for a worker; one query."""
    jobs = BackgroundJob.objects.filter(kind=TRIAL_JOB, state__in=UNFINISHED)
    return jobs.filter(parameters__policy=str(policy.pk)).exists()
