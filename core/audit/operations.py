"""Migration operations of the trail."""

from typing import Any

from django.db.migrations.operations.base import Operation

REFUSE = """
    create or replace function audit_refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception 'the audit trail is only added to' using errcode = 'insufficient_privilege';
    end $$"""

AWAIT_SEAL = """
    create or replace function audit_await_seal() returns trigger language plpgsql as $$
    begin
        insert into audit_auditpending (id, tenant_id) values (new.id, new.tenant_id);
        return new;
    end $$"""


class AppendOnly(Operation):
    """Take the right to change or delete rows of these models from crm_app, and refuse it to everybody else."""

    reversible = True

    def __init__(self, *names: str) -> None:
        self.names = names

    def deconstruct(self) -> Any:
        return self.__class__.__qualname__, list(self.names), {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(REFUSE)
        for name in self.names:
            table = schema_editor.quote_name(to_state.apps.get_model(app_label, name)._meta.db_table)
            schema_editor.execute(f"revoke update, delete on {table} from crm_app")
            schema_editor.execute(
                f"create trigger append_only before update or delete on {table}"
                " for each row execute function audit_refuse_change()"
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The tables themselves are dropped next."""

    def describe(self) -> str:
        return f"Let {', '.join(self.names)} only be added to"


class AwaitSeal(Operation):
    """Have the database note every new event as waiting for its seal."""

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(AWAIT_SEAL)
        schema_editor.execute(
            "create trigger await_seal after insert on audit_auditevent"
            " for each row execute function audit_await_seal()"
        )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The table itself is dropped next."""

    def describe(self) -> str:
        return "Note every new event as waiting for its seal"


RENEW_REASON = """
    create or replace function audit_refuse_all_but_reason() returns trigger language plpgsql as $$
    begin
        if tg_op = 'DELETE'
            or to_jsonb(new) - 'reason' - 'reason_salt' <> to_jsonb(old) - 'reason' - 'reason_salt' then
            raise exception 'the audit trail is only added to' using errcode = 'insufficient_privilege';
        end if;
        return new;
    end $$"""


class LetReasonsBeRenewed(Operation):
    """Let the ciphertext of an event's reason be written anew, and nothing else of it: the chain holds its digest."""

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(RENEW_REASON)
        schema_editor.execute("drop trigger append_only on audit_auditevent")
        schema_editor.execute(
            "create trigger append_only before update or delete on audit_auditevent"
            " for each row execute function audit_refuse_all_but_reason()"
        )
        schema_editor.execute("grant update (reason, reason_salt) on audit_auditevent to crm_app")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The table itself is dropped next."""

    def describe(self) -> str:
        return "Let reasons be re-encrypted and erased"
