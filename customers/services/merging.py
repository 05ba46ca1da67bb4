import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.accounts.permissions import may
from core.audit.actions import field_label
from core.audit.services import record
from core.crypto.register import Kind, kind_of
from core.events.services import publish
from core.partners.models import ApiKey
from customers.carrying import carry, carry_back, carry_over, stand_under, with_late_rows
from customers.enums import CustomerKind, HandoverReason
from customers.models import MAX_TAGS, Customer, CustomerMerge, CustomField, MergedRow
from customers.permissions import ASSIGN
from customers.querysets import UNDOABLE
from customers.relations import moved, relations, staying
from customers.search_index import index_customers
from customers.services.changes import MayNotAssign, TooManyTags, check_name
from customers.services.merge_facts import (
    CHOSEN,
    WRITTEN,
    facts_of,
    plain,
    put_back,
    set_facts,
    standings_taken,
    take_standings,
)
from customers.services.merge_refusals import (
    LaterMergeFirst,
    MergeChanged,
    MergeClash,
    MergedAlready,
    MergeKept,
    MergeOfErased,
    MergeUndone,
    MergeWithItself,
    NoSuchFact,
    OlderKept,
)
from customers.services.referrers import without_circle
from customers.services.terms import Handover, begin_terms, check_keeps_manager, end_terms, note_handovers

OWN = "own-"
FIGURES = (
    "tier",
    "tier_since",
    "contribution",
    "window_shipment_count",
    "lower_tier",
    "lower_runs",
    "lower_as_of",
    "segment",
)
NO_FIGURES = dict.fromkeys(FIGURES) | {"contribution": 0, "window_shipment_count": 0, "lower_runs": 0}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A fact in which two customers differ; `is_personal` ones are not shown in clear."""

    name: str
    label: str
    kept: Any
    absorbed: Any
    is_personal: bool


@dataclass(frozen=True, kw_only=True)
class MergePlan:
    """What a merge will do: facts to choose from, rows that move, what stays and why, and what cannot be carried.

    `takes` is what nobody chooses: where the kept customer will stand as the absorbed one does.
    """

    facts: list[Fact]
    takes: list[Fact]
    moves: list[tuple[str | Promise, int]]
    stays: list[tuple[str | Promise, str | Promise]]
    clashes: list[tuple[str | Promise, int]]


def plan_merge(*, kept: Customer, absorbed: Customer) -> MergePlan:
    """Return what a merge of the two would do, changing nothing. One query for each relation that moves, and clash."""
    return MergePlan(
        facts=[
            Fact(
                name=name,
                label=field_label(name),
                kept=_chosen(kept, name, of=absorbed),
                absorbed=_chosen(absorbed, name, of=kept),
                is_personal=kind_of(Customer._meta.get_field(name)) != Kind.BUSINESS,
            )
            for name in CHOSEN
            if (_chosen(kept, name, of=absorbed) or None) != (_chosen(absorbed, name, of=kept) or None)
        ]
        + [
            Fact(
                name=f"{OWN}{field.key}",
                label=field.label,
                kept=kept.custom_values[field.key],
                absorbed=absorbed.custom_values[field.key],
                is_personal=False,
            )
            for field in CustomField.objects.order_by("order", "id")
            if kept.custom_values.get(field.key, absorbed.custom_values.get(field.key))
            != absorbed.custom_values.get(field.key, kept.custom_values.get(field.key))
        ],
        takes=[
            Fact(
                name=name,
                label=field_label(name),
                kept=getattr(kept, name),
                absorbed=getattr(absorbed, name),
                is_personal=False,
            )
            for name, *_with in standings_taken(kept, absorbed)
            if getattr(kept, name) != getattr(absorbed, name)
        ],
        moves=[
            (relation.label, relation.model.objects.filter(**{relation.moves: absorbed}).count())
            for relation in moved().values()
        ],
        stays=[(relation.label, relation.stays) for relation in staying().values()],
        clashes=list(_clashes(kept, absorbed)),
    )


def _chosen(customer: Customer, name: str, *, of: Customer) -> Any:
    """Return what a customer has to choose of a fact; nobody brings itself, so neither of the two is a referrer."""
    value = getattr(customer, name)
    return None if name == "referrer" and value in (customer, of) else value


@transaction.atomic
def merge_customers(
    *,
    kept: Customer,
    absorbed: Customer,
    versions: tuple[int, int],
    take: Collection[str] = (),
    by: User | ApiKey,
    at: datetime,
) -> CustomerMerge:
    """Let one customer take the place of another, which is the same; `take` names the facts to have from that one.

    Tags are united, and own fields that do not differ. All that hangs on the absorbed customer moves, as its relations
    say; its number stays taken. `versions` are those of the two that the caller read. Contribution and shipments add
    up; tier, stage and self-service are as `standings_taken` says. Can be undone for thirty days. Who may not give
    customers to others brings nobody's customer to another account manager by it. Raises MergeWithItself,
    MergedAlready, MergeOfErased, MergeChanged, MergeClash, NeedsManager, MayNotAssign, OlderKept, NoSuchFact,
    TooManyTags, or what a change of facts does.
    """
    if kept.pk == absorbed.pk:
        raise MergeWithItself
    kept, absorbed = _lock(kept.pk, absorbed.pk)
    if kept.merged_into_id or absorbed.merged_into_id:
        raise MergedAlready
    if kept.erased_at or absorbed.erased_at:
        raise MergeOfErased
    if (kept.version, absorbed.version) != versions:
        raise MergeChanged
    if clashes := [str(label) for label, _count in _clashes(kept, absorbed)]:
        raise MergeClash(_("These cannot stand beside each other: %(labels)s.") % {"labels": ", ".join(clashes)})

    _check_manager(kept, absorbed, take, by)
    before, former_id = facts_of(kept), kept.account_manager_id
    figures = {name: plain(getattr(absorbed, name)) for name in FIGURES}
    _take(kept, absorbed, take)
    take_standings(kept, absorbed)
    kept.contribution += absorbed.contribution
    kept.window_shipment_count += absorbed.window_shipment_count
    kept.version += 1
    kept.save(update_fields=[*WRITTEN, "contribution", "window_shipment_count", "version"])
    set_facts(absorbed, NO_FIGURES)
    absorbed.merged_into = kept
    absorbed.version += 1
    absorbed.save(update_fields=[*FIGURES, "merged_into", "version"])
    merge = CustomerMerge.objects.create(
        kept=kept,
        absorbed=absorbed,
        facts={
            "before": before,
            "after": facts_of(kept),
            "figures": figures,
            "sums": [str(kept.contribution), kept.window_shipment_count],
        },
        merged_at=at,
        merged_by=by if isinstance(by, User) else None,
    )
    stand_under(kept.pk)
    carry_over(merge)
    _recount(kept.pk, absorbed.pk)
    index_customers([kept.pk, absorbed.pk])
    record("customer.merged", subject=kept, by=by, at=at, details={"absorbed": absorbed.number})
    end_terms([absorbed.pk], reason=HandoverReason.MERGED, at=at)
    note_handovers([Handover(kept, former_id)], reason=HandoverReason.MERGED, by=by, at=at)
    record("customer.absorbed", subject=absorbed, by=by, at=at, details={"kept_number": kept.number})
    publish("customer.merged", **_told(merge), at=at)
    _tell_rooms(merge, before, by)
    return merge


@transaction.atomic
def undo_merge(*, merge: CustomerMerge, by: User | ApiKey, at: datetime) -> CustomerMerge:
    """Let the absorbed customer stand by itself again, with all that came from it and still hangs on the kept one.

    Facts that the merge changed and nobody since go back to what they were, tags and own fields one by one.
    Contribution and tier of the absorbed one are those of before until the next evaluation. Raises MergeUndone,
    MergeKept or LaterMergeFirst.
    """
    kept, absorbed = _lock(merge.kept_id, merge.absorbed_id)
    merge = CustomerMerge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        raise MergeUndone
    if merge.facts is None or at > merge.merged_at + UNDOABLE:
        raise MergeKept
    later = CustomerMerge.objects.filter(kept=kept, undone_at=None, pk__gt=merge.pk)
    if kept.merged_into_id or later.exists():
        raise LaterMergeFirst

    facts = merge.facts
    stood, former_id = facts_of(kept), kept.account_manager_id
    put_back(kept, before=facts["before"], after=facts["after"])
    figures = {name: Customer._meta.get_field(name).to_python(value) for name, value in facts["figures"].items()}
    if facts["sums"] == [str(kept.contribution), kept.window_shipment_count]:
        kept.contribution -= figures["contribution"]
        kept.window_shipment_count -= figures["window_shipment_count"]
    else:
        # Evaluated meanwhile: as good as can be told until the next time.
        kept.contribution = max(Decimal(0), kept.contribution - figures["contribution"])
        kept.window_shipment_count = max(0, kept.window_shipment_count - figures["window_shipment_count"])
    moved_back = MergedRow.objects.filter(merge_id=merge.pk).values("row_id")
    kept.referrer_id = without_circle(kept.referrer_id, pair=[kept.pk], leaving=moved_back)
    kept.version += 1
    kept.save(update_fields=[*WRITTEN, "contribution", "window_shipment_count", "version"])
    set_facts(absorbed, figures)
    absorbed.merged_into = None
    absorbed.version += 1
    absorbed.save(update_fields=[*FIGURES, "merged_into", "version"])
    carry_back(merge, now_at=kept.pk)
    merge.kept, merge.absorbed = kept, absorbed
    merge.facts, merge.undone_at = None, at
    merge.undone_by = by if isinstance(by, User) else None
    merge.save(update_fields=["facts", "undone_at", "undone_by"])
    stand_under(absorbed.pk)
    _recount(kept.pk, absorbed.pk)
    index_customers([kept.pk, absorbed.pk])
    record("customer.merge_undone", subject=kept, by=by, at=at, details={"absorbed": absorbed.number})
    begin_terms([(absorbed.pk, absorbed.account_manager_id)], reason=HandoverReason.MERGED, at=at)
    note_handovers([Handover(kept, former_id)], reason=HandoverReason.MERGED, by=by, at=at)
    record("customer.merge_undone", subject=absorbed, by=by, at=at, details={"kept_number": kept.number})
    publish("customer.merge_undone", **_told(merge), at=at)
    _tell_rooms(merge, stood, by)
    return merge


def look_after_merges(*, business_date: date, at: datetime) -> dict[str, int]:
    """Move what was written for an absorbed customer meanwhile, and forget what undoes merges of long ago."""
    late = 0
    for key, relation in moved().items():
        # Who was merged first hands on to whom was merged later.
        while merges := with_late_rows(relation):
            for merge in merges:
                kept, absorbed = _lock(merge.kept_id, merge.absorbed_id)
                carry(merge, key, relation)
                _recount(kept.pk, absorbed.pk)
                late += 1
    old = list(CustomerMerge.objects.filter(merged_at__lt=at - UNDOABLE, facts__isnull=False).order_by("pk"))
    for merge in old:
        _forget(merge)
    return {"late": late, "forgotten": len(old)}


def count_absorbed(customer: Customer) -> int:
    """Count the customers merged into this one of which something personal is kept."""
    of_person = Q(person_name__isnull=False) | Q(special_needs__isnull=False) | Q(birthday__isnull=False)
    undoable = CustomerMerge.objects.filter(undone_at=None, facts__isnull=False).values("absorbed")
    return Customer.with_merged.filter(of_person | Q(pk__in=undoable), merged_into=customer).count()


def forget_merges(customer: Customer) -> None:
    """Forget what undoes the merges by which this customer took others' places, or another took its place."""
    of_it = Q(kept=customer) | Q(absorbed=customer)
    for merge in CustomerMerge.objects.filter(of_it, facts__isnull=False).order_by("pk"):
        _forget(merge)


def part_customer(customer_id: uuid.UUID, *, at: datetime) -> None:
    """Let a customer that is merged, if it is, stand by itself with what came from it, without figures and for good."""
    merge = CustomerMerge.objects.filter(absorbed=customer_id, undone_at=None).first()
    if merge is None:
        return
    root, customer = _lock(Customer.with_merged.get(pk=customer_id).merged_into_id, customer_id)
    carry_back(merge, now_at=root.pk)
    customer.merged_into = None
    customer.save(update_fields=["merged_into"])
    merge.facts, merge.undone_at = None, at
    merge.save(update_fields=["facts", "undone_at"])
    stand_under(customer.pk)
    begin_terms([(customer.pk, customer.account_manager_id)], reason=HandoverReason.MERGED, at=at)
    _recount(root.pk, customer.pk)
    index_customers([root.pk, customer.pk])


def _forget(merge: CustomerMerge) -> None:
    """Its name stays with the customer that was absorbed: people call by it, and texts hide it."""
    MergedRow.objects.filter(merge_id=merge.pk)._raw_delete(MergedRow.objects.db)
    merge.facts = None
    merge.save(update_fields=["facts"])
    Customer.with_merged.filter(pk=merge.absorbed_id).update(special_needs=None, birthday=None)


def _lock(kept_id: uuid.UUID, absorbed_id: uuid.UUID) -> tuple[Customer, Customer]:
    for relation in moved().values():
        if relation.wait is not None:
            relation.wait()
    locked = Customer.with_merged.select_for_update(of=("self",)).order_by("pk").in_bulk([kept_id, absorbed_id])
    return locked[kept_id], locked[absorbed_id]


def _clashes(kept: Customer, absorbed: Customer) -> Iterator[tuple[str | Promise, int]]:
    for relation in moved().values():
        if relation.clashes is not None and (count := relation.clashes(kept, absorbed)):
            yield relation.label, count


def _check_manager(kept: Customer, absorbed: Customer, names: Collection[str], by: User | ApiKey) -> None:
    """Raise NeedsManager, or MayNotAssign or OlderKept where the merge would hand over what its caller may not.

    A customer that somebody has just opened would else bring them any older one of which they say that it is the same.
    """
    manager = absorbed.account_manager if "account_manager" in names else kept.account_manager
    for customer in (kept, absorbed):
        check_keeps_manager(customer, manager)
    if kept.account_manager_id == absorbed.account_manager_id or may(by, ASSIGN):
        return
    if "account_manager" in names:
        raise MayNotAssign
    if kept.account_manager_id is not None and kept.created_at > absorbed.created_at:
        raise OlderKept


def _take(kept: Customer, absorbed: Customer, names: Collection[str]) -> None:
    own = {name.removeprefix(OWN) for name in names if name.startswith(OWN)}
    chosen = {name for name in names if not name.startswith(OWN)}
    if unknown := (chosen - set(CHOSEN)) | (own - absorbed.custom_values.keys()):
        raise NoSuchFact(format_lazy(_("There is no fact called “{name}” to take."), name=min(unknown)))
    for name in chosen:
        setattr(kept, name, getattr(absorbed, name))
    kept.referrer_id = without_circle(kept.referrer_id, pair=(kept.pk, absorbed.pk))
    check_name(kept.kind, kept.person_name if kept.kind == CustomerKind.INDIVIDUAL else kept.company_name)
    kept.tags = list(dict.fromkeys([*kept.tags, *absorbed.tags]))
    if len(kept.tags) > MAX_TAGS:
        raise TooManyTags(format_lazy(_("Together they have more than {most} tags. Remove some first."), most=MAX_TAGS))
    taken = {key: absorbed.custom_values[key] for key in own}
    kept.custom_values = {**absorbed.custom_values, **kept.custom_values, **taken}


def _recount(*ids: uuid.UUID) -> None:
    for relation in moved().values():
        if relation.recount is not None:
            relation.recount(ids)


def _tell_rooms(merge: CustomerMerge, stood: dict[str, Any], by: User | ApiKey) -> None:
    for relation in relations().values():
        if relation.tell is not None:
            relation.tell(merge, stood, by)


def _told(merge: CustomerMerge) -> dict[str, Any]:
    """Return what an event tells of a merge."""
    kept, absorbed = merge.kept, merge.absorbed
    payload = {"number": kept.number, "version": kept.version}
    payload |= {"absorbed_id": str(absorbed.pk), "absorbed_number": absorbed.number}
    return {"subject_id": kept.pk, "payload": payload}
