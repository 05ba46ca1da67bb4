import uuid

import pytest
import structlog
from django.urls import reverse


@pytest.mark.django_db
def test_request_id_is_made_when_none_is_given(client):
    response = client.get(reverse("account_login"))

    assert str(uuid.UUID(response.headers["X-Request-ID"])) == response.headers["X-Request-ID"]


@pytest.mark.django_db
def test_request_id_given_by_a_proxy_is_kept(client):
    response = client.get(reverse("account_login"), headers={"X-Request-ID": "edge-0123456789"})

    assert response.headers["X-Request-ID"] == "edge-0123456789"


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["short", "x" * 65, 'a"b\\c{12345678}', "many words in it"])
def test_request_id_that_is_not_sane_is_replaced(client, given):
    response = client.get(reverse("account_login"), headers={"X-Request-ID": given})

    assert response.headers["X-Request-ID"] != given


def test_request_is_logged_in_one_line_without_path_and_query(client_for, administrator, tenant):
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        response = client_for(administrator).get(reverse("web:search"), {"q": "王小明 13812345678"})

    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["route"] == "search"
    assert line["status"] == 200
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert line["tenant_id"] == str(tenant.pk)
    assert "13812345678" not in str(lines)


@pytest.mark.django_db
def test_language_before_sign_in_is_the_browsers(client):
    response = client.get(reverse("account_login"), headers={"Accept-Language": "zh-CN,zh;q=0.9"})

    assert 'lang="zh-hans"' in response.content.decode()
    assert "Accept-Language" in response.headers["Vary"]


def test_language_after_sign_in_is_the_users(client_for, administrator):
    administrator.language = "zh-hans"
    administrator.save(update_fields=["language"])

    response = client_for(administrator).get(reverse("web:search"), headers={"Accept-Language": "en"})

    assert response.headers["Content-Language"] == "zh-hans"
