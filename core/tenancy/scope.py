"""The active tenant: a context variable for the code, a transaction-local setting for the database.

The setting is made once, in the outermost transaction, because a connection pooler may give the next
transaction to another tenant.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import connection, transaction

from core.tenancy.errors import NoActiveTenant, WrongTenant

if TYPE_CHECKING:
    from core.tenancy.models import Tenant

_active: ContextVar[uuid.UUID | None] = ContextVar("active_tenant", default=None)
_loaded: ContextVar["Tenant | None"] = ContextVar("loaded_tenant", default=None)


def current_tenant_id() -> uuid.UUID | None:
    """Return the active tenant's id, or None."""
    return _active.get()


def required_tenant_id() -> uuid.UUID:
    """Return the active tenant's id. Raises NoActiveTenant."""
    tenant_id = _active.get()
    if tenant_id is None:
        raise NoActiveTenant("Enter a tenant_scope() first.")
    return tenant_id


def current_tenant() -> "Tenant | None":
    """Return the active tenant, read once per scope, or None."""
    from core.tenancy.models import Tenant  # noqa: PLC0415  the models need this module

    tenant_id = _active.get()
    if tenant_id is None:
        return None
    tenant = _loaded.get()
    if tenant is None or tenant.pk != tenant_id:
        tenant = Tenant.objects.get(pk=tenant_id)
        _loaded.set(tenant)
    return tenant


@contextmanager
def tenant_scope(tenant: "Tenant | uuid.UUID") -> Iterator[None]:
    """Work inside one tenant, in one transaction. Raises WrongTenant inside another tenant's scope.

    Entering the same tenant again opens a savepoint and changes nothing else.
    """
    tenant_id = tenant if isinstance(tenant, uuid.UUID) else tenant.pk
    active = _active.get()
    if active is not None and active != tenant_id:
        raise WrongTenant("A scope of another tenant is open.")
    with transaction.atomic():
        if active is not None:
            yield
            return
        _set_in_database(str(tenant_id))
        entered = _active.set(tenant_id)
        loaded = _loaded.set(None if isinstance(tenant, uuid.UUID) else tenant)
        try:
            yield
        finally:
            _active.reset(entered)
            _loaded.reset(loaded)
            _clear_in_enclosing_transaction()


def _set_in_database(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('app.tenant_id', %s, true)", [value])


def _clear_in_enclosing_transaction() -> None:
    """Leave no tenant behind where the scope ends before its transaction does, as in a test's."""
    if len(connection.savepoint_ids) > 0 and not connection.needs_rollback and connection.is_usable():
        _set_in_database("")
