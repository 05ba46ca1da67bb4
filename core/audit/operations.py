"""Migration operations of the trail."""

from typing import Any

from django.db.migrations.operations.base import Operation

REFUSE = """
    create or replace function audit_refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception 'the audit trail is only added to' using errcode = 'insufficient_privilege';
    end $$"""

# Named column by column, so that one added later leaves the digest of what waits as it was; the reason may be written
# anew, and stands in by its digest.
DIGEST = """
    create or replace function audit_digest(e audit_auditevent) returns bytea language sql stable as $$
        select sha256(convert_to(jsonb_build_array(
            e.id, e.tenant_id, e.action, e.subject_kind, e.subject_id, e.actor_kind, e.actor_id, e.changes, e.details,
            e.reason_digest, e.request_id, extract(epoch from e.happened_at)
        )::text, 'UTF8'))
    $$"""

AWAIT_SEAL = """
    create or replace function audit_await_seal() returns trigger language plpgsql as $$
    begin
        insert into audit_auditpending (id, tenant_id, digest)
        select a.id, a.tenant_id, audit_digest(row(a.*)::audit_auditevent) from added a;
        return null;
    end $$"""

KEEP_PENDING = """
    create or replace function audit_keep_pending() returns trigger language plpgsql as $$
    begin
        if tg_op = 'UPDATE' or not exists (
            select from audit_auditseal where tenant_id = old.tenant_id and event_id = old.id
        ) then
            raise exception 'an event waits for its seal until it has it' using errcode = 'insufficient_privilege';
        end if;
        return old;
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
            _refuse_truncate(schema_editor, table)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The tables themselves are dropped next."""

    def describe(self) -> str:
        return f"Let {', '.join(self.names)} only be added to"


class OnlyMoved(Operation):
    """Let rows of a model be added and one column of them be written, and nothing else be changed or deleted."""

    reversible = True

    def __init__(self, name: str, column: str) -> None:
        self.name = name
        self.column = column

    def deconstruct(self) -> Any:
        return self.__class__.__qualname__, [self.name, self.column], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        schema_editor.execute(f"revoke update, delete on {table} from crm_app")
        schema_editor.execute(f"grant update ({self.column}) on {table} to crm_app")
        schema_editor.execute(
            f"""
            create or replace function {table}_only_moved() returns trigger language plpgsql as $$
            begin
                if tg_op = 'DELETE'
                    or to_jsonb(new) - '{self.column}' <> to_jsonb(old) - '{self.column}' then
                    raise exception '{table} is only added to' using errcode = 'insufficient_privilege';
                end if;
                return new;
            end $$"""
        )
        schema_editor.execute(
            f"create trigger only_moved before update or delete on {table}"
            f" for each row execute function {table}_only_moved()"
        )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The table itself is dropped next."""

    def describe(self) -> str:
        return f"Let {self.name} only be added to, and moved by {self.column}"


class AwaitSeal(Operation):
    """Have the database note every new event, with its digest, as waiting for its seal, until that is there."""

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for function in (DIGEST, AWAIT_SEAL, KEEP_PENDING):
            schema_editor.execute(function)
        schema_editor.execute(
            "create trigger await_seal after insert on audit_auditevent referencing new table as added"
            " for each statement execute function audit_await_seal()"
        )
        schema_editor.execute(
            "create trigger keep_pending before update or delete on audit_auditpending"
            " for each row execute function audit_keep_pending()"
        )
        _refuse_truncate(schema_editor, "audit_auditpending")

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


def _refuse_truncate(schema_editor: Any, table: str) -> None:
    """Refuse to everybody what no trigger on rows sees; called for tables that REFUSE was made for."""
    schema_editor.execute(
        f"create trigger no_truncate before truncate on {table}"
        " for each statement execute function audit_refuse_change()"
    )
