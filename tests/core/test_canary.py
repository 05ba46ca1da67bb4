"""A name, a phone and an e-mail that nobody else has go through the whole product; afterwards they are looked for
wherever they must not be. What is looked for is looked for in every guise, and each place is shown to be searched by
a word beside them that may stand there.
"""

import base64
import json
import logging
import random
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote, unquote_plus

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse
from django.utils import timezone
from redis import Redis

from core.accounts.enums import Role
from core.audit.sealing import seal_events
from core.imports.models import ImportBatch
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job, result_of
from core.tenancy.scope import tenant_scope
from courier_crm import embedded
from customers.models import Contact, ContactPoint, Customer
from tests.factories.accounts import make_tenant, make_user, sign_in

pytestmark = pytest.mark.django_db(databases=["default", "owner"], transaction=True)
RARE = "瀛澍蘅珺珩曦昶霂翊沅芷蓁琬皓"
CONTROL = "Controlwort"


@pytest.fixture
def canary():
    """What is typed into the forms: made anew each time, so that nothing is left of an earlier run."""
    chance = random.SystemRandom()
    digits = f"139{chance.randrange(10**8):08d}"
    return {
        "name": "".join(chance.sample(RARE, 4)),
        "contact": "".join(chance.sample(RARE, 4)),
        "phone": digits,
        "email": f"canary{chance.randrange(10**10)}@shop.example",
        "street": "".join(chance.sample(RARE, 5)) + "路",
    }


def guises(text: str) -> set[bytes]:
    """The text as it may stand somewhere: plain, in JSON, in a URL, in hexadecimal, in base64 at any offset."""
    raw = text.encode()
    found = {raw, json.dumps(text)[1:-1].encode(), quote(text).encode(), raw.hex().encode()}
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + raw)
        found.add(encoded[4 if offset else 0 : len(encoded) // 4 * 4 - 4])
    return {each for each in found if len(each) > 7}


def hits(content: bytes, canary: dict[str, str]) -> list[str]:
    return [kind for kind, text in canary.items() if any(guise in content for guise in guises(text))]


def test_every_guise_is_found():
    name, phone = "瀛澍蘅珺", "13912345678"
    for content in (
        f"a {name} b".encode(),
        json.dumps({"q": name}).encode(),
        quote(f"?q={name}").encode(),
        f"\\x{name.encode().hex()}".encode(),
        base64.b64encode(f"1{name} and more".encode()),
        base64.b64encode(f"22{name} and more".encode()),
    ):
        assert hits(content, {"name": name, "phone": phone}) == ["name"]
    assert hits(b"+8613912345678", {"name": name, "phone": phone}) == ["phone"]


def use_the_product(client, canary) -> list[str]:
    """Type, change, search, reveal and export as people do; return every address the product led to."""
    answers = [
        client.post(
            reverse("customers:create"),
            {
                "number": "CANARY-1",
                "kind": "individual",
                "company_name": "",
                "person_name": canary["name"],
                "special_needs": f"ask for {canary['contact']}",
                "region": CONTROL,
            },
        )
    ]
    customer = Customer.all_tenants.get(number="CANARY-1")
    rows = {
        "points-TOTAL_FORMS": 2,
        "points-INITIAL_FORMS": 0,
        "points-0-kind": "phone",
        "points-0-value": canary["phone"],
        "points-1-kind": "email",
        "points-1-value": canary["email"],
    }
    answers.append(
        client.post(reverse("customers:create_contact", args=[customer.pk]), {"name": canary["contact"], **rows})
    )
    answers.append(
        client.post(
            reverse("customers:create_address", args=[customer.pk]), {"street": canary["street"], "city": "上海"}
        )
    )
    assert [answer.status_code for answer in answers] == [302, 302, 302]
    answers.append(
        client.post(
            reverse("customers:create"), {"number": "CANARY-1", "kind": "individual", "person_name": canary["name"]}
        )
    )
    point = ContactPoint.all_tenants.filter(contact__customer=customer).order_by("pk")[0]
    for typed in (canary["name"], canary["contact"], canary["phone"], canary["phone"][-4:], canary["email"]):
        asked = client.post(reverse("web:search"), {"q": typed})
        found = client.get(asked.url)
        assert (asked.status_code, "CANARY-1" in found.content.decode()) == (302, True)
        answers += [asked, found]
    reveal = reverse("console:reveal", args=["contact-point", point.pk])
    shown = client.post(reveal, {"reason": "other", "note": f"{canary['contact']} rang from {canary['phone']}"})
    assert canary["phone"] in shown.content.decode()
    for page in (reverse("customers:detail", args=[customer.pk]), reverse("customers:list"), reverse("console:audit")):
        answers.append(client.get(page))
    answers.append(
        client.post(
            reverse("console:export", args=["customers"]), {"format": "csv", "path": "/customers/", "query": ""}
        )
    )
    said = {"interaction-kind": "call", "interaction-text": f"{canary['contact']}: {canary['phone']}"}
    answers.append(client.post(reverse("customers:record_interaction", args=[customer.pk]), said))
    columns = "waybill_number,customer_number,customer_name,customer_kind,accepted_at,freight"
    file = f"{columns}\nCAN-1,CANARY-2,{canary['name']},individual,2026-03-01,1\n"
    answers.append(
        client.post(
            reverse("imports:upload", args=["shipments"]),
            {"file": SimpleUploadedFile(f"{canary['name']}.csv", file.encode())},
        )
    )
    answers.append(
        client.post(answers[-1].url, {f"column_{place}": name for place, name in enumerate(columns.split(","))})
    )
    assert [answer.status_code for answer in answers[-3:]] == [302, 302, 302]
    return [answer.headers.get("Location", "") for answer in answers] + [
        answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"] for answer in answers
    ]


def table_texts() -> Iterator[tuple[str, bytes]]:
    """Every row of every table, as the owner reads it."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
        for (table,) in cursor.fetchall():
            cursor.execute(f"select coalesce(string_agg(t::text, chr(10)), '') from \"{table}\" t")
            yield table, cursor.fetchone()[0].encode()


def redis_contents() -> bytes:
    """Keys and values of the whole Redis, and the bodies of Celery's messages in clear."""
    client = Redis.from_url(settings.REDIS_URL)
    read = {
        b"string": lambda key: [client.get(key)],
        b"list": lambda key: client.lrange(key, 0, -1),
        b"hash": lambda key: [part for pair in client.hgetall(key).items() for part in pair],
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    found = []
    for key in client.scan_iter():
        found += [key, *(read[client.type(key)](key) if client.type(key) in read else [])]
    client.close()
    for each in list(found):
        with suppress(ValueError, KeyError, TypeError):
            found.append(base64.b64decode(json.loads(each)["body"]))
    return b"\n".join(each for each in found if each)


def files_with(words: dict[str, str]) -> dict[str, list[str]]:
    """The database's files, its write-ahead log and its and Redis' logs that hold one of these."""
    folder = embedded.endpoints().local_dir
    with connections["owner"].cursor() as cursor:
        cursor.execute("select oid from pg_database where datname = current_database()")
        base = folder / "postgres" / "base" / str(cursor.fetchone()[0])
    found = {}
    for place in (base, folder / "postgres" / "pg_wal", folder / "log", folder / "redis"):
        for path in filter(lambda path: path.is_file(), place.rglob("*")):
            if kinds := hits(path.read_bytes(), words):
                found[str(path)] = kinds
    return found


def test_nothing_personal_stands_where_it_must_not(now, client, canary, caplog, capfd):
    caplog.set_level(logging.INFO)
    tenant = make_tenant(slug="canary", at=now)
    with tenant_scope(tenant):
        user = make_user(role=Role.ADMINISTRATOR, at=now)
    sign_in(client, user)
    cache.set("canary-control", CONTROL)

    with tenant_scope(tenant):
        addresses = use_the_product(client, canary)
    with tenant_scope(tenant):
        jobs = list(BackgroundJob.objects.order_by("pk"))
    for job in jobs:
        perform_job(tenant_id=tenant.pk, job_id=job.pk, now=timezone.now)
    with tenant_scope(tenant):
        addresses.append(client.post(reverse("imports:start", args=[ImportBatch.objects.get().pk])).url)
        jobs.append(BackgroundJob.objects.latest("pk"))
    perform_job(tenant_id=tenant.pk, job_id=jobs[-1].pk, now=timezone.now)
    with tenant_scope(tenant):
        seal_events(at=timezone.now())
        exported = b"".join(result_of(jobs[0]))
        assert Contact.objects.get().name == canary["contact"]
        assert Customer.objects.get(number="CANARY-2").person_name == canary["name"]
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records) + "".join(capfd.readouterr())
    messages = redis_contents()

    assert b"CANARY-1" in exported
    assert hits(exported, canary) == []
    assert '"event": "request"' in logged or "'event': 'request'" in logged
    assert hits(logged.encode(), canary) == []
    assert [address for address in addresses if hits(unquote_plus(address).encode(), canary)] == []
    assert CONTROL.encode() in messages
    assert [str(job.pk).encode() in messages for job in jobs] == [True, True, True]
    assert hits(messages, canary) == []
    texts = dict(table_texts())
    assert [table for table, text in texts.items() if CONTROL.encode() in text] == ["customers_customer"]
    assert b"personal.revealed" in texts["audit_auditevent"]
    assert {table: kinds for table, text in texts.items() if (kinds := hits(text, canary))} == {}
    assert [hits(str(session.get_decoded()).encode(), canary) for session in Session.objects.all()] == [[]]
    cache.delete("canary-control")
    if embedded.is_embedded():
        assert files_with({"control": CONTROL}) != {}
        assert files_with(canary) == {}
