from typing import Any

from django.db import models

from core.accounts.models import User
from core.crypto.fields import EncryptedBinaryField, EncryptedTextField
from core.jobs.enums import UNFINISHED, BackgroundState, JobState
from core.tenancy.models import TenantForeignKey, TenantModel


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


class BackgroundJob(TenantModel):
    """Work that somebody started and does not wait for: done chunk by chunk, each one transaction.

    `position` is where the next chunk begins, in the words of the job's kind. A worker that holds the job moves
    `due_at` ahead with every chunk, so the sweeper wakes a job only when its worker is gone; `begun` counts how often
    the next chunk was begun, `attempts` how often it failed. `work` is SHA-256 over owner, kind and parameters: nobody
    has the same done twice at once. The title may be the name of a file, and so name a person.
    """

    kind = models.CharField(max_length=40)
    title = EncryptedTextField()
    owner = TenantForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    parameters = models.JSONField(default=dict)
    work = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=BackgroundState.choices, default=BackgroundState.WAITING)
    position = models.JSONField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    counts = models.JSONField(default=dict)
    begun = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    is_cancel_requested = models.BooleanField(default=False)
    is_seen = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "work"], condition=models.Q(state__in=UNFINISHED), name="background_job_once"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "created_at", "id"], name="background_job_order"),
            models.Index(fields=["tenant", "owner", "created_at", "id"], name="background_job_owner"),
            models.Index(
                fields=["tenant", "due_at"], condition=models.Q(state__in=UNFINISHED), name="background_job_due"
            ),
        ]

    # Whom a chunk is done for, while it is done: the owner, or whom the job's kind says.
    actor: Any = None

    def __str__(self) -> str:
        return self.title

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def percent(self) -> int | None:
        """Whole percent done; None while the total is not known."""
        if self.total is None:
            return None
        return min(100, self.done * 100 // self.total) if self.total else 100


class JobPart(TenantModel):
    """One piece of a job's result file, gzipped and encrypted; the parts in their order are the file."""

    job = TenantForeignKey(BackgroundJob, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = EncryptedBinaryField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "job", "number"], name="job_part_once")]
