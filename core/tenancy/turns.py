"""Turns: what is done of one kind for one tenant comes one after the other, to the end of each transaction."""

from django.db import connection

from core.tenancy.scope import required_tenant_id


def wait_for_turn(what: str) -> None:
    """Hold the active tenant's turn of `what` to the end of the transaction, after whoever holds it now."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [_name(what)])


def take_turn(what: str) -> bool:
    """Hold the turn as wait_for_turn does if nobody else holds it, and say whether it is held."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [_name(what)])
        return bool(cursor.fetchone()[0])


def share_turn(what: str) -> None:
    """Hold off whoever waits for the turn to the end of the transaction, beside others who do the same."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [_name(what)])


def _name(what: str) -> str:
    return f"{what}:{required_tenant_id()}"
