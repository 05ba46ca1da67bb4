"""Finding customers by what a caller says: number, phone or its last four digits, e-mail, any part of a name, by
sound or by initials. One function for the search box and for partners.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from core.crypto.keys import versions
from core.crypto.tokens import Reading, readings_of, token
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.contact_points import home_country
from customers.models import Customer
from customers.querysets import for_search, prefix_of

NUMBER = "number"
# So many postings of a token are looked at to tell rare from common, and so many candidates are checked.
RARE = 500
MOST_POSTINGS = 20_000
MOST_CANDIDATES = 200
NAMES = frozenset({"name", "pinyin", "initials"})

COUNT = """
    select n.token, (select count(*) from (
        select from customers_customertoken t where t.tenant_id = %(tenant)s and t.token = n.token limit %(rare)s
    ) few) from unnest(%(tokens)s::bigint[]) as n(token)"""

# From the rarest token on; the count is worked out row by row, so that the first rows come first however many
# follow, and no plan reads all postings of a common token.
CANDIDATES = """
    select t.customer_id from (
        select customer_id from customers_customertoken where tenant_id = %(tenant)s and token = %(first)s
        order by customer_id limit %(postings)s
    ) t
    where (
        select count(*) from customers_customertoken o
        where o.tenant_id = %(tenant)s and o.token = any(%(others)s::bigint[]) and o.customer_id = t.customer_id
    ) = %(count)s
    limit %(most)s"""


@dataclass(frozen=True)
class Found:
    """A customer and why it was found: the kind of key, and the contact it belongs to, if it is a contact's."""

    customer: Customer
    kind: str
    contact_name: str = ""


def find_customers(query: str, *, limit: int) -> list[Found]:
    """Return the customers of the active tenant that match, the surest reading first, each once.

    Within one reading those who contribute most come first. Hidden queries: up to two for each reading, and four
    for the candidates.
    """
    found: dict[uuid.UUID, Found] = {}
    query = query.strip().replace("\x00", "")
    if not query:
        return []
    for customer in prefix_of(for_search(Customer.objects.all()), query)[:limit]:
        found[customer.pk] = Found(customer, NUMBER)
    for reading in readings_of(query, region=home_country(current_tenant().time_zone) or ""):
        if len(found) >= limit:
            break
        for each in _by_reading(reading):
            found.setdefault(each.customer.pk, each)
    return list(found.values())[:limit]


def _by_reading(reading: Reading) -> Iterator[Found]:
    ids = candidates(reading)
    if not ids:
        return
    customers = for_search(Customer.objects.filter(pk__in=ids)).prefetch_related("contacts__points")
    for customer in sorted(customers, key=lambda each: (-each.contribution, each.number)):
        contact_name = _matching_contact(customer, reading)
        if contact_name is not None:
            yield Found(customer, reading.kind, contact_name)


def _matching_contact(customer: Customer, reading: Reading) -> str | None:
    """Return the masked name of the contact that matches, "" where the customer itself does, None for neither."""
    accepts: Callable[[str], bool] = reading.accepts
    if reading.kind in NAMES and any(map(accepts, filter(None, (customer.company_name, customer.person_name)))):
        return ""
    for contact in customer.contacts.all():
        values: Sequence[str] = [point.value for point in contact.points.all()]
        if reading.kind in NAMES:
            values = [contact.name, *values]
        if any(map(accepts, values)):
            return contact.masked_name
    return None


def candidates(reading: Reading) -> list[uuid.UUID]:
    """Return the ids of customers that hold every token of the reading, up to MOST_CANDIDATES; two queries.

    While keys are rotated a customer's tokens stand under the old version or under the new one, so both are asked
    for: two queries each.
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
        if len(tokens) > 1:
            cursor.execute(COUNT, {"tenant": tenant_id, "tokens": tokens, "rare": RARE})
            counts = dict(cursor.fetchall())
            tokens.sort(key=counts.__getitem__)
            if counts[tokens[0]] == 0:
                return []
        first, *others = tokens
        cursor.execute(
            CANDIDATES,
            {
                "tenant": tenant_id,
                "first": first,
                "others": others,
                "count": len(others),
                "postings": MOST_POSTINGS,
                "most": MOST_CANDIDATES,
            },
        )
        return [customer_id for (customer_id,) in cursor.fetchall()]
