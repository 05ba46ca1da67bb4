"""How the values of fields that a tenant filters by come to stand beside the customers: in SQL, set by set."""

from typing import Any

from django.db import connection
from django.db.migrations.operations.base import Operation

from customers.models import CustomField, FilteredValue
from customers.models.values import PARTS_OF_A_NUMBER

TURN = "hashtextextended('filtered_values:' || {tenant}, 0)"
# One row for each value of the customers of `source` in a field that is filtered by; none for an empty one.
ADDING = """
    insert into customers_filteredvalue (tenant_id, field_id, customer_id, text, number, day)
    select c.tenant_id, f.id, c.id,
        case when f.kind in ('text', 'choice') then c.custom_values ->> f.key end,
        case when f.kind = 'number' then ((c.custom_values ->> f.key)::numeric * {parts})::bigint end,
        case when f.kind = 'date' then (c.custom_values ->> f.key)::date end
    from {source} c join customers_customfield f on f.tenant_id = c.tenant_id and {which}
    where c.custom_values ->> f.key <> ''"""
OF_FILTERED = ADDING.replace("{which}", "f.is_filtered").replace("{parts}", str(PARTS_OF_A_NUMBER))
FILLING = ADDING.format(parts=PARTS_OF_A_NUMBER, source="customers_customer", which="f.tenant_id = %s and f.id = %s")
REMOVING = """
    delete from customers_filteredvalue v using customers_customfield f
    where f.tenant_id = old.tenant_id and f.is_filtered
        and v.tenant_id = old.tenant_id and v.field_id = f.id and v.customer_id = old.id"""


class KeepFilteredValues(Operation):
    """Have whatever writes customers keep the values of the fields by which their tenant filters."""

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        # In a transaction of its own each statement of the function sees what was committed before the turn came.
        turn = TURN.format(tenant="{row}.tenant_id")
        waiting = f"perform pg_advisory_xact_lock_shared({turn})"
        opened = f"""
            perform pg_advisory_xact_lock_shared({TURN.format(tenant="t.tenant_id")})
            from (select distinct tenant_id from opened) t;
            {OF_FILTERED.format(source="opened")}"""  # noqa: S608  names of our own tables
        changed = f"""
            {waiting.format(row="new")};
            {REMOVING};
            {OF_FILTERED.format(source="(select new.tenant_id, new.id, new.custom_values)")}"""
        triggers = {
            "opened": (opened, "after insert", "referencing new table as opened for each statement"),
            "changed": (
                changed,
                "after update of custom_values",
                "for each row when (old.custom_values is distinct from new.custom_values)",
            ),
            "removed": (REMOVING, "after delete", "for each row"),
        }
        for name, (body, when, which) in triggers.items():
            function = f"customers_filteredvalue_{name}"
            schema_editor.execute(
                f"create or replace function {function}() returns trigger language plpgsql as"
                f" $$ begin {body}; return null; end $$"
            )
            schema_editor.execute(
                f"create trigger keep_filtered_{name} {when} on customers_customer {which}"
                f" execute function {function}()"
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The tables themselves are dropped next."""

    def describe(self) -> str:
        return "Keep the values by which tenants filter"


def take_turn(field: CustomField) -> None:
    """Wait for those who write customers of the tenant now, and have the next ones wait to the end of the transaction.

    Without it what they write while a field becomes filtered would be missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"select pg_advisory_xact_lock({TURN.format(tenant='%s')})", [str(field.tenant_id)])


def fill(field: CustomField) -> None:
    """Put the values of all customers beside them; one statement, some seconds of a million."""
    with connection.cursor() as cursor:
        cursor.execute(FILLING, [field.tenant_id, field.pk])


def empty(field: CustomField) -> None:
    FilteredValue.objects.filter(field_id=field.pk).delete()
