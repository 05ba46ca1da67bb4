"""The shapes in which customers are read."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import F, Prefetch, Q, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import Coalesce

from core.crypto.fields import readable
from core.tenancy.prepared import Prepared
from customers.models import (
    Address,
    Contact,
    ContactPoint,
    Customer,
    CustomerMerge,
    CustomField,
    DuplicateCandidate,
    Interaction,
    PurposeText,
)
from customers.numbers import spellings
from customers.timeline import MOST_NAMES

SHOWN_ON_RECORD = 10
UNDOABLE = timedelta(days=30)


def for_list(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Bring what a list shows, in one query; personal fields that it does not show stay in the database."""
    return customers.select_related("account_manager", "group").defer("special_needs", "birthday")


def for_search(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Bring what a hit of the search shows."""
    return customers.defer("special_needs", "birthday")


def for_record(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Bring the account manager, contacts with their points, and addresses: four queries, main ones first."""
    return customers.select_related("account_manager").prefetch_related(
        Prefetch("contacts", queryset=_contacts()), Prefetch("addresses", queryset=_addresses())
    )


def as_opened(customer: Customer) -> Customer:
    """Return a customer that has just been created as for_record and with_links bring it: it has no parts yet.

    One query where it has a referrer, none else.
    """
    customer._prefetched_objects_cache = {"contacts": [], "addresses": []}
    customer.group_name = customer.group.name if customer.group else ""
    customer.referrer_number = customer.referrer.number if customer.referrer else ""
    return customer


def with_links(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Bring what the group of each is called and the number of who brought it, empty for none, in the same query."""
    return customers.annotate(
        group_name=Coalesce(F("group__name"), Value("")), referrer_number=Coalesce(F("referrer__number"), Value(""))
    )


def bring_links(customers: Sequence[Customer]) -> None:
    """Bring the same to customers that have been read: one query."""
    found = with_links(Customer.with_merged.filter(pk__in=[each.pk for each in customers]))
    linked = {pk: names for pk, *names in found.values_list("pk", "group_name", "referrer_number")}
    for each in customers:
        each.group_name, each.referrer_number = linked[each.pk]


CONTACTS = Prepared(lambda customer_id: contacts_in_order().filter(customer_id=customer_id))
POINTS = Prepared(lambda customer_id: _points().filter(contact__customer_id=customer_id))
ADDRESSES = Prepared(lambda customer_id: _addresses().filter(customer_id=customer_id))
CUSTOMER = Prepared(lambda customer_id: with_links(Customer.objects.filter(pk=customer_id)))


def record_of(customer_id: uuid.UUID) -> Customer:
    """Return a customer as for_record and with_links bring it, but for the account manager.

    Raises Customer.DoesNotExist.
    """
    customers = CUSTOMER.rows(customer_id)
    if not customers:
        raise Customer.DoesNotExist
    [customer] = customers
    contacts = CONTACTS.rows(customer_id)
    points = POINTS.rows(customer_id) if contacts else []
    for contact in contacts:
        of_contact = [point for point in points if point.contact_id == contact.pk]
        contact._prefetched_objects_cache = {"points": of_contact}
    customer._prefetched_objects_cache = {"contacts": contacts, "addresses": ADDRESSES.rows(customer_id)}
    return customer


def for_record_page(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Bring what for_record does, as `first_contacts`, of whom `bring_points` is to be asked, and `first_addresses`.

    Of each at least one more is brought than the page shows, which tells whether there are more; of the contacts, whose
    names are hidden in the timeline, as many as that asks for.
    """
    return customers.select_related("account_manager", "group", "referrer").prefetch_related(
        Prefetch("contacts", queryset=contacts_in_order()[:MOST_NAMES], to_attr="first_contacts"),
        Prefetch("addresses", queryset=_addresses()[: SHOWN_ON_RECORD + 1], to_attr="first_addresses"),
    )


def _contacts() -> QuerySet[Contact]:
    return with_points(contacts_in_order())


def contacts_in_order() -> QuerySet[Contact]:
    """Return contacts as they stand everywhere: main ones first, then as they were added."""
    return Contact.objects.order_by("-is_primary", "created_at", "id")


def _addresses() -> QuerySet[Address]:
    return Address.objects.order_by("-is_primary", "id")


def with_points(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Bring the ways to reach each, the preferred one first: two queries."""
    return contacts.prefetch_related(Prefetch("points", queryset=_points()))


def bring_points(contacts: Sequence[Contact]) -> None:
    """Bring the same to contacts that have been read: one query."""
    prefetch_related_objects(contacts, Prefetch("points", queryset=_points()))


def _points() -> QuerySet[ContactPoint]:
    return ContactPoint.objects.order_by("-is_preferred", "id")


def for_timeline(interactions: QuerySet[Interaction]) -> QuerySet[Interaction]:
    """Bring whom it was said to and who wrote it down."""
    return interactions.select_related("contact", "recorded_by")


def active_fields() -> QuerySet[CustomField]:
    """Return the tenant's own fields that are in use, in the order of a page; at most fifty."""
    return CustomField.objects.filter(is_active=True).order_by("order", "id")


def required_fields() -> QuerySet[CustomField]:
    """Return those of them without which no customer is opened by hand, by a file or by a program."""
    return active_fields().filter(is_required=True)


def current_texts() -> QuerySet[PurposeText]:
    """Return what is told of each purpose in use where contact data is collected; at most thirty."""
    texts = PurposeText.objects.filter(purpose__is_active=True, version=F("purpose__text_version"))
    return texts.select_related("purpose").order_by("purpose__order", "purpose_id")


def prefix_of(customers: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Leave the customers whose number begins with `text`, letter for letter, or with it in capitals."""
    any_spelling = reduce(or_, (Q(number__prefix=each) for each in spellings(text)))
    return customers.filter(any_spelling).order_by("number")


def same_sources(one: Customer, other: Customer) -> int:
    """Count the entries of one timeline that were made from the same as one of the other."""
    sources = Interaction.objects.filter(customer=other).exclude(source="").values("source")
    return Interaction.objects.filter(customer=one, source__in=sources).count()


def merges_under(customer: Customer) -> QuerySet[CustomerMerge]:
    """Return the merge of each of those that stand under a customer now, with who that is, the last one first."""
    merges = CustomerMerge.objects.filter(absorbed__merged_into=customer, undone_at=None)
    merges = merges.select_related("absorbed", "merged_by").defer("facts")
    return merges.annotate(keeps_facts=Q(facts__isnull=False)).order_by("-pk")[:MOST_NAMES]


def undoable(merges: Iterable[CustomerMerge], customer: Customer, *, at: datetime) -> list[CustomerMerge]:
    """Leave those of them that can still be undone, the last one, which has to be first, first."""
    return [
        merge
        for merge in merges
        if merge.kept_id == customer.pk and merge.keeps_facts and merge.merged_at >= at - UNDOABLE
    ]


def pairs_of(customer: Customer) -> QuerySet[DuplicateCandidate]:
    """Return every pair of customers that may be the same in which this one is."""
    return DuplicateCandidate.objects.filter(Q(first=customer) | Q(second=customer))


def selves(customer: Customer) -> QuerySet[Customer]:
    """Return the ids of a customer and of those merged into it."""
    return Customer.with_merged.filter(Q(pk=customer.pk) | Q(merged_into=customer)).values("pk")


def with_merged_names(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Bring the names of those merged into each, by which people go on to call: one query."""
    absorbed = Customer.with_merged.only("tenant", "merged_into", "company_name", "person_name")
    return customers.prefetch_related(Prefetch("absorbed", queryset=absorbed))


def names_of(customer: Customer) -> list[str]:
    """Return what a customer is called, those that can be read: its own names, and of those merged into it."""
    called = (customer, *customer.absorbed.all())
    names = [name for each in called for name in (each.company_name, readable(each, "person_name"))]
    return [name for name in names if name]


def suggested_region(customer: Customer) -> str:
    """Return where the primary address of a customer is, or the only one; empty where none says it."""
    addresses = list(
        customer.addresses.order_by("-is_primary", "id").only("tenant", "customer", "region", "city", "is_primary")[:2]
    )
    if not addresses or (len(addresses) > 1 and not addresses[0].is_primary):
        return ""
    return addresses[0].region or addresses[0].city
