from django.db import connection

from core.tenancy.scope import required_tenant_id


def wait_for_turn() -> None:
    """Hold the tenant's stages to the end of the transaction: an evaluation and a move by hand come one by one."""
    _hold("stages")


def wait_for_assignment() -> None:
    """Hold who gets the next lead: two at once would both count one too few."""
    _hold("assignment")


def wait_for_settings() -> None:
    """Hold the tenant's rules, sources and playbooks to the end of the transaction."""
    _hold("settings")


def wait_for_number() -> None:
    """Hold the last number of a lead: they are numbered one by one."""
    _hold("numbers")


def _hold(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"lifecycle.{what}:{required_tenant_id()}"]
        )
