"""Tenants and people for tests, made through the services."""

import ipaddress
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.test import Client

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_user
from core.console.services import create_tenant
from core.tenancy import scope
from core.tenancy.ids import uuid7
from core.tenancy.models import Tenant

PASSWORD = "a long enough passphrase"


def make_tenant(*, slug: str, at: datetime, time_zone: str = "Asia/Shanghai", currency: str = "CNY") -> Tenant:
    """A tenant with its keys and what the rooms provide; no scope may be open."""
    tenant, _ = create_tenant(
        slug=slug,
        name=slug.title(),
        time_zone=time_zone,
        currency=currency,
        admin_email=f"admin@{slug}.example",
        at=at,
    )
    return tenant


def make_user(*, role: Role, at: datetime, email: str = "", language: str = "en") -> User:
    """Somebody of the active tenant."""
    return create_user(
        email=email or f"{role}-{uuid7().hex[-8:]}@staff.example",
        name=f"The {role.label}",
        role=role,
        language=language,
        password=PASSWORD,
        by=None,
        at=at,
    )


def sign_in(client: Client, user: User, *, methods: tuple[str, ...] = ("password", "mfa")) -> None:
    """Give the client a session of somebody who has just proved themselves by these methods."""
    client.force_login(user, backend="core.accounts.backends.EmailBackend")
    session = client.session
    prove(session, user, methods=methods)
    session.save()


def somewhere() -> Client:
    """Return a client at an address of its own: failed sign-ins are counted by address, over all tests."""
    return Client(REMOTE_ADDR=str(ipaddress.ip_address(0x0A000000 + secrets.randbelow(1 << 24))))


def prove(session: SessionBase, user: User, *, methods: tuple[str, ...] = ("password", "mfa")) -> None:
    """Write into a session that somebody has just proved themselves by these methods, as allauth would."""
    session["account_authentication_methods"] = [{"method": method, "at": time.time()} for method in methods]
    session["account_authentication_methods_user"] = str(user.pk)


@contextmanager
def outside(tenant: Tenant) -> Iterator[None]:
    """Leave the open scope of `tenant` for a while, as a request of somebody else would start."""
    entered = scope._active.set(None)
    scope._set_in_database("")
    try:
        yield
    finally:
        scope._active.reset(entered)
        scope._set_in_database(str(tenant.pk))


@contextmanager
def inside(other: Tenant, *, leaving: Tenant) -> Iterator[None]:
    """Enter another tenant's scope from within a test's own."""
    with outside(leaving), scope.tenant_scope(other):
        yield
