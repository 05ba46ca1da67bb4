from django.db import connection

from core.tenancy.scope import required_tenant_id


def wait_for_turn() -> None:
    """Hold what comes into the tenant's portfolios to the end of the transaction, before any customer is held.

    Two at once would both see the same room, or the same claim left.
    """
    _hold("turn")


def wait_for_settings() -> None:
    """Hold the tenant's rules of portfolios to the end of the transaction."""
    _hold("settings")


def _hold(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"portfolios.{what}:{required_tenant_id()}"]
        )
