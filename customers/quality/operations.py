"""The migration operation that has the database note which customers are to be judged again."""

from typing import Any

from django.db.migrations.operations.base import Operation

# What of a customer's own row is judged, or decides whether it is.
JUDGED = (
    "kind",
    "company_name",
    "person_name",
    "birthday",
    "industry",
    "region",
    "source",
    "account_manager_id",
    "custom_values",
    "tier",
    "erased_at",
    "merged_into_id",
)
# The first evaluation gives everybody a tier; only who is a VIP is judged otherwise for it.
AS_JUDGED = {"tier": "coalesce({row}.tier = 'vip', false)"}
# The rows beside it that are, and how those of one statement lead to the customer.
OF_CUSTOMER = "select tenant_id, customer_id from changed"
BESIDE = {
    "customers_customer": "select tenant_id, id as customer_id from changed",
    "customers_contact": OF_CUSTOMER,
    "customers_contactpoint": """
        select c.tenant_id, c.customer_id from changed p
        join customers_contact c on c.tenant_id = p.tenant_id and c.id = p.contact_id""",
    "customers_address": OF_CUSTOMER,
    "customers_consent": OF_CUSTOMER,
    "customers_duplicatecandidate": """
        select tenant_id, first_id as customer_id from changed
        union all select tenant_id, second_id from changed""",
}
ADDING = """
    insert into customers_changedcustomer (tenant_id, customer_id, transaction)
    select n.tenant_id, n.customer_id, pg_current_xact_id()::text::bigint from ({found}) n
    on conflict do nothing"""
# What of a statement's rows is looked at: those that were there, those that are there now.
MOMENTS = {
    "insert": ("after insert", "new table"),
    "delete": ("after delete", "old table"),
    "update_from": ("after update", "old table"),
    "update_to": ("after update", "new table"),
}


class NoteChangedCustomers(Operation):
    """Have every statement that changes what quality is judged by note the customers, in its own transaction."""

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for table, found in BESIDE.items():
            schema_editor.execute(_function(f"{table}_changed", ADDING.format(found=found)))
            # A customer's own row is written far more often than what is judged of it.
            moments = ["insert"] if table == "customers_customer" else list(MOMENTS)
            for name in moments:
                when, rows = MOMENTS[name]
                schema_editor.execute(
                    f"create trigger note_changed_{name} {when} on {table} referencing {rows} as changed"
                    f" for each statement execute function {table}_changed()"
                )
        # Who was held to be the same as one that is merged away is so no more.
        one = """
            select new.tenant_id, new.id as customer_id
            union select d.tenant_id, case when d.first_id = new.id then d.second_id else d.first_id end
            from customers_duplicatecandidate d
            where new.merged_into_id is distinct from old.merged_into_id
                and d.tenant_id = new.tenant_id and new.id in (d.first_id, d.second_id)"""
        schema_editor.execute(_function("customers_customer_rejudged", ADDING.format(found=one)))
        differs = " or ".join(
            " is distinct from ".join(
                AS_JUDGED.get(column, f"{{row}}.{column}").format(row=row) for row in ("old", "new")
            )
            for column in JUDGED
        )
        schema_editor.execute(
            f"create trigger note_changed after update of {', '.join(JUDGED)} on customers_customer"
            f" for each row when ({differs}) execute function customers_customer_rejudged()"
        )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The tables themselves are dropped next."""

    def describe(self) -> str:
        return "Note the customers whose quality is to be judged again"


def _function(name: str, statement: str) -> str:
    return f"""
        create or replace function {name}() returns trigger language plpgsql as $$
        begin
            {statement};
            return null;
        end $$"""
