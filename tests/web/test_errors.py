import json

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse

from core.web import errors


@pytest.fixture
def asked():
    request = RequestFactory().get("/anything")
    request.request_id = "abcdef12-3456"
    return request


class _DriverError(Exception):
    def __init__(self, pgcode):
        super().__init__("driver")
        self.pgcode = pgcode


def _operational(pgcode):
    error = OperationalError("x")
    error.__cause__ = _DriverError(pgcode)
    return error


@pytest.mark.parametrize("pgcode", [None, "57P01", "57P03", "53300", "08006"])
def test_database_is_away_when_the_connection_is_lost_or_refused(pgcode):
    assert errors.database_is_away(_operational(pgcode)) is True


@pytest.mark.parametrize("pgcode", ["40P01", "57014", "55P03"])
def test_database_is_away_not_for_deadlocks_and_timeouts(pgcode):
    assert errors.database_is_away(_operational(pgcode)) is False


def test_database_is_away_not_for_other_errors():
    assert errors.database_is_away(ValueError()) is False
    assert errors.database_is_away(None) is False


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (errors.bad_request, 400),
        (errors.permission_denied, 403),
        (errors.csrf_failure, 403),
        (errors.not_found, 404),
        (errors.server_error, 500),
        (errors.service_unavailable, 503),
    ],
)
def test_error_page_shows_the_request_id_and_asks_no_database(asked, view, status):
    response = view(asked)

    assert response.status_code == status
    assert "abcdef12-3456" in response.content.decode()
    assert "<html" in response.content.decode()


def test_server_error_answers_503_with_retry_after_when_the_database_is_away(asked):
    try:
        raise _operational(None)
    except OperationalError:
        response = errors.server_error(asked)

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"


def test_error_page_speaks_the_readers_language(asked):
    asked.META["HTTP_ACCEPT_LANGUAGE"] = "zh-CN,zh;q=0.9"

    response = errors.not_found(asked)

    assert 'lang="zh-hans"' in response.content.decode()


def test_error_for_the_api_is_a_problem_document():
    request = RequestFactory().get("/api/v1/none")
    request.request_id = "abcdef12-3456"

    response = errors.not_found(request)

    assert response.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["status"] == 404
    assert problem["code"] == "not_found"
    assert problem["request_id"] == "abcdef12-3456"


def test_error_for_htmx_is_a_notice_not_a_page(asked):
    asked.META["HTTP_HX_REQUEST"] = "true"

    body = errors.permission_denied(asked).content.decode()

    assert "data-notice" in body
    assert "<html" not in body


def test_bad_request_shows_only_our_own_words(asked):
    assert "secret detail" not in errors.bad_request(asked, ValueError("secret detail")).content.decode()
    assert "no such place" in errors.bad_request(asked, errors.BadInput("no such place")).content.decode()


def test_unknown_page_for_a_signed_in_user_keeps_the_navigation(client_for, administrator):
    response = client_for(administrator).get("/no/such/page")

    assert response.status_code == 404
    assert 'id="side"' in response.content.decode()


def test_page_without_permission_is_refused(client_for, agent):
    response = client_for(agent).get(reverse("console:people"))

    assert response.status_code == 403


@pytest.mark.django_db
def test_form_without_csrf_token_is_refused():
    response = Client(enforce_csrf_checks=True).post(reverse("web:theme"), {"theme": "dark"})

    assert response.status_code == 403
    assert "crm_theme" not in response.cookies
