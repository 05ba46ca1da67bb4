"""The copy of everything that is kept of one customer, which a person may ask for: one JSON file, in clear."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.audit.services import record
from core.jobs.background import Step
from core.jobs.models import BackgroundJob
from core.jobs.running import start_job
from core.tenancy.errors import DomainError
from customers.models import Customer
from customers.relations import as_data, relations

KIND = "customers.copy"
CHUNK = 500


class CopyReason(models.TextChoices):
    REQUEST = "request", gettext_lazy("The person asked for it")
    AUTHORITY = "authority", gettext_lazy("An authority asked for it")


class CustomerGone(DomainError):
    code = "customer_gone"
    message = gettext_lazy("This customer is not there any more.")


@transaction.atomic
def start_copy(*, customer: Customer, reason: str, note: str = "", by: User, at: datetime) -> BackgroundJob:
    """Have the copy made by a background job, and leave a line in the trail that says why. Raises NotAllowed."""
    record("customer.copied", subject=customer, by=by, at=at, details={"why_copied": reason}, reason=note)
    return start_job(
        kind=KIND,
        title=_("Copy of all data: %(customer)s") % {"customer": customer.number},
        parameters={"customer": str(customer.pk)},
        file_name=f"{customer.pk}-{timezone.localtime(at):%Y%m%d-%H%M}.json",
        by=by,
        at=at,
    )


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Write the next rows; the position is the place of their relation and the last id. Raises CustomerGone."""
    customer = Customer.objects.filter(pk=job.parameters["customer"]).first()
    if customer is None:
        raise CustomerGone
    if job.position is None:
        head = f'{{"customer": {_text(as_data(customer))}'
        return Step(position=[0, None], done=1, content=head.encode())
    place, last = job.position
    kept = relations()
    if place == len(kept):
        return Step(position=None, done=0, content=b"\n}\n")
    rows = kept[place].rows(customer).order_by("pk")
    if last is not None:
        rows = rows.filter(pk__gt=last)
    found = list(rows[:CHUNK])
    is_last = len(found) < CHUNK
    content = f',\n"{kept[place].key}": [' if last is None else ","
    content += _listed(as_data(row) for row in found) + ("]" if is_last else "")
    following = [place + 1, None] if is_last else [place, str(found[-1].pk)]
    return Step(position=following, done=len(found), content=content.encode() if found or last is None else b"]")


def _listed(rows: Iterable[dict[str, Any]]) -> str:
    return ",".join(f"\n{_text(row)}" for row in rows)


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)
