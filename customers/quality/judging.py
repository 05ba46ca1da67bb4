"""Judging customers that changed: the database notes them, a sweep looks at them and keeps what it finds.

So the cost grows with what changes, and what is kept is the same as if everybody was judged anew; only a birthday
that lies ahead is not looked at again on its day.
"""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from core.tenancy.clock import local_date
from core.tenancy.copying import rewrite
from core.tenancy.scope import current_tenant
from core.tenancy.sweeping import sweep_tenants
from customers.contact_points import home_country
from customers.duplicates import standing
from customers.enums import DuplicateState
from customers.models import Address, ChangedCustomer, Consent, Customer, CustomerFault, DuplicateCandidate
from customers.quality.rules import Faults, Judged, faults_of, quality_of
from customers.querysets import contacts_in_order, required_fields

BATCH = 200


def judge_all(*, seconds: float) -> int:
    """Judge the customers of all tenants that changed, in turns, for so long at most; return how many they were.

    No scope may be open.
    """
    return sweep_tenants(lambda: judge_some(at=timezone.now()), seconds=seconds)


@transaction.atomic
def judge_some(*, at: datetime, batch: int = BATCH) -> int:
    """Judge up to `batch` customers that changed; return how many they were.

    One that somebody holds is left for the next time.
    """
    changed = ChangedCustomer.objects.order_by("customer_id").values_list("customer_id", flat=True).distinct()[:batch]
    ids = set(changed)
    if not ids:
        return 0
    rows = Customer.with_merged.filter(pk__in=ids)
    held = rows.select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk")
    held_ids = set(held.values_list("pk", flat=True))
    there = set(rows.values_list("pk", flat=True)) if held_ids != ids else ids
    done = held_ids | (ids - there)
    # Before anything is read: what is committed from now on is noted anew.
    ChangedCustomer.objects.filter(customer_id__in=done).delete()
    judge_customers(held_ids, at=at)
    return len(done)


def judge_customers(ids: Collection[uuid.UUID], *, at: datetime) -> None:
    """Judge these customers, whose rows the caller holds, and keep what is found. Eleven queries, however many."""
    if not ids:
        return
    found = find_faults(ids, at=at)
    _keep_faults(ids, found)
    worth = {pk: quality_of(faults) for pk, faults in found.items()}
    customers = Customer.with_merged.filter(pk__in=ids).only("tenant", "quality")
    best = Customer._meta.get_field("quality").default
    differing = [each for each in customers if each.quality != worth.get(each.pk, best)]
    for customer in differing:
        customer.quality = worth.get(customer.pk, best)
    rewrite(differing, ["quality"])


def find_faults(ids: Collection[uuid.UUID], *, at: datetime) -> dict[uuid.UUID, Faults]:
    """Return what is to mend in these customers now, keeping nothing: seven queries.

    Those that were merged or erased are left out.
    """
    tenant = current_tenant()
    country, today = home_country(tenant.time_zone), local_date(at, tenant.time_zone)
    customers = Customer.objects.filter(pk__in=ids, erased_at=None).defer("special_needs")
    customers = customers.prefetch_related(
        Prefetch("contacts", queryset=contacts_in_order().prefetch_related("points")),
        Prefetch("addresses", queryset=Address.objects.order_by("-is_primary", "id")),
    )
    consenting = set(Consent.objects.filter(customer__in=ids).values_list("customer_id", flat=True))
    twice = _twice(ids)
    required = set(required_fields().values_list("key", flat=True))
    return {
        customer.pk: faults_of(
            Judged(
                customer=customer,
                contacts=list(customer.contacts.all()),
                addresses=list(customer.addresses.all()),
                has_consent=customer.pk in consenting,
                has_duplicate=customer.pk in twice,
                required=required,
                country=country,
                today=today,
            )
        )
        for customer in customers
    }


def _twice(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return who is in a pair that nobody has decided on."""
    pairs = standing(DuplicateCandidate.objects.filter(Q(first__in=ids) | Q(second__in=ids)))
    pairs = pairs.filter(state=DuplicateState.OPEN).select_related(None)
    return {each for pair in pairs.values_list("first_id", "second_id") for each in pair}


def _keep_faults(ids: Collection[uuid.UUID], found: Mapping[uuid.UUID, Faults]) -> None:
    wanted = {(pk, fault.value, part) for pk, faults in found.items() for fault, part in faults.items()}
    stored = {
        (row.customer_id, row.fault, row.part_id): row.pk for row in CustomerFault.objects.filter(customer__in=ids)
    }
    gone = [pk for each, pk in stored.items() if each not in wanted]
    if gone:
        CustomerFault.objects.filter(pk__in=gone).delete()
    new = sorted(wanted - stored.keys(), key=str)
    CustomerFault.objects.bulk_create(
        [CustomerFault(customer_id=pk, fault=fault, part_id=part) for pk, fault, part in new], batch_size=1000
    )
