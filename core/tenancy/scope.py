"""The active tenant: a context variable for the code, a transaction-local setting for the database.

The setting is made once, in the outermost transaction, because a connection pooler may give the next
transaction to another tenant. With it goes a shared lock on the tenant: who takes it alone, as when keys change,
waits until every transaction of the tenant has ended, and those that follow see what was done.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from django.db import OperationalError, connection, transaction

from core.tenancy.errors import NoActiveTenant, TenantBusy, WrongTenant
from core.tenancy.ids import uuid7

if TYPE_CHECKING:
    from core.tenancy.models import Tenant

_active: ContextVar[uuid.UUID | None] = ContextVar("active_tenant", default=None)
_loaded: ContextVar["Tenant | None"] = ContextVar("loaded_tenant", default=None)
_stamp: ContextVar[uuid.UUID | None] = ContextVar("tenant_stamp", default=None)

T = TypeVar("T")
# Two statements, because the second must see what was committed while the first waited for the lock.
ENTER = """
    select pg_advisory_xact_lock_shared(%s);
    select set_config('app.tenant_id', %s, true), (select stamp from tenancy_tenant where id = %s)"""
# Whoever waits to be alone makes those who come later wait, too: so not long at a time, but often.
ALONE_MILLISECONDS = 2000
ALONE_PAUSE_SECONDS = 1.0
ALONE_ATTEMPTS = 200
LOCK_TIMED_OUT = "55P03"


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
        stamp = _stamp.set(_enter(tenant_id))
        entered = _active.set(tenant_id)
        loaded = _loaded.set(None if isinstance(tenant, uuid.UUID) else tenant)
        try:
            yield
        finally:
            _active.reset(entered)
            _loaded.reset(loaded)
            _stamp.reset(stamp)
            _clear_in_enclosing_transaction()


@contextmanager
def standing_in(tenant_id: uuid.UUID) -> Iterator[None]:
    """Make queries, without asking them, with an id in the place of a tenant's; the database shows it no row."""
    entered = _active.set(tenant_id)
    try:
        yield
    finally:
        _active.reset(entered)


def alone(tenant: "Tenant | uuid.UUID", work: Callable[[], T]) -> T:
    """Do `work` inside one tenant, in a transaction beside which no other of the tenant runs; return its result.

    It must be short, since everybody waits. Raises TenantBusy when a transaction of the tenant does not end.
    """
    tenant_id = tenant if isinstance(tenant, uuid.UUID) else tenant.pk
    for _attempt in range(ALONE_ATTEMPTS):
        try:
            with transaction.atomic():
                _lock_out_others(tenant_id)
                with tenant_scope(tenant_id):
                    return work()
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) != LOCK_TIMED_OUT:
                raise
        time.sleep(ALONE_PAUSE_SECONDS)
    raise TenantBusy("A transaction of this tenant has not ended for minutes. End it, and start again.")


def current_stamp() -> uuid.UUID | None:
    """Return the stamp of the active tenant as it is for this whole transaction."""
    return _stamp.get()


def renew_stamp() -> None:
    """Have every process drop what it keeps of the active tenant in memory; to be done `alone`."""
    from core.tenancy.models import Tenant  # noqa: PLC0415  the models need this module

    stamp = uuid7()
    Tenant.objects.filter(pk=required_tenant_id()).update(stamp=stamp)
    _stamp.set(stamp)
    _loaded.set(None)


def _lock_of(tenant_id: uuid.UUID) -> int:
    # The random half of the id.
    return int.from_bytes(tenant_id.bytes[8:], signed=True)


def _enter(tenant_id: uuid.UUID) -> uuid.UUID | None:
    with connection.cursor() as cursor:
        cursor.execute(ENTER, [_lock_of(tenant_id), str(tenant_id), tenant_id])
        return cursor.fetchone()[1]


def _lock_out_others(tenant_id: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [str(ALONE_MILLISECONDS)])
        cursor.execute("select pg_advisory_xact_lock(%s)", [_lock_of(tenant_id)])
        cursor.execute("select set_config('lock_timeout', '0', true)")


def _set_in_database(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('app.tenant_id', %s, true)", [value])


def _clear_in_enclosing_transaction() -> None:
    """Leave no tenant behind where the scope ends before its transaction does, as in a test's."""
    if len(connection.savepoint_ids) > 0 and not connection.needs_rollback and connection.is_usable():
        _set_in_database("")
