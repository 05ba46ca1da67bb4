"""What every test stands on: a real PostgreSQL and Redis, the role production uses, all walls up."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from courier_crm import embedded
from tests.factories.accounts import make_tenant, make_user, outside, sign_in

_held = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Hold the embedded servers, where they are used, from before Django asks for a database."""
    if embedded.is_embedded():
        _held.enter_context(embedded.running())


def pytest_unconfigure(config: pytest.Config) -> None:
    _held.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name both connections: `default` is a mirror of `owner`, and a mirror is not flushed by itself."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker is not None or "db" in getattr(item, "fixturenames", ()):
            kwargs = {**(marker.kwargs if marker else {}), "databases": ["default", "owner"]}
            item.add_marker(pytest.mark.django_db(**kwargs), append=False)


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """Have the folder of static files before the first server starts, which warns without it."""
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def static_files(settings: Any) -> None:
    """Link static files by their plain names: pages are tested without collecting them first."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hash passwords quickly: Argon2 is made to be slow, and every test makes people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 4, 30, tzinfo=UTC)


@pytest.fixture
def tenant(db: None, now: datetime) -> Iterator[Tenant]:
    """A courier whose scope is open."""
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def other_tenant(tenant: Tenant, now: datetime) -> Tenant:
    """A courier to be kept out; enter it by `inside(other_tenant)`."""
    with outside(tenant):
        return make_tenant(slug="rival", at=now)


@pytest.fixture
def administrator(tenant: Tenant, now: datetime) -> User:
    return make_user(role=Role.ADMINISTRATOR, at=now)


@pytest.fixture
def supervisor(tenant: Tenant, now: datetime) -> User:
    return make_user(role=Role.SUPERVISOR, at=now)


@pytest.fixture
def agent(tenant: Tenant, now: datetime) -> User:
    return make_user(role=Role.AGENT, at=now)


@pytest.fixture
def account_manager(tenant: Tenant, now: datetime) -> User:
    return make_user(role=Role.ACCOUNT_MANAGER, at=now)


@pytest.fixture
def analyst(tenant: Tenant, now: datetime) -> User:
    return make_user(role=Role.ANALYST, at=now)


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """Return a client that is signed in as somebody, by password and second step, just now."""

    def signed_in(user: User) -> Client:
        client = Client()
        sign_in(client, user)
        return client

    return signed_in


@pytest.fixture
def others() -> Iterator[Callable[..., Future]]:
    """Return a function that does something in another thread, over a connection of its own."""

    def with_own_connection(work: Callable[..., Any], **arguments: Any) -> Any:
        try:
            return work(**arguments)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=4) as pool:
        yield lambda work, **arguments: pool.submit(with_own_connection, work, **arguments)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """Let the owner empty the trail between tests, and close the mirror's connection before the database is dropped;
    Django closes only the owner's.
    """
    flush = DatabaseOperations.execute_sql_flush

    def flush_all(self: DatabaseOperations, statements: list[str]) -> None:
        flush(self, [*_switched("disable"), *statements, *_switched("enable")])

    # On the class, because a test in a browser has connections of its own.
    DatabaseOperations.execute_sql_flush = flush_all
    yield
    with django_db_blocker.unblock():
        connections.close_all()


def _switched(how: str) -> list[str]:
    """The trail refuses TRUNCATE, by which a transactional test is cleared away."""
    tables = ("auditevent", "auditpending", "auditseal", "erasure")
    return [f"alter table audit_{table} {how} trigger no_truncate" for table in tables]
