"""Whatever is done to customers, in whatever order: nothing that hangs on one is lost, doubled or left behind."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.accounts.models import User
from core.tenancy.errors import DomainError
from core.tenancy.ids import uuid7
from customers.enums import CustomerKind, InteractionKind
from customers.models import Address, Contact, Customer, CustomerMerge, FollowUp, Interaction
from customers.relations import moved
from customers.services import (
    LaterMergeFirst,
    MergeWithItself,
    add_address,
    add_contact,
    merge_customers,
    record_interaction,
    remove_address,
    remove_contact,
    undo_merge,
    update_customer,
)
from customers.services.interactions import remove_interaction
from customers.services.restoring import (
    address_before,
    contact_before,
    interaction_before,
    restore_address,
    restore_contact,
    restore_interaction,
)
from shipments.models import Shipment
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.customers import make_customer

MOST_CUSTOMERS = 5
PIECES = {"contact": Contact, "address": Address, "note": Interaction, "follow-up": FollowUp, "shipment": Shipment}
REMOVED: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    "contact": (contact_before, remove_contact, restore_contact),
    "address": (address_before, remove_address, restore_address),
    "note": (interaction_before, remove_interaction, restore_interaction),
}
steps = st.lists(
    st.tuples(
        st.sampled_from(["create", "edit", "add", "add", "remove", "restore", "merge", "merge", "undo", "undo"]),
        st.integers(0, 9),
        st.integers(0, 9),
        st.sampled_from(sorted(PIECES)),
    ),
    max_size=24,
)


@dataclass
class Expected:
    """What the product should hold, told apart from the product: who owns which piece, and what a merge carried."""

    owners: dict[tuple[str, Any], Any] = field(default_factory=dict)
    industries: dict[Any, str] = field(default_factory=dict)
    gone_into: dict[Any, Any] = field(default_factory=dict)
    merges: list[tuple[CustomerMerge, list[tuple[str, Any]]]] = field(default_factory=list)
    removed: list[tuple[str, Any, Any]] = field(default_factory=list)


class Archive:
    """Customers of one courier, what is done to them, and what is expected of them after each step."""

    def __init__(self, by: User, at: datetime) -> None:
        self.by = by
        self.at = at
        self.made = count()
        self.expected = Expected()
        for _each in range(2):
            self.create()

    @property
    def standing(self) -> list[Any]:
        return [pk for pk in self.expected.industries if pk not in self.expected.gone_into]

    def take(self, kind: str, first: int, second: int, piece: str) -> None:
        here = self.standing[first % len(self.standing)]
        if kind == "create":
            if len(self.expected.industries) < MOST_CUSTOMERS:
                self.create()
        elif kind == "edit":
            self.edit(here)
        elif kind == "add":
            self.add(here, piece)
        elif kind == "remove":
            self.remove(here, piece, second)
        elif kind == "restore":
            self.restore()
        elif kind == "merge":
            self.merge(here, self.standing[second % len(self.standing)])
        else:
            self.undo(second)

    def create(self) -> None:
        number = f"S-{uuid7().hex[-12:]}"
        customer = make_customer(number=number, industry="new", at=self.at)
        self.expected.industries[customer.pk] = "new"
        for piece in PIECES:
            self.add(customer.pk, piece)

    def edit(self, pk: Any) -> None:
        customer = Customer.objects.get(pk=pk)
        industry = f"trade {next(self.made)}"
        kept = ("region", "source", "tags", "preferred_channel", "preferred_language", "account_manager")
        facts = {name: getattr(customer, name) for name in kept}
        update_customer(
            customer=customer,
            version=customer.version,
            kind=CustomerKind.COMPANY,
            company_name=customer.company_name,
            industry=industry,
            **facts,
            by=self.by,
            at=self.at,
        )
        self.expected.industries[pk] = industry

    def add(self, pk: Any, piece: str) -> None:
        customer = Customer.objects.get(pk=pk)
        words = f"{piece} {next(self.made)}"
        if piece == "contact":
            made: Any = add_contact(customer=customer, name=words, at=self.at)
        elif piece == "address":
            made = add_address(customer=customer, street=words, by=self.by, at=self.at)
        elif piece == "note":
            facts = {"kind": InteractionKind.NOTE, "text": words, "by": self.by, "at": self.at}
            made = record_interaction(customer=customer, **facts)
        elif piece == "follow-up":
            made = make_follow_up(customer=customer, subject=words, at=self.at)
        else:
            facts = {"waybill_number": f"W-{uuid7().hex[-12:]}", "accepted_at": self.at, "freight": "9.00"}
            made = Shipment.objects.create(customer=customer, **facts)
            Customer.objects.filter(pk=pk).update(shipment_count=customer.shipment_count + 1)
        self.expected.owners[piece, made.pk] = pk

    def remove(self, pk: Any, piece: str, which: int) -> None:
        own = [key for kind, key in self.expected.owners if kind == piece and self.expected.owners[kind, key] == pk]
        if piece not in REMOVED or not own:
            return
        before_of, remove, _restore = REMOVED[piece]
        record = PIECES[piece].objects.get(pk=own[which % len(own)])
        before = before_of(record)
        remove(**{"interaction" if piece == "note" else piece: record}, by=self.by, at=self.at)
        del self.expected.owners[piece, record.pk]
        self.expected.removed.append((piece, pk, before))

    def restore(self) -> None:
        if not self.expected.removed:
            return
        piece, pk, before = self.expected.removed.pop()
        try:
            made = REMOVED[piece][2](customer_id=pk, before=before, by=self.by, at=self.at)
        except DomainError:
            # Its customer was merged away meanwhile, or the contact it was with is gone: refused, and nothing is there.
            return
        self.expected.owners[piece, made.pk] = pk

    def merge(self, kept: Any, absorbed: Any) -> None:
        pair = {each.pk: each for each in Customer.objects.filter(pk__in=[kept, absorbed])}
        try:
            done = merge_customers(
                kept=pair[kept],
                absorbed=pair[absorbed],
                versions=(pair[kept].version, pair[absorbed].version),
                take=(),
                by=self.by,
                at=self.at,
            )
        except MergeWithItself:
            assert kept == absorbed
            return
        carried = [piece for piece, owner in self.expected.owners.items() if owner == absorbed]
        self.expected.owners.update(dict.fromkeys(carried, kept))
        self.expected.gone_into[absorbed] = kept
        self.expected.merges.append((done, carried))

    def undo(self, which: int) -> None:
        merges = self.expected.merges
        if not merges:
            return
        done, carried = merges[which % len(merges)]
        later = [each for each, _carried in merges[which % len(merges) + 1 :]]
        is_free = all(done.kept_id not in {each.kept_id, each.absorbed_id} for each in later)
        try:
            undo_merge(merge=done, by=self.by, at=self.at)
        except LaterMergeFirst:
            assert not is_free
            return
        assert is_free
        merges.remove((done, carried))
        del self.expected.gone_into[done.absorbed_id]
        back = [piece for piece in carried if self.expected.owners.get(piece) == done.kept_id]
        self.expected.owners.update(dict.fromkeys(back, done.absorbed_id))

    def check(self) -> None:
        mine = list(self.expected.industries)
        assert set(Customer.objects.filter(pk__in=mine).values_list("pk", flat=True)) == set(self.standing)
        for piece, model in PIECES.items():
            rows = model.objects.filter(customer__in=mine)
            if piece == "note":
                rows = rows.filter(kind=InteractionKind.NOTE)
            there = dict(rows.values_list("pk", "customer_id"))
            assert there == {key: owner for (kind, key), owner in self.expected.owners.items() if kind == piece}, piece
        for key, relation in moved().items():
            left = relation.model.objects.filter(**{f"{relation.moves}__in": self.expected.gone_into})
            assert not left.exists(), key
        shipped = Counter(owner for (kind, _key), owner in self.expected.owners.items() if kind == "shipment")
        shown = Customer.objects.filter(pk__in=mine).values_list("pk", "shipment_count", "industry")
        assert set(shown) == {(pk, shipped[pk], self.expected.industries[pk]) for pk in self.standing}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_any_sequence_of_create_edit_merge_and_undo_loses_nothing(tenant, supervisor, now, steps):
    archive = Archive(supervisor, now)
    archive.check()
    for step in steps:
        archive.take(*step)
        archive.check()
    while archive.expected.merges:
        archive.undo(len(archive.expected.merges) - 1)
        archive.check()
