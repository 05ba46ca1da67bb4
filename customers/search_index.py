"""The keyed tokens by which customers are found: who changes a name or a contact point brings them up to date."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import connection

from core.crypto.keys import versions
from core.crypto.tokens import Gram, Tokens, email_grams, name_grams, phone_grams
from core.tenancy.copying import incoming
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.contact_points import home_country
from customers.enums import ContactPointKind
from customers.models import Customer, CustomerToken

BATCH = 500
TABLE = CustomerToken._meta.db_table

INSERT = """
    insert into customers_customertoken (tenant_id, key_version, token, customer_id)
    select %s, %s, n.token, n.customer_id from unnest(%s::bigint[], %s::uuid[]) as n(token, customer_id)
    on conflict do nothing"""

DELETE = """
    delete from customers_customertoken t using unnest(%s::bigint[], %s::uuid[]) as n(token, customer_id)
    where t.tenant_id = %s and t.token = n.token and t.customer_id = n.customer_id"""

Pairs = set[tuple[int, uuid.UUID]]


def index_customers(ids: Iterable[uuid.UUID]) -> None:
    """Bring the tokens of these customers up to date, writing only what differs. Five queries per 500 customers.

    The caller has written the names and contact points, and holds the customers' rows.
    """
    ids = sorted(set(ids))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        wanted = _tokens(_grams(batch))
        stored: Pairs = set(CustomerToken.objects.filter(customer_id__in=batch).values_list("token", "customer_id"))
        _write(wanted - stored, stored - wanted)


def index_new(grams: Mapping[str, set[Gram]]) -> None:
    """Make the tokens of customers that have just been created; the caller knows their grams, by id as text."""
    tokens = Tokens(required_tenant_id())
    # In the order of the index, so that each of its pages is touched once.
    rows = sorted((tokens.of(gram), customer_id) for customer_id, each in grams.items() for gram in each)
    with incoming(TABLE, ("token", "customer_id"), rows) as table, connection.cursor() as cursor:
        cursor.execute(
            f"insert into {TABLE} (tenant_id, key_version, token, customer_id)"  # noqa: S608  our own names
            f" select %s, %s, token, customer_id from {table}",
            [required_tenant_id(), tokens.version],
        )


def index_opened(customer: Customer) -> None:
    """Make the tokens of a customer that has just been created, and so has nobody who speaks for it: one query."""
    grams = name_grams(customer.company_name) | name_grams(customer.person_name or "")
    _write(_tokens({customer.pk: grams}), set())


def _grams(ids: list[uuid.UUID]) -> dict[uuid.UUID, set[Gram]]:
    """Return all grams of these customers: their names, and names and points of their contacts."""
    country = home_country(current_tenant().time_zone) or ""
    grams: dict[uuid.UUID, set[Gram]] = defaultdict(set)
    customers = Customer.objects.filter(pk__in=ids).only("tenant", "company_name", "person_name")
    for customer in customers.prefetch_related("contacts__points"):
        for name in (customer.company_name, customer.person_name):
            grams[customer.pk] |= name_grams(name or "")
        for contact in customer.contacts.all():
            grams[customer.pk] |= name_grams(contact.name)
            for point in contact.points.all():
                grams[customer.pk] |= point_grams(point.kind, point.value, country)
    return grams


def point_grams(kind: str, value: str, country: str) -> set[Gram]:
    """Return the grams of a way to be reached."""
    if kind == ContactPointKind.PHONE:
        return phone_grams(value, country)
    if kind == ContactPointKind.EMAIL:
        return email_grams(value)
    return name_grams(value)


def _tokens(grams: Mapping[uuid.UUID, set[Gram]]) -> Pairs:
    tokens = Tokens(required_tenant_id())
    return {(tokens.of(gram), customer_id) for customer_id, each in grams.items() for gram in each}


def _write(new: Pairs, old: Pairs) -> None:
    tenant_id = required_tenant_id()
    with connection.cursor() as cursor:
        if old:
            tokens, ids = zip(*sorted(old), strict=True)
            cursor.execute(DELETE, [list(tokens), list(ids), tenant_id])
        if new:
            tokens, ids = zip(*sorted(new), strict=True)
            cursor.execute(INSERT, [tenant_id, versions(tenant_id)[0], list(tokens), list(ids)])
