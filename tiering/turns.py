from django.db import connection

from core.tenancy.scope import required_tenant_id


def wait_for_turn() -> None:
    """Hold the tenant's tiers to the end of the transaction.

    Two evaluations at once would count one run twice, and one that began before a tier was set by hand would
    write over it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended('tiering.evaluate:' || %s, 0))",
            [str(required_tenant_id())],
        )
