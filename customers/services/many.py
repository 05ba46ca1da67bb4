"""Customers as programs send them by the thousand: the same as one by one, in fewer statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from core.audit.services import record
from core.events.services import publish_many
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from customers.enums import CustomerKind
from customers.models import Customer
from customers.opening import Archive, open_new_archives
from customers.search_index import index_customers
from customers.services.changes import PERSONAL, Outcome, change_customer, check_name, differing_facts
from customers.services.locking import CustomerMerged
from customers.turns import wait_for_imports


@dataclass(slots=True)
class SentCustomer:
    """What the customer of a number is to be like; `outcome` tells what became of it, or why nothing did."""

    number: str
    facts: Mapping[str, Any]
    outcome: Outcome | DomainError = Outcome.UNCHANGED


@transaction.atomic
def upsert_customers(*, sent: Sequence[SentCustomer], by: ApiKey, at: datetime) -> None:
    """Open the archives of the numbers, or change the named facts of those that are there; no number stands twice.

    A few statements in all, and two for each customer that is opened or changed.
    """
    wait_for_imports()
    found = Customer.with_merged.select_for_update(of=("self",)).filter(number__in=[each.number for each in sent])
    stored = {customer.number: customer for customer in found.order_by("pk")}
    _change([(stored[each.number], each) for each in sent if each.number in stored], by, at)
    _open([each for each in sent if each.number not in stored], by, at)


def _change(pairs: Sequence[tuple[Customer, SentCustomer]], by: ApiKey, at: datetime) -> None:
    happenings = []
    for customer, each in pairs:
        try:
            if customer.merged_into_id is not None:
                raise CustomerMerged
            differing = differing_facts(customer, each.facts)
        except DomainError as refusal:
            each.outcome = refusal
            continue
        if not differing:
            continue
        for name, value in differing.items():
            setattr(customer, name, value or None if name in PERSONAL else value)
        customer.version += 1
        customer.save(update_fields=[*differing, "version"])
        trace = record("customer.updated", subject=customer, by=by, at=at)
        payload = {"number": customer.number, "version": customer.version, "changed": sorted(trace.changes)}
        happenings.append((customer.pk, payload))
        each.outcome = Outcome.UPDATED
    index_customers([pk for pk, _payload in happenings])
    publish_many("customer.updated", happenings, at=at)


def _open(sent: Sequence[SentCustomer], by: ApiKey, at: datetime) -> None:
    named: dict[str, SentCustomer] = {}
    for each in sent:
        kind = each.facts.get("kind", CustomerKind.COMPANY)
        try:
            check_name(kind, each.facts.get("person_name" if kind == CustomerKind.INDIVIDUAL else "company_name"))
            named[each.number] = each
        except DomainError as refusal:
            each.outcome = refusal
    opened = open_new_archives((_archive(each) for each in named.values()), at=at)
    for number, customer_id in opened.items():
        customer = Customer(pk=customer_id, number=number)
        record("customer.created", subject=customer, by=by, at=at, details={"number": number})
        named[number].outcome = Outcome.CREATED
    for number in named.keys() - opened.keys():
        # Somebody opened it by hand a moment ago.
        customer, outcome = change_customer(
            customer=Customer.objects.get(number=number), changes=named[number].facts, by=by, at=at
        )
        named[number].outcome = outcome


def _archive(sent: SentCustomer) -> Archive:
    facts = dict(sent.facts)
    kind = facts.pop("kind", CustomerKind.COMPANY)
    return Archive(number=sent.number, kind=kind, facts=facts)
