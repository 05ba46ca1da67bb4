from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.audit.services import record
from core.jobs.models import BackgroundJob
from core.jobs.running import start_job
from customers.copies import KIND
from customers.models import Customer
from customers.relations import copied
from customers.services.locking import lock_customer


class CopyReason(models.TextChoices):
    REQUEST = "request", gettext_lazy("The person asked what we hold")
    AUTHORITY = "authority", gettext_lazy("An authority asked for it by law")
    OTHER = "other", gettext_lazy("Another reason, in words")


def copy_figures(customer: Customer) -> dict[str, int]:
    """Count the rows that a copy of a customer's data would hold, by the keys of `customers.relations`."""
    return {key: relation.rows(customer).count() for key, relation in copied().items()}


@transaction.atomic
def copy_customer(*, customer: Customer, reason: str, note: str = "", by: User, at: datetime) -> BackgroundJob:
    """Start the job that writes all that is kept of a customer, in clear, and tell the trail who asked and why.

    Raises NotAllowed, or AlreadyRunning.
    """
    # An erasure holds the row: a copy begins before it, and is erased, or after it, and holds nothing personal.
    customer = lock_customer(customer.pk)
    record("customer.copied", subject=customer, by=by, at=at, details={"why_copied": reason}, reason=note)
    return start_job(
        kind=KIND,
        title=_("Copy of personal data: %(number)s") % {"number": customer.number},
        parameters={"customer": str(customer.pk)},
        total=sum(copy_figures(customer).values()),
        by=by,
        at=at,
    )
