"""Whatever is done to customers, in whatever order: nothing that hangs on one is lost, doubled or left behind."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import pytest
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
    add_custom_field,
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

MOST_CUSTOMERS, TAGS = 5, 4
OWN_FIELDS = ("contract", "dock", "route")
PIECES = {"contact": Contact, "address": Address, "note": Interaction, "follow-up": FollowUp, "shipment": Shipment}
REMOVED: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    "contact": (contact_before, remove_contact, restore_contact),
    "address": (address_before, remove_address, restore_address),
    "note": (interaction_before, remove_interaction, restore_interaction),
}
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["create", "edit", "tag", "value", "add", "add", "remove", "restore", "merge", "merge", "undo", "undo"]
        ),
        st.integers(0, 9),
        st.integers(0, 9),
        st.sampled_from(sorted(PIECES)),
    ),
    max_size=24,
)


@dataclass
class Brought:
    """The tags and own values that a merge brought to the customer that was kept."""

    tags: set[str]
    values: dict[str, str]


@dataclass
class Expected:
    """What the product should hold, told apart from the product: who owns which piece, and what a merge carried."""

    owners: dict[tuple[str, Any], Any] = field(default_factory=dict)
    industries: dict[Any, str] = field(default_factory=dict)
    tags: dict[Any, list[str]] = field(default_factory=dict)
    values: dict[Any, dict[str, str]] = field(default_factory=dict)
    gone_into: dict[Any, Any] = field(default_factory=dict)
    merges: list[tuple[CustomerMerge, list[tuple[str, Any]], Brought]] = field(default_factory=list)
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
        elif kind == "tag":
            self.tag(here, second)
        elif kind == "value":
            self.value(here, second)
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
        self.expected.tags[customer.pk] = []
        self.expected.values[customer.pk] = {}
        for piece in PIECES:
            self.add(customer.pk, piece)

    def edit(self, pk: Any) -> None:
        industry = f"trade {next(self.made)}"
        self.write(pk, industry=industry)
        self.expected.industries[pk] = industry

    def tag(self, pk: Any, which: int) -> None:
        """Put one of a few tags on, or take it off."""
        tag, tags = f"tag {which % TAGS}", self.expected.tags[pk]
        tags = [each for each in tags if each != tag] if tag in tags else [*tags, tag]
        self.write(pk, tags=tags)
        self.expected.tags[pk] = tags

    def value(self, pk: Any, which: int) -> None:
        """Give one of the own fields another value, or none."""
        key, word = OWN_FIELDS[which % len(OWN_FIELDS)], f"word {next(self.made)}" if which % 3 else ""
        self.write(pk, custom_values={key: word})
        values = {each: value for each, value in self.expected.values[pk].items() if each != key}
        self.expected.values[pk] = values | ({key: word} if word else {})

    def write(self, pk: Any, **changed: Any) -> None:
        customer = Customer.objects.get(pk=pk)
        kept = ("industry", "region", "source", "tags", "preferred_channel", "preferred_language", "account_manager")
        update_customer(
            customer=customer,
            version=customer.version,
            kind=CustomerKind.COMPANY,
            company_name=customer.company_name,
            **{name: getattr(customer, name) for name in kept} | changed,
            by=self.by,
            at=self.at,
        )

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
        tags, values = self.expected.tags, self.expected.values
        new_tags = [tag for tag in tags[absorbed] if tag not in tags[kept]]
        new_values = {key: value for key, value in values[absorbed].items() if key not in values[kept]}
        tags[kept], values[kept] = [*tags[kept], *new_tags], values[kept] | new_values
        self.expected.merges.append((done, carried, Brought(set(new_tags), new_values)))

    def undo(self, which: int) -> None:
        merges = self.expected.merges
        if not merges:
            return
        done, carried, brought = merges[which % len(merges)]
        later = [each for each, *_what in merges[which % len(merges) + 1 :]]
        is_free = all(done.kept_id not in {each.kept_id, each.absorbed_id} for each in later)
        try:
            undo_merge(merge=done, by=self.by, at=self.at)
        except LaterMergeFirst:
            assert not is_free
            return
        assert is_free
        merges.remove((done, carried, brought))
        tags, values = self.expected.tags[done.kept_id], self.expected.values[done.kept_id]
        self.expected.tags[done.kept_id] = [tag for tag in tags if tag not in brought.tags]
        left = {key: value for key, value in values.items() if brought.values.get(key) != value}
        self.expected.values[done.kept_id] = left
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
        own = {each.pk: (each.tags, each.custom_values) for each in Customer.objects.filter(pk__in=mine)}
        assert own == {pk: (self.expected.tags[pk], self.expected.values[pk]) for pk in self.standing}


@pytest.fixture
def own_fields(tenant, administrator, now):
    for key in OWN_FIELDS:
        add_custom_field(key=key, label=key, kind="text", choices=[], order=1, by=administrator, at=now)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_any_sequence_of_create_edit_merge_and_undo_loses_nothing(tenant, supervisor, now, own_fields, steps):
    archive = Archive(supervisor, now)
    archive.check()
    for step in steps:
        archive.take(*step)
        archive.check()
    while archive.expected.merges:
        archive.undo(len(archive.expected.merges) - 1)
        archive.check()
