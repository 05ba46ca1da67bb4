"""How many requests a key and a tenant may send."""

import time
import uuid
from datetime import UTC, datetime

import pytest
import time_machine

from core.partners import limits
from core.partners.limits import take
from customers.models import Customer
from tests.factories.partners import Partner

AT = datetime(2099, 3, 2, 4, 30, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rested(monkeypatch):
    monkeypatch.setattr(limits._Rest, "until", 0.0)


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


def counted(*, key_id, tenant_id, now, method="GET"):
    return take(key_id=key_id, tenant_id=tenant_id, method=method, now=now)


def test_window_ends_and_the_count_with_it(db, settings):
    settings.API_REQUESTS_PER_KEY = 1
    ids = {"key_id": uuid.uuid4(), "tenant_id": uuid.uuid4()}
    start = time.time() // 60 * 60

    verdicts = [counted(**ids, now=start + seconds).is_refused for seconds in (0, 59.9, 60)]

    assert verdicts == [False, True, False]


def test_keys_of_a_tenant_share_its_limit(db, settings):
    settings.API_REQUESTS_PER_TENANT = 2
    tenant_id, now = uuid.uuid4(), time.time()

    verdicts = [counted(key_id=uuid.uuid4(), tenant_id=tenant_id, now=now) for _ in range(3)]

    assert [verdict.is_refused for verdict in verdicts] == [False, False, True]
    assert verdicts[0].headers["RateLimit"].split(", ")[1].startswith('"tenant";r=1;')
    assert counted(key_id=uuid.uuid4(), tenant_id=uuid.uuid4(), now=now).is_refused is False


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
