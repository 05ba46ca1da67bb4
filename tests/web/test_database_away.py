"""The database goes away and comes back: requests fail with 503, nothing half done, and then work again."""

import json
from io import BytesIO

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection
from django.test import Client

from core.accounts.enums import Role
from core.accounts.models import Department
from core.tenancy.scope import tenant_scope
from core.web import search
from tests.factories.accounts import make_tenant, make_user, sign_in

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ask(now):
    """Ask as a web server does, with the signals that open and close connections, as a signed-in administrator."""
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        user = make_user(role=Role.ADMINISTRATOR, at=now)
    client = Client()
    sign_in(client, user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    handler = WSGIHandler()

    def ask(path, query=""):
        seen = {}

        def start(status, headers, exc_info=None):
            seen.update(status=int(status.split()[0]), headers=dict(headers))

        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={cookie}",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
        }
        response = handler(environ, start)
        seen["body"] = b"".join(response).decode()
        response.close()
        return seen

    ask.tenant = tenant
    yield ask
    connection.close()


@pytest.fixture
def refused(monkeypatch):
    """Make every new connection be refused, and cut the one there is; calling it lets them in again."""

    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    connection.close()
    monkeypatch.setattr(connection, "get_new_connection", refuse)
    return monkeypatch.undo


def test_request_while_the_database_is_away_is_503_and_the_next_one_works(ask, refused):
    away = ask("/search")
    refused()
    back = ask("/search")

    assert away["status"] == 503
    assert away["headers"]["Retry-After"] == "5"
    assert away["headers"]["X-Request-ID"] in away["body"]
    assert back["status"] == 200


def test_api_request_while_the_database_is_away_is_a_problem_document(ask, refused):
    away = ask("/api/v1/customers")

    assert away["status"] == 503
    assert away["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(away["body"])["status"] == 503


def test_connection_cut_between_requests_is_not_even_noticed(ask):
    assert ask("/search")["status"] == 200
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 5000)", [pid])
    other.close()

    assert ask("/search")["status"] == 200


def test_connection_cut_during_a_request_is_503_and_leaves_nothing(ask, monkeypatch):
    def write_and_lose_the_connection(query, user):
        Department.objects.create(name="Half done")
        with connection.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        return []

    monkeypatch.setattr(search, "_sources", {})
    found = {"find": write_and_lose_the_connection, "page": "x:detail", "bring": lambda _ids: {}}
    search.register(key="x", label="X", icon="x", permission="people.manage", **found)

    cut = ask("/search", "q=x")
    monkeypatch.setattr(search, "_sources", {})

    assert cut["status"] == 503
    assert ask("/search", "q=x")["status"] == 200
    with tenant_scope(ask.tenant):
        assert Department.objects.filter(name="Half done").exists() is False
