"""Erasing a tenant by its keys, erasing a person, and doing both again after a backup was restored."""

import builtins
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from core.accounts.enums import Role
from core.accounts.models import User
from core.audit.models import AuditEvent, Erasure
from core.audit.sealing import seal_events, verify_trail
from core.audit.services import record
from core.console.erasure import AlreadyErased, erase_tenant
from core.crypto.errors import KeyUnavailable
from core.crypto.keys import destroy_root_keys
from core.crypto.models import RootKey
from core.tenancy.models import Tenant
from core.tenancy.scope import alone, tenant_scope
from customers.enums import ContactPointKind, CustomerKind, InteractionKind
from customers.finding import find_customers
from customers.models import Address, Contact, ContactPoint, Customer, CustomerToken, Interaction
from customers.services import (
    NewContactPoint,
    NothingToErase,
    add_address,
    add_contact,
    erase_customer,
    record_interaction,
)
from tests.factories.accounts import make_tenant, make_user, sign_in
from tests.factories.customers import make_customer
from tests.factories.partners import Partner

PHONE = "+8613800138000"


def make_person(*, at, number="P-1"):
    customer = make_customer(
        at=at, number=number, kind=CustomerKind.INDIVIDUAL, company_name="", person_name="王小明", birthday="1990-01-02"
    )
    points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
    add_contact(customer=customer, name="李小龙", points=points, at=at)
    add_address(customer=customer, street="科技路1号", by=None, at=at)
    record_interaction(customer=customer, kind=InteractionKind.NOTE, text="王小明 asked for 李小龙", at=at)
    return customer


@pytest.fixture
def swift(db, now):
    """A tenant with a person, whose scope is not open."""
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        make_person(at=now)
    return tenant


def signed_in(tenant, now):
    with tenant_scope(tenant):
        user = make_user(role=Role.ADMINISTRATOR, at=now)
    client = Client(raise_request_exception=False)
    sign_in(client, user)
    return client


def test_tenant_is_unreadable_closed_and_logged(swift, now):
    client = signed_in(swift, now)
    with tenant_scope(swift):
        customer = Customer.objects.get()
        partner = Partner(name="Partner")
        people = list(User.objects.values_list("email", flat=True))
    assert client.get(f"/customers/{customer.pk}/").status_code == 200

    counts = erase_tenant(tenant=swift, operator="root", at=now)

    assert (counts["root_keys"], counts["api_keys"], counts["users"]) == (1, 1, len(people))
    assert counts["tokens"] > 0
    assert client.get(f"/customers/{customer.pk}/").url.startswith("/sign-in/")
    assert Client().get("/api/v1/customers", headers=partner.headers).status_code == 401
    assert Tenant.objects.get(pk=swift.pk).is_active is False
    with tenant_scope(swift):
        assert RootKey.objects.get().wrapped is None
        assert CustomerToken.objects.count() == 0
        with pytest.raises(KeyUnavailable, match="keys of this tenant were destroyed"):
            str(Customer.objects.get().person_name)
        assert AuditEvent.objects.get(action="tenant.erased").details == counts
        assert verify_trail(at=now).findings == []
        entry = Erasure.objects.get()
        assert (entry.kind, entry.subject_id, entry.operator, entry.happened_at) == ("tenant", swift.pk, "root", now)
        assert set(User.objects.values_list("email", flat=True)) & set(people) == set()
    with pytest.raises(AlreadyErased):
        erase_tenant(tenant=swift, operator="root", at=now)


def test_keys_destroyed_while_pages_are_open_give_a_page_not_a_traceback(swift, now, caplog):
    client = signed_in(swift, now)
    with tenant_scope(swift):
        customer = Customer.objects.get()
        partner = Partner(name="Partner")
    assert client.get(f"/customers/{customer.pk}/").status_code == 200

    alone(swift, lambda: destroy_root_keys(at=now))
    page = client.get(f"/customers/{customer.pk}/")
    answer = Client(raise_request_exception=False).get(f"/api/v1/customers/{customer.pk}", headers=partner.headers)

    assert (page.status_code, "The data cannot be read" in page.content.decode()) == (503, True)
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert client.post("/search", {"q": PHONE}).status_code == 503
    assert "Traceback" not in caplog.text
    assert "keys.unavailable" in caplog.text


def test_erase_tenant_asks_for_the_name_again(swift, now, monkeypatch):
    monkeypatch.setattr(builtins, "input", lambda _words: "swfit")

    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase_tenant", "swift", stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("erase_tenant", "nobody", "--yes", stdout=StringIO())

    with tenant_scope(swift):
        assert Customer.objects.get().person_name == "王小明"
        assert Erasure.objects.count() == 0
    monkeypatch.setattr(builtins, "input", lambda _words: "swift")
    call_command("erase_tenant", "swift", stdout=StringIO())
    assert Tenant.objects.get(pk=swift.pk).is_active is False


def test_customer_is_erased_and_the_business_record_kept(tenant, now, agent):
    officer = make_user(role=Role.PRIVACY_OFFICER, at=now)
    customer, other = make_person(at=now), make_person(at=now, number="P-2")
    record("personal.revealed", subject=customer, by=agent, at=now, reason="王小明 asked")
    seal_events(at=now)
    tokens = CustomerToken.objects.count()

    figures = erase_customer(customer=customer, reason="request", by=officer, at=now)

    assert figures == {
        "facts": 2,
        "contacts": 1,
        "points": 1,
        "entries": 1,
        "addresses": 1,
        "copies": 0,
        "drafts": 0,
        "undos": 0,
        "kept_answers": 0,
        "imported_rows": 0,
        "merges": 0,
        "duplicates": 0,
        "needs": 0,
        "behaviour": 0,
        "service_requests": 0,
        "follow_ups": 0,
        "preference_links": 0,
        "plan_items": 0,
        "documents": 0,
        "document_parts": 0,
        "opportunities": 0,
        "opportunity_moves": 0,
        "proposals": 0,
        "proposal_lines": 0,
        "market_notes": 0,
        "leads": 0,
    }
    customer.refresh_from_db()
    assert (customer.number, customer.erased_at, customer.person_name, customer.birthday) == ("P-1", now, None, None)
    assert {model: model.objects.count() for model in (Contact, ContactPoint, Address, Interaction)} == {
        Contact: 1,
        ContactPoint: 1,
        Address: 1,
        Interaction: 1,
    }
    assert CustomerToken.objects.count() * 2 == tokens
    assert [found.customer for found in find_customers(PHONE, limit=5)] == [other]
    event = AuditEvent.objects.get(action="customer.erased")
    assert (event.actor_id, event.details) == (officer.pk, {**figures, "why_erased": "request"})
    assert set(event.changes) == {"person_name", "birthday", "erased_at"}
    assert (event.changes["person_name"], event.changes["birthday"]) == (None, None)
    assert AuditEvent.objects.filter(reason__isnull=False).count() == 0
    assert verify_trail(at=now).findings == []
    assert (Erasure.objects.get().kind, Erasure.objects.get().subject_id) == ("customer", customer.pk)
    with pytest.raises(NothingToErase):
        erase_customer(customer=customer, reason="request", by=officer, at=now)


def test_reason_that_vanished_without_an_erasure_is_found(tenant, now, agent):
    record("personal.revealed", subject=make_person(at=now), by=agent, at=now, reason="asked")
    seal_events(at=now)

    AuditEvent.objects.filter(reason__isnull=False).update(reason=None, reason_salt=None)

    assert [finding.problem for finding in verify_trail(at=now).findings] == ["reason changed"]


@pytest.mark.parametrize("role", [Role.PRIVACY_OFFICER, Role.ADMINISTRATOR])
def test_page_says_in_numbers_what_goes_and_then_erases_it(tenant, now, client_for, role):
    customer = make_person(at=now)
    client = client_for(make_user(role=role, at=now))
    url = f"/customers/{customer.pk}/erase/"
    assert url in client.get(f"/customers/{customer.pk}/").content.decode()

    page = client.get(url)
    bad = client.post(url, {"reason": "because"})

    assert [count for _label, count in page.context["figures"]] == [2, 1, 1, 1, 1, *[0] * 21]
    assert (bad.status_code, Contact.objects.count()) == (422, 1)
    assert client.post(url, {"reason": "request"}).url == f"/customers/{customer.pk}/"
    assert Contact.objects.count() == 0
    assert "Personal data erased" in client.get(f"/customers/{customer.pk}/").content.decode()
    assert client.post(url, {"reason": "request"}).status_code == 422


def test_page_is_not_for_everybody(tenant, now, client_for, agent):
    customer = make_person(at=now)
    client = client_for(agent)

    assert client.post(f"/customers/{customer.pk}/erase/", {"reason": "request"}).status_code == 403
    assert Contact.objects.count() == 1
    assert "/erase/" not in client.get(f"/customers/{customer.pk}/").content.decode()


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_erasures_are_done_again_after_a_restore(now, tmp_path):
    """What was erased comes back with a backup, and goes again with the log."""
    swift, rival = make_tenant(slug="swift", at=now), make_tenant(slug="rival", at=now)
    for tenant in (swift, rival):
        with tenant_scope(tenant):
            person = make_person(at=now)
            make_person(at=now, number="P-2")
    backup = Backup([swift, rival])
    with tenant_scope(rival):
        erase_customer(customer=person, reason="request", by=User.objects.first(), at=now)
    erase_tenant(tenant=swift, operator="root", at=now)
    log = tmp_path / "erasures.jsonl"
    call_command("erasure_log", out=str(log), stdout=StringIO())
    # One of the two tenants is the sandbox.
    assert sorted(json.loads(line)["kind"] for line in log.read_text().splitlines()) == ["customer", "tenant", "tenant"]
    assert [word for word in ("王", "李", "138001", "admin@") if word in log.read_text()] == []
    backup.restore()
    with tenant_scope(rival):
        assert Customer.objects.get(number="P-1").person_name == "王小明"

    out = StringIO()
    call_command("replay_erasures", str(log), stdout=out)
    call_command("replay_erasures", str(log), stdout=out)

    assert [line.split(" known")[0] for line in out.getvalue().splitlines()] == [
        "3 erasures done again, 0",
        "0 erasures done again, 3",
    ]
    with tenant_scope(rival):
        assert Customer.objects.get(number="P-1").person_name is None
        assert Customer.objects.get(number="P-2").person_name == "王小明"
        assert Contact.objects.count() == 1
        assert Erasure.objects.get().actor_kind == "user"
    with tenant_scope(swift):
        assert RootKey.objects.get().wrapped is None
        with pytest.raises(KeyUnavailable):
            str(Customer.objects.get(number="P-1").person_name)
    assert Tenant.objects.get(pk=swift.pk).is_active is False


@pytest.mark.parametrize("line", ["nonsense", "{}", "[]", '{"id": "x"}'])
def test_file_that_is_no_log_is_refused_before_anything_is_done(swift, now, tmp_path, line):
    (tmp_path / "log").write_text(line)

    with pytest.raises(CommandError, match="Line 1 is no entry"):
        call_command("replay_erasures", str(tmp_path / "log"), stdout=StringIO())
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("replay_erasures", str(tmp_path / "nothing"), stdout=StringIO())


def test_the_log_cannot_be_changed(swift, now):
    erase_tenant(tenant=swift, operator="root", at=now)

    for statement in ("delete from audit_erasure", "update audit_erasure set operator = ''"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with tenant_scope(swift):
        assert Erasure.objects.get().operator == "root"


class Backup:
    """The rows of these tenants that an erasure touches, as a backup would bring them back."""

    TABLES = (
        "crypto_rootkey",
        "customers_customer",
        "customers_contact",
        "customers_contactpoint",
        "customers_address",
        "customers_interaction",
        "customers_customertoken",
        "audit_erasure",
    )

    def __init__(self, tenants):
        self.tenants = tenants
        self.rows = {table: self._ask(f"select row_to_json(t)::text from {table} t") for table in self.TABLES}

    def restore(self):
        for table in reversed(self.TABLES):
            self._ask(f"alter table {table} disable trigger user")
            self._ask(f"delete from {table}")
            self._ask(f"alter table {table} enable trigger user")
        for table, rows in self.rows.items():
            for (row,) in rows:
                # Generated columns are worked out again.
                columns = ", ".join(json.loads(row).keys() - {"contribution_rank", "mending_rank"})
                self._ask(
                    f"insert into {table} ({columns}) select {columns} from json_populate_record(null::{table}, %s)",
                    [row],
                )
        self._ask("update tenancy_tenant set is_active = true, stamp = gen_random_uuid()")

    @staticmethod
    def _ask(statement, parameters=()):
        with connections["owner"].cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []
