"""The copy of all that is kept of one customer, for whoever asks by law: one JSON file, made by a background job.

It is an object: facts of the copy itself, then for each relation its rows by id, each an object of its fields.
"""

import json
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from core.jobs.background import Step
from core.jobs.enums import UNFINISHED
from core.jobs.models import BackgroundJob, JobPart
from customers.models import Customer
from customers.relations import Relation, copied

KIND = "customer_copy"
CHUNK = 1000


def file_name(job: BackgroundJob, at: datetime) -> str:
    """Name the file by the minute: a name or number of the customer would stand in the clear."""
    return f"customer-{timezone.localtime(at):%Y%m%d-%H%M}.json"


def step(*, job: BackgroundJob, at: datetime) -> Step:
    """Write the next rows of one relation; `job.position` names the relation and the last row that was written."""
    customer = Customer.with_merged.select_related("merged_into").get(pk=job.parameters["customer"])
    customer = customer.merged_into or customer
    kept = copied()
    key, after = job.position or (next(iter(kept)), None)
    rows, has_more = _rows_after(after, kept[key], customer)
    following = None if has_more else dict(pairwise(kept)).get(key)
    pieces = [",\n".join(_as_json(facts_of(row, kept[key].left_out)) for row in rows)]
    if job.position is None:
        pieces.insert(0, _head(customer, at))
    if after is None:
        pieces.insert(-1, f',\n"{key}": [\n')
    elif rows:
        pieces.insert(-1, ",\n")
    if not has_more:
        pieces.append("\n]" if following else "\n]\n}\n")
    return Step(
        position=[key, str(rows[-1].pk)] if has_more else following and [following, None],
        done=len(rows),
        content="".join(pieces).encode(),
    )


def _rows_after(after: str | None, relation: Relation, customer: Customer) -> tuple[list[models.Model], bool]:
    """Return the next rows and whether more follow."""
    rows = relation.rows(customer).order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    found = list(rows[: CHUNK + 1])
    return found[:CHUNK], len(found) > CHUNK


def facts_of(row: models.Model, left_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the fields of a row by name, in clear, references as ids; without the tenant."""
    return {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.name != "tenant" and field.name not in left_out
    }


def _head(customer: Customer, at: datetime) -> str:
    facts = {"format": 1, "customer_number": customer.number, "made_at": at}
    return _as_json(facts).removesuffix("}")


def _as_json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False)


def copies_of(customer: Customer) -> models.QuerySet[BackgroundJob]:
    return BackgroundJob.objects.filter(kind=KIND, parameters__customer=str(customer.pk))


def erase_copies(customer: Customer) -> None:
    """Take the files of a customer's copies away, and end the jobs that write one."""
    # Waits for a chunk that is being written, so that its piece is there to be deleted.
    jobs = list(copies_of(customer).select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    BackgroundJob.objects.filter(pk__in=jobs, state__in=UNFINISHED).update(is_cancel_requested=True)
    JobPart.objects.filter(job__in=jobs).delete()


def count_copies(customer: Customer) -> int:
    """Count the copies that hold anything, or may yet."""
    holds = models.Exists(JobPart.objects.filter(job=models.OuterRef("pk")))
    return copies_of(customer).filter(models.Q(state__in=UNFINISHED) | holds).count()
