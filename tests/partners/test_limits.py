"""How many requests a key and a tenant may send."""

import time
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse

from core.audit.models import AuditEvent
from core.partners.limits import take
from core.partners.models import ApiKey
from core.partners.services import LimitTooHigh, limit_api_key
from core.tenancy import volatile
from core.tenancy.models import Tenant
from customers.models import Customer
from tests.factories.accounts import outside
from tests.factories.partners import Partner

AT = datetime(2099, 3, 2, 4, 30, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rested(monkeypatch):
    monkeypatch.setattr(volatile.Rest, "until", 0.0)


def test_key_that_sends_too_much_is_told_when_to_come_back(tenant, settings):
    settings.API_REQUESTS_PER_KEY = 3
    partner, other = Partner(), Partner(name="Other")

    with time_machine.travel(AT, tick=False):
        answers = [partner.get("/customers") for _ in range(5)]
        others = other.get("/customers")

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["RateLimit"] == '"key";r=2;t=50, "tenant";r=2999;t=50'
    refused = answers[3]
    assert refused.json()["code"] == "too_many_requests"
    assert refused.headers["Retry-After"] == "50"
    assert refused.headers["RateLimit-Policy"] == '"key";q=3;w=60, "tenant";q=3000;w=60'
    assert refused.headers["RateLimit"] == '"key";r=0;t=50, "tenant";r=2996;t=50'
    assert others.status_code == 200


def key_of(tenant, **facts):
    return ApiKey(tenant=tenant, **facts)


def counted(key, *, now, method="GET"):
    return take(key=key, method=method, now=now)


def test_window_ends_and_the_count_with_it(settings):
    settings.API_REQUESTS_PER_KEY = 1
    key = key_of(Tenant())
    start = time.time() // 60 * 60

    verdicts = [counted(key, now=start + seconds).is_refused for seconds in (0, 59.9, 60)]

    assert verdicts == [False, True, False]


def test_keys_of_a_tenant_share_its_limit(settings):
    settings.API_REQUESTS_PER_TENANT = 2
    tenant, now = Tenant(), time.time()

    verdicts = [counted(key_of(tenant), now=now) for _ in range(3)]

    assert [verdict.is_refused for verdict in verdicts] == [False, False, True]
    assert verdicts[0].headers["RateLimit"].split(", ")[1].startswith('"tenant";r=1;')
    assert counted(key_of(Tenant()), now=now).is_refused is False


def test_tenant_and_key_have_limits_of_their_own(settings):
    tenant = Tenant(api_requests_per_minute=9)

    verdict = counted(key_of(tenant, requests_per_minute=5), now=time.time())

    assert {quota.name: (quota.limit, quota.left) for quota in verdict.quotas} == {"key": (5, 4), "tenant": (9, 8)}


def test_limit_of_a_key_holds_at_once_and_is_recorded(tenant, administrator):
    partner = Partner()

    with time_machine.travel(AT, tick=False):
        limit_api_key(key=partner.key, requests_per_minute=1, by=administrator, at=AT)
        answers = [partner.get("/customers").status_code for _ in range(2)]

    assert answers == [200, 429]
    trail = AuditEvent.objects.get(action="key.limited")
    assert (trail.actor_id, trail.changes) == (administrator.pk, {"requests_per_minute": [None, 1]})


def test_key_gets_no_more_than_all_together(tenant, administrator, settings):
    settings.API_REQUESTS_PER_TENANT = 10
    key = Partner().key

    with pytest.raises(LimitTooHigh):
        limit_api_key(key=key, requests_per_minute=11, by=administrator, at=AT)

    key.refresh_from_db()
    assert key.requests_per_minute is None
    assert not AuditEvent.objects.filter(action="key.limited").exists()


def test_operator_limits_a_tenant(tenant):
    partner = Partner()
    output = StringIO()

    with outside(tenant):
        call_command("limit_api", "--tenant", "swift", "--requests", "7", "--by", "op", stdout=output)
    policy = partner.get("/customers").headers["RateLimit-Policy"]
    with outside(tenant):
        call_command("limit_api", "--tenant", "swift", "--by", "op", stdout=output)

    assert policy == '"key";q=600;w=60, "tenant";q=7;w=60'
    assert partner.get("/customers").headers["RateLimit-Policy"].endswith('"tenant";q=3000;w=60')
    trail = AuditEvent.objects.filter(action="api.limited").order_by("pk")
    assert [event.details for event in trail] == [
        {"operator": "op", "requests_per_minute": 7},
        {"operator": "op", "requests_per_minute": None},
    ]
    assert output.getvalue() == "swift: 7 requests in a minute\nswift: 3000 requests in a minute\n"
    with outside(tenant), pytest.raises(CommandError):
        call_command("limit_api", "--tenant", "swift", "--requests", "0")


def test_page_limits_a_key(tenant, administrator, client_for):
    key = Partner().key
    url = reverse("console:limit_key", args=[key.pk])
    client = client_for(administrator)

    def send(value):
        with outside(tenant):
            return client.post(url, {"requests_per_minute": value}, follow=True)

    assert send("5000").status_code == 422
    shown = send("42")

    key.refresh_from_db()
    assert key.requests_per_minute == 42
    assert "Requests in a minute</dt><dd>42</dd>" in shown.content.decode()
    with outside(tenant):
        assert "all keys together 3,000" in client.get(reverse("console:keys")).content.decode()
    assert "as every key" in send("").content.decode()


def test_redis_away_lets_reads_through_and_counts_writes(tenant, settings, monkeypatch, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.API_REQUESTS_PER_KEY = 2
    partner = Partner()

    with time_machine.travel(AT, tick=False):
        reads = [partner.get("/customers") for _ in range(4)]
        writes = [partner.send("post", "/customers", {"number": f"N-{n}", "company_name": "A"}) for n in range(3)]

    assert [answer.status_code for answer in reads] == [200] * 4
    assert "RateLimit" not in reads[0].headers
    assert [answer.status_code for answer in writes] == [201, 201, 429]
    assert Customer.objects.count() == 2
    assert "api.limits_without_redis" in caplog.text
