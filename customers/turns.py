from django.db import connection

from core.tenancy.scope import required_tenant_id


def share_referrers() -> None:
    """Hold merges off to the end of the transaction: whoever names a referrer does, before any customer is held.

    A merge brings those whom a customer brought to another one, in no fixed order.
    """
    _take("select pg_advisory_xact_lock_shared(hashtextextended('referrers:' || %s, 0))")


def wait_for_referrers() -> None:
    """Wait for whoever names a referrer, and hold the next ones off to the end of the transaction."""
    _take("select pg_advisory_xact_lock(hashtextextended('referrers:' || %s, 0))")


def wait_for_imports() -> None:
    """Hold the tenant's shipments and many customers at once to the end of the transaction.

    Whoever writes shipments, or many customers or their figures in one statement takes turns, because such statements
    lock their rows in no fixed order.
    """
    _take("select pg_advisory_xact_lock(hashtextextended('shipments:' || %s, 0))")


def _take(lock: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(lock, [str(required_tenant_id())])
