"""Finding customers by what a caller says: number, phone or its last four digits, e-mail, any part of a name, by
sound or by initials. One function for the search box and for partners.
"""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from core.crypto.fields import readable
from core.crypto.keys import versions
from core.crypto.tokens import EMAIL, NAME, PHONE, Part, Reading, readings_of, token
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.contact_points import home_country
from customers.enums import ContactPointKind
from customers.models import Customer, CustomerToken
from customers.numbered import owners_of
from customers.numbers import spellings
from customers.querysets import for_search, names_of, prefix_of, with_merged_names

NUMBER = "number"
SURE = frozenset({"phone", "email"})
# What the ways to be reached are compared as: an account of WeChat is a name that somebody chose.
KINDS = {ContactPointKind.PHONE: PHONE, ContactPointKind.EMAIL: EMAIL, ContactPointKind.WECHAT: NAME}
# Of the customers that hold a token so many are looked at, those who contribute most first.
MOST_LOOKED_AT = 500
# Where that is not enough, two common tokens are laid over each other: so many customers of each.
MOST_LAID_OVER = 5000
# So many, the best of those found, are checked on the clear values.
MOST_CANDIDATES = 40
# Of many tokens the rarest are asked for; the rest is left to the check on the clear values.
MOST_TOKENS = 4

COUNT = """
    select n.token, (select count(*) from (
        select from customers_customertoken t where t.tenant_id = %(tenant)s and t.token = n.token
        limit %(looked_at)s + 1
    ) counted) from unnest(%(tokens)s::bigint[]) as n(token)"""

# What is asked of each row is worked out row by row, so that no plan reads all postings of a common token.
ALONG_THE_RAREST = """
    select t.customer_id from (
        select customer_id, rank from customers_customertoken where tenant_id = %(tenant)s and token = %(first)s
        order by rank desc, customer_id desc limit %(looked_at)s
    ) t
    where (
        select count(*) from customers_customertoken o
        where o.tenant_id = %(tenant)s and o.customer_id = t.customer_id and o.token = any(%(others)s::bigint[])
    ) = %(count)s
    order by t.rank desc, t.customer_id desc limit %(most)s"""

# Counting cannot go wrong as a join can, whose planner knows nothing of how common a token is.
LAID_OVER = """
    select p.customer_id from unnest(%(tokens)s::bigint[]) as n(token)
    cross join lateral (
        select customer_id, rank from customers_customertoken where tenant_id = %(tenant)s and token = n.token
        order by rank desc, customer_id desc limit %(laid_over)s
    ) p
    group by p.customer_id having count(*) = %(count)s
    order by max(p.rank) desc, p.customer_id desc limit %(most)s"""


@dataclass(frozen=True)
class Found:
    """A customer and why it was found: the kind of key, and the contact it belongs to, if it is a contact's."""

    customer: Customer
    kind: str
    contact_name: str = ""


def find_customers(query: str, *, limit: int, seen_by: Any = None) -> list[Found]:
    """Return the customers of the active tenant that match, the surest reading first, each once.

    Within one reading those who contribute most come first. With `seen_by` also those to whom a waybill or another
    number of a record leads that this actor may see: the search box shows these records themselves. Hidden queries:
    two or three for each reading, four for its candidates; one for each kind of record, and one for their customers.
    """
    found: dict[uuid.UUID, Found] = {}
    query = query.strip().replace("\x00", "")
    if not query:
        return []
    # A number of a customer who was merged leads to the one in its place.
    by_number = prefix_of(for_search(Customer.with_merged.select_related("merged_into")), query)[:limit]
    numbered = [(each.number, each.merged_into or each) for each in by_number]
    # A whole number comes first, numbers that only begin so come last: there may be many.
    found |= {each.pk: Found(each, NUMBER) for number, each in numbered if number in spellings(query)}
    whole, begun = _by_records(query, limit=limit, seen_by=seen_by)
    for each in whole:
        found.setdefault(each.customer.pk, each)
    is_sure = False
    for reading in readings_of(query, region=home_country(current_tenant().time_zone) or ""):
        if len(found) >= limit or is_sure:
            break
        for each in _by_reading(reading, known=found):
            found[each.customer.pk] = each
            # Whoever typed a number or an address that is somebody's asked for nothing else.
            is_sure = reading.kind in SURE
    for _number, each in numbered:
        found.setdefault(each.pk, Found(each, NUMBER))
    for each in begun:
        found.setdefault(each.customer.pk, each)
    return list(found.values())[:limit]


def _by_records(query: str, *, limit: int, seen_by: Any) -> tuple[list[Found], list[Found]]:
    """Return whose records have the number that was typed, and whose have one that only begins so."""
    owners = owners_of(query, limit=limit, seen_by=seen_by)
    if not owners:
        return [], []
    customers = for_search(Customer.objects.filter(pk__in={customer_id for customer_id, *_why in owners})).in_bulk()
    whole, begun = [], []
    for customer_id, kind, is_whole in owners:
        if customer_id in customers:
            (whole if is_whole else begun).append(Found(customers[customer_id], kind))
    return whole, begun


def _by_reading(reading: Reading, *, known: Collection[uuid.UUID]) -> Iterator[Found]:
    ids = [customer_id for customer_id in candidates(reading) if customer_id not in known]
    if not ids:
        return
    customers = with_merged_names(for_search(Customer.objects.filter(pk__in=ids))).prefetch_related("contacts__points")
    for customer in sorted(customers, key=lambda each: (-each.contribution, each.number)):
        owner = owner_by(reading, customer)
        if owner is not None:
            yield Found(customer, reading.kind, owner)


def owner_by(reading: Reading, customer: Customer) -> str | None:
    """Return the masked name of the contact by whom the reading is true, "" for the customer itself, None if it is not.

    The contacts and their points are read, unless they are there.
    """
    owners = [_owner_of(part, customer) for part in reading.parts]
    return None if None in owners else owners[0]


def _owner_of(part: Part, customer: Customer) -> str | None:
    """Return the masked name of the contact for whom it is true, "" for the customer itself, None for nobody."""
    if part.kind == NAME and any(map(part.accepts, names_of(customer))):
        return ""
    for contact in customer.contacts.all():
        points = [point for point in contact.points.all() if KINDS[ContactPointKind(point.kind)] == part.kind]
        values = [readable(point, "value") for point in points]
        if part.kind == NAME:
            values = [readable(contact, "name"), *values]
        if any(map(part.accepts, filter(None, values))):
            return contact.masked_name
    return None


def candidates(reading: Reading) -> list[uuid.UUID]:
    """Return the ids of customers that hold every token of the reading, up to MOST_CANDIDATES, the best first.

    Two queries, or three where all its tokens are common. While keys are rotated a customer's tokens stand under
    the old version or under the new one, so both are asked for.
    """
    found: dict[uuid.UUID, None] = {}
    # The oldest first: a customer that goes over to the new one between the two queries is found by the second.
    for version in reversed(versions(required_tenant_id())):
        found |= dict.fromkeys(_candidates(reading, version))
    return list(found)[:MOST_CANDIDATES]


def _candidates(reading: Reading, version: int) -> list[uuid.UUID]:
    tenant_id = required_tenant_id()
    tokens = [token(tenant_id, gram, version=version) for gram in reading.grams]
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"tenant": tenant_id, "tokens": tokens, "looked_at": MOST_LOOKED_AT})
        counts = dict(cursor.fetchall())
        tokens = sorted(tokens, key=counts.__getitem__)[:MOST_TOKENS]
        first, *others = tokens
        if counts[first] == 0:
            return []
        asked = {"tenant": tenant_id, "most": MOST_CANDIDATES}
        cursor.execute(
            ALONG_THE_RAREST,
            asked | {"first": first, "others": others, "count": len(others), "looked_at": MOST_LOOKED_AT},
        )
        found = cursor.fetchall()
        if len(found) < MOST_CANDIDATES and others and counts[first] > MOST_LOOKED_AT:
            both = tokens[:2]
            cursor.execute(LAID_OVER, asked | {"tokens": both, "count": len(both), "laid_over": MOST_LAID_OVER})
            found = [*found, *cursor.fetchall()]
    return list(dict.fromkeys(customer_id for (customer_id,) in found))


def reached_by_tail(rows: QuerySet, tail: str, *, customer: str) -> QuerySet:
    """Leave the rows whose customer, by the named field, has a phone number that ends in these four digits.

    Nothing is decrypted: the digits are asked for as tokens, under every live version of the keys.
    """
    tenant_id = required_tenant_id()
    tokens = [token(tenant_id, ("phone_tail", tail), version=version) for version in versions(tenant_id)]
    return rows.filter(Exists(CustomerToken.objects.filter(customer_id=OuterRef(customer), token__in=tokens)))
