from django.db import connection

from core.tenancy.scope import required_tenant_id


def wait_for_imports() -> None:
    """Hold the tenant's shipments and many customers at once to the end of the transaction.

    Whoever writes shipments, or many customers or their figures in one statement takes turns, because such statements
    lock their rows in no fixed order.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended('shipments:' || %s, 0))", [str(required_tenant_id())]
        )
