"""Migration operations that make tables safe for tenants, in one line per app."""

from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation

ACTIVE = "nullif(current_setting('app.tenant_id', true), '')::uuid"


class GrantApplicationRole(Operation):
    """Let crm_app read and write rows of every table that crm_owner makes, and nothing else of them."""

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(
            "alter default privileges in schema public grant select, insert, update, delete on tables to crm_app"
        )
        schema_editor.execute("alter default privileges in schema public grant usage, select on sequences to crm_app")
        schema_editor.execute("grant usage on schema public to crm_app")
        schema_editor.execute("grant select, insert, update, delete on all tables in schema public to crm_app")
        schema_editor.execute("grant usage, select on all sequences in schema public to crm_app")
        schema_editor.execute("revoke insert, update, delete on django_migrations from crm_app")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute("revoke all on all tables in schema public from crm_app")

    def describe(self) -> str:
        return "Grant the application role its rights"


class ProtectTenantTables(Operation):
    """Make the named models' tables tenant-safe.

    Forced row-level security with its policy, the unique key (tenant_id, id), and for every TenantForeignKey
    the composite foreign key. `before_sign_in` is for tables that are looked up before the tenant is known:
    their rows are seen with no tenant active too.
    """

    reversible = True

    def __init__(self, *names: str, before_sign_in: bool = False) -> None:
        self.names = names
        self.before_sign_in = before_sign_in

    def deconstruct(self) -> Any:
        kwargs = {"before_sign_in": True} if self.before_sign_in else {}
        return self.__class__.__qualname__, list(self.names), kwargs

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        tables = [to_state.apps.get_model(app_label, name) for name in self.names]
        for model in tables:
            self._protect(schema_editor, model._meta.db_table)
            if any(field.name == "id" for field in model._meta.local_fields):
                self._make_referable(schema_editor, model._meta.db_table)
        for model in tables:
            for field in model._meta.local_fields:
                if isinstance(field, models.ForeignKey) and not field.db_constraint and field.name != "tenant":
                    self._bind(schema_editor, model, field)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The tables themselves are dropped next."""

    def _protect(self, schema_editor: Any, table: str) -> None:
        condition = f"tenant_id = {ACTIVE}"
        if self.before_sign_in:
            condition = f"{ACTIVE} is null or {condition}"
        quoted = schema_editor.quote_name(table)
        schema_editor.execute(f"alter table {quoted} enable row level security")
        schema_editor.execute(f"alter table {quoted} force row level security")
        schema_editor.execute(f"create policy tenant_wall on {quoted} using ({condition}) with check ({condition})")

    @staticmethod
    def _make_referable(schema_editor: Any, table: str) -> None:
        quoted = schema_editor.quote_name(table)
        key = schema_editor.quote_name(f"{table}_tenant_key")
        schema_editor.execute(f"alter table {quoted} add constraint {key} unique (tenant_id, id)")

    @staticmethod
    def _bind(schema_editor: Any, model: Any, field: Any) -> None:
        table = model._meta.db_table
        target = field.remote_field.model._meta.db_table
        name = schema_editor.quote_name(f"{table}_{field.column}_tenant_fk"[:63])
        schema_editor.execute(
            f"alter table {schema_editor.quote_name(table)} add constraint {name}"
            f" foreign key (tenant_id, {schema_editor.quote_name(field.column)})"
            f" references {schema_editor.quote_name(target)} (tenant_id, id)"
            " on delete no action deferrable initially deferred"
        )

    def describe(self) -> str:
        return f"Put {', '.join(self.names)} behind the tenant wall"
