"""Undoing what a file brought in: record by record as it was, unless somebody touched it since."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record_many
from core.tenancy.copying import rewrite
from core.tenancy.models import TenantModel
from customers.enums import HandoverReason
from customers.models import ContactPoint, Customer, CustomerGroup
from customers.relations import relations
from customers.search_index import forget_tokens, index_customers
from customers.services.groups import remove_unused_groups
from customers.services.many import NAMES
from customers.services.many_parts import ADDRESSES, CONTACTS, Part, PartKind
from customers.services.terms import Handover, note_handovers
from customers.turns import wait_for_imports

GONE = _("It is not there any more.")
CHANGED = _("Somebody changed it since.")
IN_USE = _("Something hangs on it by now, such as contacts or shipments.")
# As what stood in them before is named.
LINKED = ("group_id", "referrer_id")


@dataclass(slots=True)
class Written:
    """A record that was written: its version since, and the `facts` before, as `SentCustomer.before` has them.

    `made_group` are id and name of the group that was made for it, empty where none was.
    Of a contact or an address, `points` are the ways to be reached that were added, and `freed` the id of the one whose
    primary place it took, its version since and before. `kept` says why it stays as it is, None where it was undone.
    """

    record_id: uuid.UUID
    is_new: bool
    version: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    made_group: Sequence[str] = ()
    points: Sequence[str] = ()
    freed: Sequence[Any] = ()
    kept: Promise | None = None


@dataclass(slots=True)
class WrittenRow:
    """What one row wrote: a customer, new or changed or as it was, and contact and address by their kinds."""

    customer: Written
    parts: Mapping[PartKind, Written]

    @property
    def kept(self) -> Promise | None:
        """Why the row stays as it is; None where it is, or was, undone."""
        return next((each.kept for each in (self.customer, *self.parts.values()) if each.kept is not None), None)

    def keep_together(self) -> None:
        """Keep all of the row where anything of it is kept."""
        for each in (self.customer, *self.parts.values()):
            each.kept = each.kept or self.kept


def undo_customers(*, written: Sequence[Written], by: User, at: datetime) -> None:
    """Remove customers that are new and restore the facts of others (see undo_rows)."""
    undo_rows(rows=[WrittenRow(each, {}) for each in written], by=by, at=at)


@transaction.atomic
def undo_rows(*, rows: Sequence[WrittenRow], by: User, at: datetime) -> None:
    """Remove customers that are new and restore the facts of others, with the contact and the address that came with
    them: all of a row, or nothing of it. A few statements, however many there are.
    """
    wait_for_imports()
    customers = [row.customer for row in rows]
    stored = _hold_customers(customers)
    parts = {kind: [row.parts[kind] for row in rows if kind in row.parts] for kind in (CONTACTS, ADDRESSES)}
    held = {kind: _hold_parts(kind, written) for kind, written in parts.items() if written}
    for row in rows:
        row.keep_together()
    leaving = {kind.model: [each.record_id for each in parts[kind] if each.kept is None] for kind in held}
    going = [each.record_id for each in customers if each.is_new or LINKED[1] in each.facts]
    _keep_used(Customer, customers, leaving={Customer: going, **leaving})
    for row in rows:
        row.keep_together()
    _keep_referrers(rows, stored)
    for kind, known in held.items():
        _undo_parts(kind, known, parts[kind], by, at)
    undone = [each for each in customers if each.kept is None and (each.is_new or each.facts)]
    _restore([(stored[each.record_id], each) for each in undone if not each.is_new], stored, by, at)
    _remove([stored[each.record_id] for each in undone if each.is_new], by, at)
    remove_unused_groups([each.made_group for each in customers if each.made_group], by=by, at=at)


def _hold_customers(written: Sequence[Written]) -> dict[uuid.UUID, Customer]:
    """Hold customers and who had brought them, and return them all; those that somebody touched since are kept."""
    ids = [each.record_id for each in written]
    ids += [uuid.UUID(each.facts[LINKED[1]]) for each in written if each.facts.get(LINKED[1])]
    found = Customer.with_merged.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    stored = {customer.pk: customer for customer in found}
    for each in written:
        customer = stored.get(each.record_id)
        if customer is None or customer.merged_into_id is not None or customer.erased_at is not None:
            each.kept = GONE
        elif customer.version != each.version and (each.is_new or each.facts):
            each.kept = CHANGED
    return stored


def _keep_used(
    model: type[TenantModel], written: Sequence[Written], *, leaving: Mapping[type[TenantModel], Any] | None = None
) -> None:
    """Keep new records on which something hangs, other than what is `leaving` together with them."""
    used = _used(model, [each.record_id for each in written if each.is_new], leaving or {})
    for each in written:
        if each.kept is None and each.is_new and each.record_id in used:
            each.kept = IN_USE


def _keep_referrers(rows: Sequence[WrittenRow], stored: Mapping[uuid.UUID, Customer]) -> None:
    """Keep the new ones that brought somebody who stays as they are; that may be another new one that is kept."""
    while kept := {
        stored[row.customer.record_id].referrer_id
        for row in rows
        if row.kept is not None and row.customer.record_id in stored
    } & {row.customer.record_id for row in rows if row.customer.is_new and row.kept is None}:
        for row in rows:
            if row.customer.record_id in kept:
                row.customer.kept = IN_USE
                row.keep_together()


def _used(
    model: type[TenantModel], ids: Sequence[uuid.UUID], leaving: Mapping[type[TenantModel], Any]
) -> set[uuid.UUID]:
    """Return the records on which anything hangs that does not go with them; one query for each foreign key to them."""
    used: set[uuid.UUID] = set()
    going = _going_along()
    for each in model._meta.get_fields(include_hidden=True):
        if each.one_to_many and going.get(each.related_model) != Q():
            name = each.field.attname
            rows = each.related_model.with_merged if each.related_model is Customer else each.related_model.objects
            rows = rows.filter(**{f"{name}__in": ids})
            if each.related_model in going:
                rows = rows.exclude(going[each.related_model])
            if each.related_model in leaving and each.field.name != "merged_into":
                rows = rows.exclude(pk__in=leaving[each.related_model])
            used |= set(rows.values_list(name, flat=True).distinct())
    return used


def _going_along() -> dict[type[TenantModel], Q]:
    """Return which rows go with a record that is removed; the ways to reach a contact go with it."""
    found = {each.model: each.goes_along for each in relations().values() if each.goes_along is not None}
    return {**found, ContactPoint: Q()}


def _restore(
    pairs: Sequence[tuple[Customer, Written]], stored: Mapping[uuid.UUID, Customer], by: User, at: datetime
) -> None:
    names, renamed, handovers = {"version"}, [], []
    managers = [each.facts["account_manager"] for _customer, each in pairs if each.facts.get("account_manager")]
    people = User.objects.in_bulk(managers)
    linked = _still_there(pairs)
    for customer, each in pairs:
        handovers.append(Handover(customer, customer.account_manager_id))
        for name, value in each.facts.items():
            known = people.get(uuid.UUID(value)) if name == "account_manager" and value else value
            setattr(customer, name, linked.get(value) if name in LINKED else known)
        customer.version += 1
        names |= {name.removesuffix("_id") for name in each.facts}
        if NAMES & each.facts.keys():
            renamed.append(customer.pk)
    customers = [customer for customer, _each in pairs]
    for customer in customers:
        # Whom somebody names as brought by this one since, did not bring it.
        if (former := stored.get(customer.referrer_id)) and former.referrer_id == customer.pk:
            customer.referrer_id = None
    rewrite(customers, names)
    index_customers(renamed)
    record_many("customer.updated", customers, by=by, at=at)
    note_handovers(handovers, reason=HandoverReason.IMPORTED, is_told=False, by=by, at=at)


def _still_there(pairs: Sequence[tuple[Customer, Written]]) -> dict[str | None, uuid.UUID]:
    """Return the ids of groups and referrers, by their texts, that are there still; a query for each that was named."""
    found: dict[str | None, uuid.UUID] = {}
    for name, rows in ((LINKED[0], CustomerGroup.objects), (LINKED[1], Customer.with_merged)):
        ids = [each.facts[name] for _customer, each in pairs if each.facts.get(name)]
        found |= {str(pk): pk for pk in rows.filter(pk__in=ids).values_list("pk", flat=True)} if ids else {}
    return found


def _remove(customers: Sequence[Customer], by: User, at: datetime) -> None:
    ids = [customer.pk for customer in customers]
    record_many("customer.removed", customers, by=by, at=at, details=lambda customer: {"number": customer.number})
    forget_tokens(ids)
    for model, of_itself in _going_along().items():
        if of_itself:
            model.objects.filter(of_itself, customer__in=ids).delete()
    Customer.with_merged.filter(pk__in=ids).delete()


@transaction.atomic
def undo_parts(kind: PartKind, *, written: Sequence[Written], by: User, at: datetime) -> None:
    """Remove contacts or addresses that are new and restore the facts of others; a few statements in all."""
    wait_for_imports()
    _undo_parts(kind, _hold_parts(kind, written), written, by, at)


def _hold_parts(kind: PartKind, written: Sequence[Written]) -> dict[uuid.UUID, Part]:
    """Hold the customers of parts and return all parts of theirs; what somebody touched since or uses is kept."""
    owners = kind.model.objects.filter(pk__in=[each.record_id for each in written]).values("customer")
    found = Customer.objects.select_for_update(of=("self",)).filter(pk__in=owners).order_by("pk")
    customers = {customer.pk: customer for customer in found}
    stored: dict[uuid.UUID, Part] = {part.pk: part for part in kind.stored(customers)}
    for part in stored.values():
        part.customer = customers[part.customer_id]
    for each in written:
        part = stored.get(each.record_id)
        if part is None:
            each.kept = GONE
        elif part.version != each.version:
            each.kept = CHANGED
    _keep_used(kind.model, written)
    return stored


def _undo_parts(
    kind: PartKind, stored: Mapping[uuid.UUID, Part], written: Sequence[Written], by: User, at: datetime
) -> None:
    undone = [each for each in written if each.kept is None]
    new = [stored[each.record_id] for each in undone if each.is_new]
    restored = {each.record_id: stored[each.record_id] for each in undone if not each.is_new}
    record_many(f"{kind.action}.removed", [part.customer for part in new], by=by, at=at)
    _put_back(kind, stored, undone, new, restored)
    record_many(f"{kind.action}.updated", restored.values(), of=lambda part: part.customer, by=by, at=at)
    if kind is CONTACTS:
        index_customers(part.customer_id for part in [*new, *restored.values()])


def _put_back(
    kind: PartKind,
    stored: Mapping[uuid.UUID, Part],
    undone: Sequence[Written],
    new: Sequence[Part],
    restored: Mapping[uuid.UUID, Part],
) -> None:
    kind.model.objects.filter(pk__in=[part.pk for part in new]).delete()
    ContactPoint.objects.filter(pk__in=[point for each in undone for point in each.points]).delete()
    for each in undone:
        for name, value in each.facts.items():
            setattr(stored[each.record_id], name, value)
    for part in restored.values():
        part.version += 1
    changed = {**restored, **_give_back(stored, undone, restored)}
    # The primary place is left before it is taken.
    for is_primary in (False, True):
        rewrite([part for part in changed.values() if part.is_primary == is_primary], [*kind.names, "version"])


def _give_back(
    stored: Mapping[uuid.UUID, Part], undone: Sequence[Written], restored: Mapping[uuid.UUID, Part]
) -> dict[uuid.UUID, Part]:
    """Return the parts that are the primary ones again, unless somebody touched them since."""
    gone = {each.record_id for each in undone if each.is_new}
    taken = {part.customer_id for part in stored.values() if part.is_primary and part.pk not in gone}
    places = {}
    for each in undone:
        if not each.freed:
            continue
        part_id, since, before = each.freed
        part = stored.get(uuid.UUID(part_id))
        if part is None or part.pk in gone or part.pk in restored or part.customer_id in taken:
            continue
        if part.version == since:
            part.is_primary, part.version = True, before
            places[part.pk] = part
            taken.add(part.customer_id)
    return places
