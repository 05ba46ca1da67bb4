"""Who may ask, and how the API says no."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from core.partners import middleware
from core.partners.models import ApiKey
from core.partners.services import revoke_api_key
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from customers.api import CustomerViewSet
from tests.factories.accounts import inside, outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, ask

MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}


@pytest.fixture
def partner(tenant):
    return Partner()


def check_problem(response, status, code):
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert set(problem) == MEMBERS
    assert problem["type"] == f"urn:courier-crm:problem:{code}"
    assert problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-ID"]
    return problem


def test_request_with_a_key_is_answered_and_noted(partner):
    response = partner.get("/customers")

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {"data": [], "has_more": False, "next_cursor": None}
    assert "no-store" in response.headers["Cache-Control"]
    assert datetime.now(UTC) - ApiKey.objects.get().last_used_at < timedelta(minutes=1)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_scheme_is_read_in_any_case(partner, scheme):
    assert ask("/customers", Authorization=f"{scheme} {partner.text}").status_code == 200


def test_request_without_a_key_is_challenged(tenant):
    response = ask("/customers")

    check_problem(response, 401, "key_missing")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Courier CRM"'


def test_session_alone_is_no_key(client_for, administrator, tenant):
    client = client_for(administrator)
    with outside(tenant):
        assert client.get(reverse("customers:list")).status_code == 200
        response = client.get(f"{API}/customers")

    check_problem(response, 401, "key_missing")


def test_key_beats_the_session_of_another_tenant(client_for, administrator, tenant, other_tenant, now):
    make_customer(at=now, number="MINE")
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, number="THEIRS")
        theirs = Partner()
    client = client_for(administrator)

    with outside(tenant):
        response = client.get(f"{API}/customers", headers=theirs.headers)

    assert [row["number"] for row in response.json()["data"]] == ["THEIRS"]


def test_key_opens_no_pages(partner, tenant):
    with outside(tenant):
        response = Client().get(reverse("customers:list"), headers=partner.headers)

    assert (response.status_code, response.url) == (302, "/sign-in/?next=/customers/")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer nonsense",
        "Basic YWRtaW46YWRtaW4=",
        "Bearer crm_live_000000000000_" + "A" * 43,
        "Bearer crm_live_000000000000_" + "A" * 100_000,
        "Bearer ключ",
    ],
)
def test_key_that_is_none_is_401(tenant, header):
    response = ask("/customers", Authorization=header)

    check_problem(response, 401, "invalid_key")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Courier CRM", error="invalid_token"'


def test_key_twice_in_one_request_is_401(partner):
    check_problem(ask("/customers", Authorization=f"Bearer {partner.text}, Bearer {partner.text}"), 401, "invalid_key")


def test_key_that_was_revoked_is_401_at_once(partner, administrator, now):
    assert partner.get("/customers").status_code == 200

    revoke_api_key(key=partner.key, by=administrator, at=now)

    check_problem(partner.get("/customers"), 401, "invalid_key")


def test_key_that_expired_is_401(partner):
    ApiKey.objects.update(expires_at=datetime.now(UTC))

    check_problem(partner.get("/customers"), 401, "invalid_key")


def test_key_of_a_tenant_switched_off_is_401(partner, tenant):
    with outside(tenant):
        Tenant.objects.filter(pk=tenant.pk).update(is_active=False)

    check_problem(partner.get("/customers"), 401, "invalid_key")


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/customers", "customers:read"),
        ("/customers/x", "customers:read"),
        ("/shipments", "shipments:read"),
        ("/shipments/x", "shipments:read"),
        ("/tiers", "tiers:read"),
        ("/tiers/x", "tiers:read"),
        ("/tier-changes", "tiers:read"),
        ("/tier-changes/x", "tiers:read"),
    ],
)
def test_operation_without_its_scope_is_403_and_names_it(tenant, path, scope):
    others = [name for name in ("customers:read", "shipments:read", "tiers:read") if name != scope]

    problem = check_problem(Partner(allowed=others).get(path), 403, "scope_missing")

    assert problem["detail"] == f"This key lacks the scope {scope}."
    assert Partner(name="Allowed", allowed=[scope]).get(path).status_code in {200, 404}


@pytest.mark.parametrize("resource", ["customers", "shipments", "service-requests", "tiers", "tier-changes"])
def test_what_is_not_there_is_one_and_the_same_404(partner, resource):
    answers = [
        partner.get(f"/{resource}/{place}") for place in (uuid.uuid4(), "12", "%00", "a%2Fb", "..", "é", "x" * 5000)
    ] + [partner.get(f"/{resource}/"), partner.get("/nothing")]

    problems = [check_problem(answer, 404, "not_found") for answer in answers]
    assert len({problem["detail"] for problem in problems}) == 1
    assert [problem["errors"] for problem in problems] == [[]] * len(problems)


@pytest.mark.parametrize("path", ["/customers%00", "/%00", "/customers/%ff%fe"])
def test_address_with_nul_or_broken_bytes_is_404(partner, path):
    check_problem(partner.get(path), 404, "not_found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("path", ["/shipments", "/shipments/x"])
def test_method_that_is_not_taken_is_405(partner, method, path):
    response = ask(path, method=method, **partner.headers)

    check_problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, HEAD"


def test_method_that_is_not_taken_is_405_where_the_answer_is_no_record(partner, now):
    customer = make_customer(at=now)

    for method in ("post", "options"):
        response = ask(f"/customers/{customer.pk}/may-contact", method=method, **partner.headers)

        check_problem(response, 405, "method_not_allowed")
        assert response.headers["Allow"] == "GET, HEAD"


def test_head_is_get_without_a_body(partner):
    response = ask("/customers", method="head", **partner.headers)

    assert (response.status_code, response.content) == (200, b"")


def test_answer_in_another_form_is_406(partner):
    check_problem(partner.get("/customers", Accept="application/xml"), 406, "not_acceptable")
    assert partner.get("/customers", Accept="text/html, */*;q=0.1").status_code == 200


def test_refusal_of_the_domain_is_409_with_its_code(partner, monkeypatch):
    class Refused(DomainError):
        code = "not_today"
        message = "Not today."

    def refuse(self):
        raise Refused

    monkeypatch.setattr(CustomerViewSet, "rows", refuse)

    assert check_problem(partner.get("/customers"), 409, "not_today")["detail"] == "Not today."


def test_fault_of_ours_is_500_without_its_words(partner, monkeypatch):
    def fail(self):
        raise RuntimeError("secret words")

    monkeypatch.setattr(CustomerViewSet, "rows", fail)

    response = partner.get("/customers")

    check_problem(response, 500, "internal_server_error")
    assert "secret words" not in response.content.decode()


def test_database_away_is_503_that_says_when_to_come_back(partner, monkeypatch):
    def refuse(text, *, at):
        raise OperationalError("connection refused")

    monkeypatch.setattr(middleware, "find_api_key", refuse)

    response = partner.get("/customers")

    check_problem(response, 503, "service_unavailable")
    assert response.headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("header", "language", "title"),
    [
        ("zh-CN,zh;q=0.9", "zh-hans", "无法理解该请求"),
        ("fr", "en", "The request is not understood"),
        ("", "en", "The request is not understood"),
    ],
)
def test_problem_speaks_the_language_that_is_asked_for(partner, header, language, title):
    response = partner.get("/customers", {"limit": "0"}, Accept_Language=header)

    problem = check_problem(response, 400, "invalid_parameters")
    assert response.headers["Content-Language"] == language
    assert problem["title"] == title
    assert [(each["pointer"], each["parameter"]) for each in problem["errors"]] == [("#/query/limit", "limit")]
    assert problem["errors"][0]["detail"].isascii() == (language == "en")


def test_request_id_of_the_caller_is_kept_where_it_is_sane(partner):
    given = partner.get("/nothing", X_Request_Id="my-request-0001")
    odd = partner.get("/nothing", X_Request_Id="<script>")

    assert given.json()["request_id"] == given.headers["X-Request-Id"] == "my-request-0001"
    assert "<" not in odd.headers["X-Request-Id"]


def test_language_of_somebody_signed_in_does_not_count(client_for, partner, tenant, administrator):
    client = client_for(administrator)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = ""
    type(administrator).objects.filter(pk=administrator.pk).update(language="zh-hans")

    with outside(tenant):
        response = client.get(f"{API}/nothing", headers=partner.headers)

    assert response.headers["Content-Language"] == "en"
