from django.db import models

from core.jobs.enums import JobState
from core.tenancy.models import TenantModel


class JobRun(TenantModel):
    """One nightly job of one tenant for one date: due until its effect is committed with it."""

    job = models.CharField(max_length=60)
    business_date = models.DateField()
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "job", "business_date"], name="job_run_once"),
        ]
        indexes = [models.Index(fields=["tenant", "state", "due_at"], name="job_run_due")]
