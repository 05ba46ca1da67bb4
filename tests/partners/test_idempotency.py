"""A POST sent again with its key has one effect and one answer, wherever the first one ended."""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test import Client

from core.jobs.nightly import run_job
from core.partners import idempotency
from core.partners.idempotency import Once
from core.partners.models import KeptAnswer
from core.tenancy.scope import tenant_scope
from courier_crm.embedded.places import PROJECT_DIR
from customers.models import Customer
from customers.services import erase_customer
from tests.factories.accounts import make_tenant
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner

BODY = {"number": "N-1", "kind": "individual", "person_name": "Zhang Wei"}


@pytest.fixture
def partner(tenant):
    return Partner()


def post(partner, body=BODY, key="key-1", **headers):
    return partner.send("post", "/customers", body, Idempotency_Key=key, **headers)


def numbers():
    return sorted(Customer.objects.values_list("number", flat=True))


def test_same_request_again_is_answered_alike_and_done_once(partner):
    first, second = post(partner), post(partner)

    assert first.status_code == second.status_code == 201
    assert second.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    for name in ("ETag", "Location", "Content-Type"):
        assert second.headers[name] == first.headers[name]
    assert numbers() == ["N-1"]


def test_kept_answer_is_encrypted(partner):
    post(partner)

    with connection.cursor() as cursor:
        cursor.execute("select content, headers::text from partners_keptanswer")
        content, headers = cursor.fetchone()
    assert b"N-1" not in bytes(content)
    assert set(json.loads(headers)) == {"Content-Type", "ETag", "Location"}
    assert '"number":"N-1"' in KeptAnswer.objects.get().content


@pytest.mark.parametrize(
    "other",
    [
        {"body": {**BODY, "person_name": "Li Na"}},
        {"body": json.dumps(BODY, indent=1).encode()},
        {"Content_Type": "application/json; charset=utf-8"},
    ],
)
def test_key_with_another_request_is_422_and_does_nothing(partner, other):
    first = post(partner)

    refused = post(partner, **{name.replace("Content_Type", "Content-Type"): value for name, value in other.items()})

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert refused.json()["errors"][0]["pointer"] == "#/headers/Idempotency-Key"
    assert post(partner).content == first.content
    assert numbers() == ["N-1"]


def test_key_of_another_partner_tells_nothing(partner):
    post(partner)

    other = post(Partner(name="Other"))

    assert other.status_code == 422
    assert "Zhang" not in other.content.decode()


def test_keys_count_by_route(partner, now):
    customer = make_customer(at=now, number="N-0")
    path = f"/customers/{customer.pk}/contacts"

    assert post(partner).status_code == 201
    assert partner.send("post", path, {"name": "Lin"}, Idempotency_Key="key-1").status_code == 201


def test_refusal_is_not_kept(partner):
    assert post(partner, {**BODY, "person_name": ""}).status_code == 400
    assert post(partner).status_code == 201
    assert numbers() == ["N-1"]


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "ключ".encode().decode("latin-1")])
def test_key_that_is_none_is_refused(partner, key):
    assert (post(partner, key=key).status_code, numbers()) == (400, [])


def test_key_is_free_again_after_a_day(partner):
    post(partner)
    KeptAnswer.objects.update(created_at=datetime.now(UTC) - timedelta(hours=24))

    answer = post(partner, {**BODY, "number": "N-2"})

    assert answer.status_code == 201
    assert numbers() == ["N-1", "N-2"]


def test_night_forgets_what_is_older_than_a_day(partner, now):
    post(partner)
    post(partner, {**BODY, "number": "N-2"}, key="key-2")
    at = datetime.now(UTC)
    KeptAnswer.objects.filter(key="key-1").update(created_at=at - timedelta(hours=24))

    assert run_job("forget-answers", business_date=at.date(), at=at) == {"answers": 1}
    assert KeptAnswer.objects.get().key == "key-2"


def test_fault_between_effect_and_answer_leaves_nothing(partner, monkeypatch):
    keep = Once.keep

    def fail(self, response, **facts):
        keep(self, response, **facts)
        raise RuntimeError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(Once, "keep", fail)
        assert post(partner).status_code == 500
    assert (numbers(), KeptAnswer.objects.count()) == ([], 0)

    assert post(partner).status_code == 201
    assert numbers() == ["N-1"]


CHILD = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "courier_crm.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from django.test import Client
from core.partners.idempotency import Once
keep, place = Once.keep, sys.argv[4]
def killed(self, response, **facts):
    if place == "after":
        keep(self, response, **facts)
    os.kill(os.getpid(), 9)
Once.keep = killed
headers = {"Authorization": f"Bearer {sys.argv[2]}", "Idempotency-Key": "key-1"}
Client(SERVER_NAME="localhost").post("/api/v1/customers", sys.argv[3], content_type="application/json", headers=headers)
"""


def ask_plainly(text, body=BODY):
    headers = {"Authorization": f"Bearer {text}", "Idempotency-Key": "key-1"}
    return Client().post(f"{API}/customers", json.dumps(body), content_type="application/json", headers=headers)


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["before", "after"])
def test_worker_killed_between_effect_and_answer_leaves_nothing(now, place):
    swift = make_tenant(slug="swift", at=now)
    with tenant_scope(swift):
        text = Partner().text
    name = connection.settings_dict["NAME"]

    killed = subprocess.run(
        [sys.executable, "-c", CHILD, name, text, json.dumps(BODY), place], cwd=PROJECT_DIR, env=os.environ, check=False
    )

    assert killed.returncode == -9
    with tenant_scope(swift):
        assert (numbers(), KeptAnswer.objects.count()) == ([], 0)
    assert ask_plainly(text).status_code == 201
    with tenant_scope(swift):
        assert numbers() == ["N-1"]


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_have_one_effect(now, monkeypatch):
    """The second comes while the first is at work, and is told so; after the first it is answered alike."""
    swift = make_tenant(slug="swift", at=now)
    with tenant_scope(swift):
        text = Partner().text
    at_work, may_go_on = threading.Event(), threading.Event()
    keep = idempotency.Once.keep
    answers = []

    def wait(self, response, **facts):
        at_work.set()
        assert may_go_on.wait(timeout=30)
        keep(self, response, **facts)

    def first():
        try:
            answers.append(ask_plainly(text))
        finally:
            connections.close_all()

    monkeypatch.setattr(Once, "keep", wait)
    thread = threading.Thread(target=first)
    thread.start()
    assert at_work.wait(timeout=30)
    second = ask_plainly(text)
    may_go_on.set()
    thread.join()
    third = ask_plainly(text)

    assert (second.status_code, second.json()["code"]) == (409, "idempotency_key_in_use")
    assert second.headers["Retry-After"] == "1"
    assert answers[0].status_code == 201
    assert (third.content, third.headers["Idempotent-Replayed"]) == (answers[0].content, "true")
    with tenant_scope(swift):
        assert numbers() == ["N-1"]


def test_erasing_a_customer_forgets_the_answers_that_tell_of_it(partner, administrator, now):
    post(partner)
    post(partner, {**BODY, "number": "N-2"}, key="key-2")
    erased = Customer.objects.get(number="N-1")
    partner.send("post", f"/customers/{erased.pk}/contacts", {"name": "Lin"}, Idempotency_Key="key-1")
    partner.send("post", "/customers/search", {"query": "Zhang"}, Idempotency_Key="key-1")
    assert KeptAnswer.objects.count() == 4

    figures = erase_customer(customer=erased, reason="request", by=administrator, at=now)

    assert figures["kept_answers"] == 2
    assert KeptAnswer.objects.get().key == "key-2"
