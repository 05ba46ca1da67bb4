"""Customers by the thousand, as programs and files send them: the same as one by one, in a few statements."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from core.accounts.models import User
from core.audit.services import record_many
from core.events.services import publish_many
from core.partners.models import ApiKey
from core.tenancy.copying import rewrite
from core.tenancy.errors import DomainError
from customers.custom_fields import check_kept, check_new
from customers.entitlements import managed_tiers
from customers.enums import CustomerKind, HandoverReason
from customers.models import Customer, CustomField
from customers.opening import Archive, open_new_archives
from customers.querysets import required_fields
from customers.search_index import index_customers
from customers.services.changes import PERSONAL, Outcome, check_may_assign, check_name, differing_facts
from customers.services.locking import CustomerMerged
from customers.services.terms import Handover, begin_terms, check_keeps_manager, note_handovers
from customers.turns import wait_for_imports

NAMES = frozenset(("company_name", "person_name"))


@dataclass(slots=True)
class SentCustomer:
    """What the customer of a number is to be like; `outcome` tells what became of it, or why nothing did.

    `facts` may have `custom_values`, of which those that are not given stay. Of one that was changed, `before` has the
    facts that stood there, as they are stored, and `version` is the one from now on. A new one that says no kind is of
    `kind_if_new`.
    """

    number: str
    facts: Mapping[str, Any]
    kind_if_new: str = CustomerKind.COMPANY
    outcome: Outcome | DomainError = Outcome.UNCHANGED
    customer_id: uuid.UUID | None = None
    version: int = 1
    before: dict[str, Any] | None = None


@transaction.atomic
def upsert_customers(*, sent: Sequence[SentCustomer], is_told: bool = True, by: User | ApiKey, at: datetime) -> None:
    """Open the archives of the numbers, or change the named facts of those that are there; no number stands twice.

    A few statements, however many there are. Not `is_told` are those of whom an event tells together.
    """
    wait_for_imports()
    found = Customer.with_merged.select_for_update(of=("self",)).filter(number__in=[each.number for each in sent])
    stored = {customer.number: customer for customer in found.order_by("pk")}
    pairs = [(stored[each.number], each) for each in sent if each.number in stored]
    required = list(required_fields())
    _change(pairs, required, is_told=is_told, by=by, at=at)
    _open([each for each in sent if each.number not in stored], required, is_told=is_told, by=by, at=at)


def plan_customers(sent: Sequence[SentCustomer]) -> None:
    """Say what upsert_customers would do, without doing it; two queries, one more where it takes managers away."""
    required, managed = list(required_fields()), _managed(sent)
    found = Customer.with_merged.filter(number__in=[each.number for each in sent])
    stored = {customer.number: customer for customer in found}
    for each in sent:
        customer = stored.get(each.number)
        try:
            if customer is None:
                _check_new(each, required)
                each.outcome = Outcome.CREATED
            else:
                each.customer_id = customer.pk
                differs = _differing(customer, each, required, managed)
                each.outcome = Outcome.UPDATED if differs else Outcome.UNCHANGED
        except DomainError as refusal:
            each.outcome = refusal


def _managed(sent: Iterable[SentCustomer]) -> frozenset[str]:
    """Return the tiers with an account manager of their own, where somebody's would be taken away; one query then."""
    takes_away = any("account_manager" in each.facts and each.facts["account_manager"] is None for each in sent)
    return managed_tiers() if takes_away else frozenset()


def _differing(
    customer: Customer, sent: SentCustomer, required: Sequence[CustomField], managed: Collection[str]
) -> dict[str, Any]:
    """Return what of the facts is not so yet.

    Raises CustomerMerged, CompanyNameMissing, PersonNameMissing, RequiredValueMissing or NeedsManager.
    """
    if customer.merged_into_id is not None:
        raise CustomerMerged
    differing = differing_facts(customer, sent.facts)
    if "custom_values" in differing:
        check_kept(differing["custom_values"], fields=required, stored=customer.custom_values)
    if "account_manager" in differing:
        check_keeps_manager(customer, differing["account_manager"], managed=managed)
    return differing


def _change(
    pairs: Sequence[tuple[Customer, SentCustomer]],
    required: Sequence[CustomField],
    *,
    is_told: bool,
    by: User | ApiKey,
    at: datetime,
) -> None:
    changed, names, renamed, handovers = [], {"version"}, [], []
    managed = _managed(each for _customer, each in pairs)
    for customer, each in pairs:
        each.customer_id, each.version = customer.pk, customer.version
        try:
            differing = _differing(customer, each, required, managed)
            check_may_assign(differing, by=by)
        except DomainError as refusal:
            each.outcome = refusal
            continue
        if not differing:
            continue
        handovers.append(Handover(customer, customer.account_manager_id))
        each.before = {name: _as_stored(getattr(customer, name)) for name in differing}
        for name, value in differing.items():
            setattr(customer, name, value or None if name in PERSONAL else value)
        customer.version += 1
        each.outcome, each.version = Outcome.UPDATED, customer.version
        changed.append(customer)
        names |= differing.keys()
        if NAMES & differing.keys():
            renamed.append(customer.pk)
    rewrite(changed, names)
    index_customers(renamed)
    traces = record_many("customer.updated", changed, by=by, at=at)
    if is_told:
        told = [
            (customer.pk, {"number": customer.number, "version": customer.version, "changed": sorted(trace.changes)})
            for customer, trace in zip(changed, traces, strict=True)
        ]
        publish_many("customer.updated", told, at=at)
    note_handovers(handovers, reason=HandoverReason.IMPORTED, is_told=is_told, by=by, at=at)


def _as_stored(value: Any) -> Any:
    return str(value.pk) if isinstance(value, User) else value


def _open(
    sent: Sequence[SentCustomer], required: Sequence[CustomField], *, is_told: bool, by: User | ApiKey, at: datetime
) -> None:
    named: dict[str, SentCustomer] = {}
    for each in sent:
        try:
            _check_new(each, required)
            named[each.number] = each
        except DomainError as refusal:
            each.outcome = refusal
    archives = (_archive(each) for each in named.values())
    opened = open_new_archives(archives, is_told=is_told, is_recorded=True, by=by, at=at)
    for number, customer_id in opened.items():
        named[number].outcome, named[number].customer_id = Outcome.CREATED, customer_id
    managers = ((customer_id, named[number].facts.get("account_manager")) for number, customer_id in opened.items())
    begin_terms(((pk, user and user.pk) for pk, user in managers), reason=HandoverReason.OPENED, at=at)
    raced = named.keys() - opened.keys()
    if raced:
        # Somebody opened them by hand a moment ago.
        found = Customer.with_merged.select_for_update(of=("self",)).filter(number__in=raced).order_by("pk")
        pairs = [(customer, named[customer.number]) for customer in found]
        _change(pairs, required, is_told=is_told, by=by, at=at)


def _check_new(sent: SentCustomer, required: Sequence[CustomField]) -> None:
    kind = sent.facts.get("kind", sent.kind_if_new)
    check_name(kind, sent.facts.get("person_name" if kind == CustomerKind.INDIVIDUAL else "company_name"))
    check_new(sent.facts.get("custom_values", {}), fields=required)


def _archive(sent: SentCustomer) -> Archive:
    facts = dict(sent.facts)
    if "custom_values" in facts:
        facts["custom_values"] = {key: value for key, value in facts["custom_values"].items() if value}
    kind = facts.pop("kind", sent.kind_if_new)
    return Archive(number=sent.number, kind=kind, facts=facts)
