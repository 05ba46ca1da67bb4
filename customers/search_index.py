"""The keyed tokens by which customers are found: who changes a name or a contact point brings them up to date."""

import io
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import connection

from core.crypto.fields import readable
from core.crypto.keys import versions
from core.crypto.tokens import Gram, Tokens, email_grams, name_grams, phone_grams
from core.tenancy.scope import current_tenant, required_tenant_id
from core.tenancy.sweeping import sweep_tenants
from customers.contact_points import home_country
from customers.enums import ContactPointKind
from customers.models import Customer, CustomerToken
from customers.querysets import names_of, with_merged_names

BATCH = 500
TABLE = CustomerToken._meta.db_table

# A customer whose tokens change is compared with others again.
UNMATCHED = """
    update customers_customer set is_unmatched = true
    where tenant_id = %s and id = any(%s::uuid[]) and not is_unmatched"""

INSERT = f"""
    with unmatched as ({UNMATCHED})
    insert into customers_customertoken (tenant_id, key_version, token, rank, customer_id)
    select c.tenant_id, %s, n.token, c.token_rank, c.id
    from unnest(%s::bigint[], %s::uuid[]) as n(token, customer_id)
    join customers_customer c on c.tenant_id = %s and c.id = n.customer_id
    on conflict do nothing"""  # noqa: S608  our own names

DELETE = f"""
    with unmatched as ({UNMATCHED})
    delete from customers_customertoken t using unnest(%s::bigint[], %s::uuid[]) as n(token, customer_id)
    where t.tenant_id = %s and t.token = n.token and t.customer_id = n.customer_id"""  # noqa: S608  our own names

# Looked up row by row, which keeps their order.
RANK_OF = "(select c.token_rank from customers_customer c where c.id = i.customer_id)"
DELETE_ALL = "delete from customers_customertoken where tenant_id = %s and customer_id = any(%s)"

# Customers whose contribution has left the rank of their tokens. The arrays let an index find the rows, however few the
# planner expects; a row that somebody holds is left for the next time.
RANK = """
    with behind as materialized (
        select id, contribution_rank from customers_customer
        where tenant_id = %(tenant)s and token_rank <> contribution_rank
        order by id limit %(batch)s for no key update skip locked
    ), moved as (
        update customers_customertoken t set rank = b.contribution_rank from behind b
        where t.tenant_id = %(tenant)s and t.customer_id = any(array(select id from behind)) and t.customer_id = b.id
    )
    update customers_customer c set token_rank = b.contribution_rank from behind b
    where c.tenant_id = %(tenant)s and c.id = any(array(select id from behind)) and c.id = b.id"""

Pairs = set[tuple[int, uuid.UUID]]


def index_customers(ids: Iterable[uuid.UUID]) -> None:
    """Bring the tokens of these customers up to date, writing only what differs. Six queries per 500 customers.

    The caller has written the names and contact points, and holds the customers' rows.
    """
    ids = sorted(set(ids))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        wanted = _tokens(_grams(batch))
        stored: Pairs = set(CustomerToken.objects.filter(customer_id__in=batch).values_list("token", "customer_id"))
        _write(wanted - stored, stored - wanted)


def index_new(grams: Mapping[str, set[Gram]], tokens: Tokens) -> None:
    """Make the tokens of customers that have just been created; the caller knows their grams, by id as text."""
    _copy(grams, tokens, rank="0")


def renew_tokens(ids: Iterable[uuid.UUID]) -> None:
    """Make all tokens of these customers anew, under the newest keys; the caller holds the customers' rows."""
    ids = sorted(set(ids))
    grams = {str(customer_id): each for customer_id, each in _grams(ids).items()}
    with connection.cursor() as cursor:
        cursor.execute(DELETE_ALL, [required_tenant_id(), ids])
    _copy(grams, Tokens(required_tenant_id()), rank=RANK_OF)


def forget_tokens(ids: Iterable[uuid.UUID]) -> None:
    """Take the tokens of customers away that are to be deleted: one query."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_ALL, [required_tenant_id(), sorted(set(ids))])


def _copy(grams: Mapping[str, set[Gram]], tokens: Tokens, *, rank: str) -> None:
    # One row of a customer, whom the database takes apart, costs half of a row for each token. They go in customer by
    # customer, as the primary key is.
    rows = "".join(
        f"{customer_id}\t{{{','.join([str(tokens.of(gram)) for gram in each])}}}\n"
        for customer_id, each in grams.items()
    )
    with connection.cursor() as cursor:
        cursor.execute("create temp table incoming_tokens (customer_id uuid, tokens bigint[]) on commit drop")
        cursor.copy_expert("copy incoming_tokens from stdin", io.StringIO(rows))
        cursor.execute(
            f"insert into {TABLE} (tenant_id, key_version, customer_id, token, rank)"  # noqa: S608  our own names
            f" select %s, %s, i.customer_id, unnest(i.tokens), {rank} from incoming_tokens i",
            [required_tenant_id(), tokens.version],
        )
        cursor.execute("drop table incoming_tokens")


def index_opened(customer: Customer) -> None:
    """Make the tokens of a customer that has just been created, and so has nobody who speaks for it: one query."""
    grams = name_grams(customer.company_name) | name_grams(customer.person_name or "")
    _write(_tokens({customer.pk: grams}), set())


def index_more(grams: Mapping[uuid.UUID, set[Gram]]) -> None:
    """Add the tokens of what these customers have got besides, and keep all others: one query."""
    _write(_tokens(grams), set())


def rank_tokens(*, batch: int = BATCH) -> int:
    """Give the tokens of up to `batch` customers the rank of what these contribute now; return how many were behind."""
    with connection.cursor() as cursor:
        cursor.execute(RANK, {"tenant": required_tenant_id(), "batch": batch})
        return cursor.rowcount


def rank_all_tokens(*, seconds: float) -> int:
    """Bring the ranks of all tenants up to date, in turns, for so long at most; return how many customers were behind.

    No scope may be open. Until then search is as good as the ranks of before.
    """
    return sweep_tenants(rank_tokens, seconds=seconds)


def _grams(ids: list[uuid.UUID]) -> dict[uuid.UUID, set[Gram]]:
    """Return all grams of these customers: their names, and names and points of their contacts."""
    country = home_country(current_tenant().time_zone) or ""
    grams: dict[uuid.UUID, set[Gram]] = defaultdict(set)
    customers = Customer.objects.filter(pk__in=ids).only("tenant", "company_name", "person_name")
    for customer in with_merged_names(customers).prefetch_related("contacts__points"):
        for name in names_of(customer):
            grams[customer.pk] |= name_grams(name)
        for contact in customer.contacts.all():
            grams[customer.pk] |= name_grams(readable(contact, "name") or "")
            for point in contact.points.all():
                grams[customer.pk] |= point_grams(point.kind, readable(point, "value") or "", country)
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
            cursor.execute(DELETE, [tenant_id, list(set(ids)), list(tokens), list(ids), tenant_id])
        if new:
            tokens, ids = zip(*sorted(new), strict=True)
            cursor.execute(
                INSERT, [tenant_id, list(set(ids)), versions(tenant_id)[0], list(tokens), list(ids), tenant_id]
            )
