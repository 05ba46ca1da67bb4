"""Customers by the thousand, as programs and files send them: the same as one by one, in a few statements."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from core.accounts.models import User
from core.audit.services import record_many
from core.events.services import publish_many
from core.partners.models import ApiKey
from core.tenancy.copying import rewrite
from core.tenancy.errors import DomainError
from customers.custom_fields import RequiredValueMissing, check_kept, missing
from customers.enums import CustomerKind, HandoverReason
from customers.models import Customer, CustomField
from customers.opening import Archive, open_new_archives
from customers.querysets import required_fields
from customers.search_index import index_customers
from customers.services.changes import (
    PERSONAL,
    CompanyNameMissing,
    MayNotAssign,
    Outcome,
    PersonNameMissing,
    check_may_assign,
    check_name,
    differing_facts,
    name_of,
)
from customers.services.locking import CustomerMerged
from customers.services.terms import Handover, begin_terms, note_handovers
from customers.turns import wait_for_imports

NAMES = frozenset(("company_name", "person_name"))


@dataclass(slots=True)
class SentCustomer:
    """What the customer of a number is to be like; `outcome` tells what became of it, or why nothing did.

    `facts` may have `custom_values`, of which those that are not given stay. Of one that was changed, `before` has the
    facts that stood there, as they are stored, and `version` is the one from now on. A new one that says no kind is of
    `kind_if_new`, and has the facts `if_new` that it does not say; `if_empty` are those of whoever has none of them.
    Planned, `refusals` are all that stands against it.
    """

    number: str
    facts: Mapping[str, Any]
    kind_if_new: str = CustomerKind.COMPANY
    if_new: Mapping[str, Any] = field(default_factory=dict)
    if_empty: Mapping[str, Any] = field(default_factory=dict)
    refusals: list[DomainError] = field(default_factory=list)
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


def plan_customers(sent: Sequence[SentCustomer], *, by: User | ApiKey) -> None:
    """Say what upsert_customers would do, without doing it; two queries."""
    required = list(required_fields())
    found = Customer.with_merged.filter(number__in=[each.number for each in sent])
    stored = {customer.number: customer for customer in found}
    for each in sent:
        customer = stored.get(each.number)
        if customer is None:
            each.outcome = Outcome.CREATED
            each.refusals = list(_against_new(each, required))
        else:
            each.customer_id = customer.pk
            each.refusals = _plan_change(customer, each, required, by)
        if each.refusals:
            each.outcome = each.refusals[0]


def _against_new(sent: SentCustomer, required: Sequence[CustomField]) -> Iterator[DomainError]:
    facts = _facts_of_new(sent)
    try:
        check_name(facts["kind"], facts.get(name_of(facts["kind"])))
    except (CompanyNameMissing, PersonNameMissing) as refusal:
        yield refusal
    for lacking in missing(facts.get("custom_values", {}), fields=required):
        yield RequiredValueMissing(lacking)


def _plan_change(
    customer: Customer, sent: SentCustomer, required: Sequence[CustomField], by: User | ApiKey
) -> list[DomainError]:
    """Say what would become of a customer that is there; return all that stands against it."""
    refusals: list[DomainError] = []
    differing: Mapping[str, Any] = sent.facts
    try:
        differing = _differing(customer, sent, required)
        sent.outcome = Outcome.UPDATED if differing else Outcome.UNCHANGED
    except DomainError as refusal:
        refusals.append(refusal)
    try:
        manager = {"account_manager"} & differing.keys()
        check_may_assign(
            {name: differing[name] for name in manager if differing[name] != customer.account_manager}, by=by
        )
    except MayNotAssign as refusal:
        refusals.append(refusal)
    return refusals


def _differing(customer: Customer, sent: SentCustomer, required: Sequence[CustomField]) -> dict[str, Any]:
    """Return what of the facts is not so yet.

    Raises CustomerMerged, CompanyNameMissing, PersonNameMissing or RequiredValueMissing.
    """
    if customer.merged_into_id is not None:
        raise CustomerMerged
    empty = {name: value for name, value in sent.if_empty.items() if not getattr(customer, name)}
    differing = differing_facts(customer, {**empty, **sent.facts})
    if "custom_values" in differing:
        check_kept(differing["custom_values"], fields=required, stored=customer.custom_values)
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
    for customer, each in pairs:
        each.customer_id, each.version = customer.pk, customer.version
        try:
            differing = _differing(customer, each, required)
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
    for refusal in _against_new(sent, required):
        raise refusal


def _facts_of_new(sent: SentCustomer) -> dict[str, Any]:
    return {"kind": sent.kind_if_new, **sent.if_empty, **sent.if_new, **sent.facts}


def _archive(sent: SentCustomer) -> Archive:
    facts = _facts_of_new(sent)
    if "custom_values" in facts:
        facts["custom_values"] = {key: value for key, value in facts["custom_values"].items() if value}
    return Archive(number=sent.number, kind=facts.pop("kind"), facts=facts)
