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
from core.tenancy.ids import uuid7
from customers.custom_fields import RequiredValueMissing, check_kept, missing
from customers.entitlements import managed_tiers
from customers.enums import CustomerKind, HandoverReason
from customers.models import Customer, CustomerGroup, CustomField
from customers.numbers import spellings
from customers.opening import Archive, open_new_archives
from customers.querysets import required_fields
from customers.search_index import index_customers
from customers.services.changes import (
    LINKS,
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
from customers.services.groups import held_groups, known_groups, make_groups
from customers.services.locking import CustomerMerged
from customers.services.referrers import BadReferrer, NoSuchReferrer, Referrers
from customers.services.terms import Handover, begin_terms, check_keeps_manager, note_handovers
from customers.turns import wait_for_imports

NAMES = frozenset(("company_name", "person_name"))


@dataclass(slots=True)
class SentCustomer:
    """What the customer of a number is to be like; `outcome` tells what became of it, or why nothing did.

    `facts` may have `custom_values`, of which those that are not given stay, the name of a `group`, and the number of
    the `referrer`, who may come in beside it. Of one that was changed, `before` has the facts that stood there, as they
    are stored, and `version` is the one from now on. A new one that says no kind is of `kind_if_new`, and has the facts
    `if_new` that it does not say; `if_empty` are those of whoever has none of them. Planned, `refusals` are all that
    stands against it. `made_group` are id and name of the group that was made for this one, if one was.
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
    made_group: Sequence[str] = ()
    lacks_referrer: bool = False


@dataclass(slots=True)
class _Named:
    """What rows may name: the groups by name, the referrers by number, the fields that are required, and the tiers
    whose customers keep an account manager.

    A group that is not there yet is made when a row that names it passes all checks.
    """

    groups: dict[str, CustomerGroup]
    lacking: dict[uuid.UUID, CustomerGroup]
    referrers: Referrers
    required: Sequence[CustomField]
    managed: frozenset[str]

    def note(self, customer: Customer, differing: Mapping[str, Any]) -> None:
        """Take it that a row passed all checks, and counts for those after it."""
        if "referrer_id" in differing:
            self.referrers.note(customer.pk, differing["referrer_id"])


@transaction.atomic
def upsert_customers(*, sent: Sequence[SentCustomer], is_told: bool = True, by: User | ApiKey, at: datetime) -> None:
    """Open the archives of the numbers, or change the named facts of those that are there; no number stands twice.

    A few statements, however many there are. Not `is_told` are those of whom an event tells together.
    """
    wait_for_imports()
    # Together with those whom they name as referrers, so that nobody waits for one who waits for them.
    numbers = {each.number for each in sent}
    numbers.update(spelling for number in _said(sent, "referrer") for spelling in spellings(number))
    found = Customer.with_merged.select_for_update(of=("self",)).filter(number__in=numbers)
    stored = {customer.number: customer for customer in found.order_by("pk")}
    named = _named(sent, held_groups(_said(sent, "group")))
    _open([each for each in sent if each.number not in stored], named, is_told=is_told, by=by, at=at)
    pairs = [(stored[each.number], each) for each in sent if each.number in stored]
    _change(pairs, named, is_told=is_told, by=by, at=at)


def plan_customers(sent: Sequence[SentCustomer], *, by: User | ApiKey) -> None:
    """Say what upsert_customers would do, without doing it; four queries, one more where it takes managers away.

    A referrer that is not there yet, and does not come in beside it, may still come in before: the customer
    `lacks_referrer`.
    """
    named = _named(sent, known_groups(_said(sent, "group")))
    found = Customer.with_merged.filter(number__in=[each.number for each in sent])
    stored = {customer.number: customer for customer in found}
    named.referrers.opened = {each.number: uuid7() for each in sent if each.number not in stored}
    for each in sent:
        customer = stored.get(each.number)
        if customer is None:
            each.refusals = _plan_new(each, named)
        else:
            each.customer_id = customer.pk
            each.refusals = _plan_change(customer, each, named, by)
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


def _plan_new(sent: SentCustomer, named: _Named) -> list[DomainError]:
    """Say what would become of a customer that is not there; return all that stands against it."""
    sent.outcome = Outcome.CREATED
    refusals = list(_against_new(sent, named.required))
    try:
        customer = Customer(pk=named.referrers.opened[sent.number])
        linked = _linked(customer, sent, named) if _names_any(sent) else {}
        if not refusals:
            named.note(customer, linked)
    except NoSuchReferrer:
        sent.lacks_referrer = True
    except BadReferrer as refusal:
        refusals.append(refusal)
    return refusals


def _plan_change(customer: Customer, sent: SentCustomer, named: _Named, by: User | ApiKey) -> list[DomainError]:
    """Say what would become of a customer that is there; return all that stands against it."""
    refusals: list[DomainError] = []
    differing: Mapping[str, Any] = sent.facts
    try:
        differing = _differing(customer, sent, named)
        sent.outcome = Outcome.UPDATED if differing else Outcome.UNCHANGED
    except NoSuchReferrer:
        sent.outcome, sent.lacks_referrer = Outcome.UPDATED, True
    except DomainError as refusal:
        refusals.append(refusal)
    try:
        manager = {"account_manager"} & differing.keys()
        check_may_assign(
            {name: differing[name] for name in manager if differing[name] != customer.account_manager}, by=by
        )
    except MayNotAssign as refusal:
        refusals.append(refusal)
    if not refusals:
        named.note(customer, differing)
    return refusals


def _named(sent: Sequence[SentCustomer], known: Mapping[str, CustomerGroup]) -> _Named:
    """Bring what the rows name beside the groups that are known; two queries, one more where somebody's account manager
    would be taken away.
    """
    takes_away = any("account_manager" in each.facts and each.facts["account_manager"] is None for each in sent)
    managed = managed_tiers() if takes_away else frozenset()
    new = {name: CustomerGroup(name=name) for name in _said(sent, "group") - known.keys()}
    lacking = {group.pk: group for group in new.values()}
    return _Named({**known, **new}, lacking, Referrers(_said(sent, "referrer")), list(required_fields()), managed)


def _said(sent: Sequence[SentCustomer], name: str) -> set[str]:
    return {said for each in sent if (said := each.facts.get(name))}


def _linked(customer: Customer, sent: SentCustomer, named: _Named) -> dict[str, uuid.UUID | None]:
    """Return the ids of group and referrer that are said and not so yet. Raises BadReferrer."""
    linked: dict[str, uuid.UUID | None] = {}
    if "group" in sent.facts:
        group = named.groups.get(sent.facts["group"])
        linked["group_id"] = group and group.pk
    if "referrer" in sent.facts:
        linked["referrer_id"] = named.referrers.find(sent.facts["referrer"] or "", of=customer)
    return {name: value for name, value in linked.items() if getattr(customer, name) != value}


def _differing(customer: Customer, sent: SentCustomer, named: _Named) -> dict[str, Any]:
    """Return what of the facts is not so yet, references as ids.

    Raises CustomerMerged, CompanyNameMissing, PersonNameMissing, RequiredValueMissing, NeedsManager or BadReferrer.
    """
    if customer.merged_into_id is not None:
        raise CustomerMerged
    empty = {name: value for name, value in sent.if_empty.items() if not getattr(customer, name)}
    differing = differing_facts(customer, {**empty, **sent.facts})
    if "custom_values" in differing:
        check_kept(differing["custom_values"], fields=named.required, stored=customer.custom_values)
    if "account_manager" in differing:
        check_keeps_manager(customer, differing["account_manager"], managed=named.managed)
    return differing | _linked(customer, sent, named)


def _change(
    pairs: Sequence[tuple[Customer, SentCustomer]],
    named: _Named,
    *,
    is_told: bool,
    by: User | ApiKey,
    at: datetime,
) -> None:
    changed, names, renamed, handovers = [], {"version"}, [], []
    for customer, each in pairs:
        each.customer_id, each.version = customer.pk, customer.version
        try:
            differing = _differing(customer, each, named)
            check_may_assign(differing, by=by)
        except DomainError as refusal:
            each.outcome = refusal
            continue
        named.note(customer, differing)
        if not differing:
            continue
        handovers.append(Handover(customer, customer.account_manager_id))
        each.before = {name: _as_stored(getattr(customer, name)) for name in differing}
        for name, value in differing.items():
            setattr(customer, name, value or None if name in PERSONAL else value)
        customer.version += 1
        each.outcome, each.version = Outcome.UPDATED, customer.version
        changed.append(customer)
        names |= {name.removesuffix("_id") for name in differing}
        if NAMES & differing.keys():
            renamed.append(customer.pk)
    made = _make_groups([(each, customer.group_id) for customer, each in pairs if each.before], named, by, at)
    for customer in changed:
        customer.group_id = made.get(customer.group_id, customer.group_id)
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


def _make_groups(
    taken: Sequence[tuple[SentCustomer, uuid.UUID | None]], named: _Named, by: User | ApiKey, at: datetime
) -> Mapping[uuid.UUID, uuid.UUID]:
    """Make those of the groups of rows that are not there yet; return the ids of those that stand by those of `named`.

    Of a group that was made, its first row tells.
    """
    first = {group_id: each for each, group_id in reversed(taken) if group_id in named.lacking}
    if not first:
        return {}
    new = [named.lacking.pop(group_id) for group_id in sorted(first)]
    there = make_groups(new, by=by, at=at)
    named.groups |= there
    for group in new:
        if there[group.name].pk == group.pk:
            first[group.pk].made_group = (str(group.pk), group.name)
    return {group.pk: there[group.name].pk for group in new}


def _as_stored(value: Any) -> Any:
    value = value.pk if isinstance(value, User) else value
    return str(value) if isinstance(value, uuid.UUID) else value


def _open(sent: Sequence[SentCustomer], named: _Named, *, is_told: bool, by: User | ApiKey, at: datetime) -> None:
    by_number = {each.number: each for each in sent}
    archives, referrers = _checked_new(sent, named)
    groups = {number: archive.facts["group_id"] for number, archive in archives.items()}
    made = _make_groups([(by_number[number], group_id) for number, group_id in groups.items()], named, by, at)
    for number, archive in archives.items():
        archive.facts["group_id"] = made.get(groups[number], groups[number])
    opened = open_new_archives(archives.values(), is_told=is_told, is_recorded=True, by=by, at=at)
    for number, customer_id in opened.items():
        by_number[number].outcome, by_number[number].customer_id = Outcome.CREATED, customer_id
    managers = ((pk, by_number[number].facts.get("account_manager")) for number, pk in opened.items())
    begin_terms(((pk, user and user.pk) for pk, user in managers), reason=HandoverReason.OPENED, at=at)
    raced = []
    if missed := archives.keys() - opened.keys():
        # Somebody opened them by hand a moment ago.
        found = Customer.with_merged.select_for_update(of=("self",)).filter(number__in=missed)
        raced = [(customer, by_number[customer.number]) for customer in found.order_by("pk")]
    ids = {**opened, **{customer.number: customer.pk for customer, _each in raced}}
    kept = {each: ids[number] for number, each in named.referrers.opened.items() if number in ids}
    named.referrers.opened = ids
    brought = [
        Customer(pk=opened[number], referrer_id=kept.get(referrer_id, referrer_id))
        for number, referrer_id in referrers.items()
        if number in opened
    ]
    rewrite(brought, ["referrer"])
    for customer in [*brought, *(customer for customer, _each in raced)]:
        named.referrers.note(customer.pk, customer.referrer_id)
    if raced:
        _change(raced, named, is_told=is_told, by=by, at=at)


def _checked_new(sent: Sequence[SentCustomer], named: _Named) -> tuple[dict[str, Archive], dict[str, uuid.UUID]]:
    """Return what is to be opened and who brought it, by number; those that come in beside it by ids of `opened`."""
    archives: dict[str, Archive] = {}
    referrers: dict[str, uuid.UUID] = {}
    ids = named.referrers.opened = {each.number: uuid7() for each in sent}
    for each in sent:
        try:
            _check_new(each, named.required)
            linked = _linked(Customer(pk=ids[each.number]), each, named) if _names_any(each) else {}
            archives[each.number] = _archive(each, linked.get("group_id"))
            if referrer_id := linked.get("referrer_id"):
                referrers[each.number] = referrer_id
                named.referrers.note(ids[each.number], referrer_id)
        except DomainError as refusal:
            each.outcome = refusal
    numbers = {each: number for number, each in ids.items()}
    while lost := [
        number
        for number, referrer_id in referrers.items()
        if number in archives and numbers.get(referrer_id, number) not in archives
    ]:
        # Who was to be opened beside it was refused.
        for number in lost:
            del archives[number]
            next(each for each in sent if each.number == number).outcome = NoSuchReferrer()
    return archives, referrers


def _names_any(sent: SentCustomer) -> bool:
    return bool(sent.facts.get("group") or sent.facts.get("referrer"))


def _check_new(sent: SentCustomer, required: Sequence[CustomField]) -> None:
    for refusal in _against_new(sent, required):
        raise refusal


def _facts_of_new(sent: SentCustomer) -> dict[str, Any]:
    return {"kind": sent.kind_if_new, **sent.if_empty, **sent.if_new, **sent.facts}


def _archive(sent: SentCustomer, group_id: uuid.UUID | None) -> Archive:
    facts = {name: value for name, value in _facts_of_new(sent).items() if name not in LINKS}
    if "custom_values" in facts:
        facts["custom_values"] = {key: value for key, value in facts["custom_values"].items() if value}
    return Archive(number=sent.number, kind=facts.pop("kind"), facts={**facts, "group_id": group_id})
