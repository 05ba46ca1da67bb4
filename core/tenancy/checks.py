from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connections


@register(Tags.database)
def application_role(databases: Any = None, **kwargs: Any) -> list[Error]:
    """Refuse to work as a role that row-level security does not bind."""
    if not databases or "default" not in databases:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
        (unbound,) = cursor.fetchone()
        cursor.execute(
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = 'public' and c.relkind = 'r' and pg_get_userbyid(c.relowner) = current_user"
        )
        (owned,) = cursor.fetchone()
    if unbound or owned:
        return [
            Error(
                "The database role of DATABASE_URL is a superuser, bypasses row security or owns tables.",
                hint="Connect as crm_app; docs/operations.md shows how it is made.",
                id="tenancy.E001",
            )
        ]
    return []
