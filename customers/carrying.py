"""What hangs on a customer goes over to another and back: rows by rows, as the relations say, each noted."""

import uuid
from typing import Any

from django.db import connection

from core.tenancy.scope import required_tenant_id
from customers.models import CustomerMerge, MergedRow
from customers.relations import Relation, moved

NOTE_ROWS = """
    insert into customers_mergedrow (tenant_id, merge_id, relation, row_id, was_primary)
    select tenant_id, %(merge)s, %(relation)s, id, {primary} from {table}
    where tenant_id = %(tenant)s and {owner} = %(absorbed)s
    on conflict do nothing"""
MOVE_ROWS = "update {table} set {owner} = %(kept)s{sets} where tenant_id = %(tenant)s and {owner} = %(absorbed)s"
# Only one is the primary one: that of the kept customer, if it has one.
KEEP_ONE_PRIMARY = """, {primary} = {primary} and not exists (
        select from {table} k where k.tenant_id = %(tenant)s and k.{owner} = %(kept)s and k.{primary})"""
MOVE_BACK = """
    update {table} t set {owner} = %(absorbed)s{sets} from customers_mergedrow r
    where r.tenant_id = %(tenant)s and r.merge_id = %(merge)s and r.relation = %(relation)s
      and t.tenant_id = r.tenant_id and t.id = r.row_id and t.{owner} = %(now_at)s"""
# What was said to somebody goes where that contact goes.
FOLLOW_CONTACTS = """
    update customers_interaction i set customer_id = %(absorbed)s from customers_contact c
    where c.tenant_id = %(tenant)s and c.customer_id = %(absorbed)s
      and i.tenant_id = c.tenant_id and i.contact_id = c.id and i.customer_id = %(now_at)s"""
# Who was merged into a customer that is merged itself stands under the last of them.
STAND_UNDER = """
    with recursive under as (
        select absorbed_id from customers_customermerge
        where tenant_id = %(tenant)s and kept_id = %(root)s and undone_at is null
        union
        select m.absorbed_id from customers_customermerge m join under u on m.kept_id = u.absorbed_id
        where m.tenant_id = %(tenant)s and m.undone_at is null
    )
    update customers_customer set merged_into_id = %(root)s
    where tenant_id = %(tenant)s and id in (select absorbed_id from under)"""
LATE_ROWS = """
    select distinct t.{owner} from customers_customer c join {table} t on t.tenant_id = c.tenant_id and t.{owner} = c.id
    where c.tenant_id = %s and c.merged_into_id is not null"""


def carry_over(merge: CustomerMerge) -> None:
    """Move everything from the absorbed customer to the kept one."""
    for key, relation in moved().items():
        carry(merge, key, relation)


def carry(merge: CustomerMerge, key: str, relation: Relation) -> None:
    """Move the rows of one relation; two queries."""
    _execute(NOTE_ROWS, relation, merge, key)
    _execute(MOVE_ROWS, relation, merge, key, sets=KEEP_ONE_PRIMARY)


def carry_back(merge: CustomerMerge, *, now_at: uuid.UUID) -> None:
    """Move what the merge had moved, and still hangs on the customer `now_at`, back to the absorbed one."""
    for key, relation in moved().items():
        _execute(MOVE_BACK, relation, merge, key, sets=", {primary} = r.was_primary", now_at=now_at)
    with connection.cursor() as cursor:
        cursor.execute(
            FOLLOW_CONTACTS, {"tenant": required_tenant_id(), "absorbed": merge.absorbed_id, "now_at": now_at}
        )
    MergedRow.objects.filter(merge_id=merge.pk)._raw_delete(MergedRow.objects.db)


def stand_under(root: uuid.UUID) -> None:
    """Let all that were merged into this customer, at once or by one another, point to it."""
    with connection.cursor() as cursor:
        cursor.execute(STAND_UNDER, {"tenant": required_tenant_id(), "root": root})


def with_late_rows(relation: Relation) -> list[CustomerMerge]:
    """Return the merges whose absorbed customer has rows again; not those that clash, which stay where they are."""
    with connection.cursor() as cursor:
        cursor.execute(_sql(LATE_ROWS, relation), [required_tenant_id()])
        owners = [owner for (owner,) in cursor.fetchall()]
    merges = CustomerMerge.objects.filter(absorbed__in=owners, undone_at=None).select_related("kept", "absorbed")
    return [
        merge
        for merge in merges.order_by("pk")
        if relation.clashes is None or not relation.clashes(merge.kept, merge.absorbed)
    ]


def _execute(
    statement: str, relation: Relation, merge: CustomerMerge, key: str, *, sets: str = "", **asked: Any
) -> None:
    asked |= {"tenant": required_tenant_id(), "merge": merge.pk, "relation": key}
    asked |= {"kept": merge.kept_id, "absorbed": merge.absorbed_id}
    with connection.cursor() as cursor:
        cursor.execute(_sql(statement, relation, sets=sets), asked)


def _sql(statement: str, relation: Relation, *, sets: str = "") -> str:
    """Put the names of the relation's table and columns into a statement."""
    names = {
        "table": relation.model._meta.db_table,
        "owner": relation.model._meta.get_field(relation.moves).column,
        "primary": relation.primary or "false",
    }
    return statement.format(**names, sets=sets.format(**names) if relation.primary else "")
