"""New keys while the system serves: nobody sees an error, nothing is left on the old key, and a kill costs nothing."""

import signal
import subprocess
import sys
import threading
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.audit.sealing import seal_events, verify_trail
from core.audit.services import record
from core.crypto.errors import KeyUnavailable
from core.crypto.fields import decrypt, encrypt, fingerprint_of, version_of
from core.crypto.keys import current_cipher, versions
from core.crypto.models import RootKey
from core.crypto.rotation import RotationUnfinished, _begin, rotate_keys, rows_left
from core.tenancy.scope import alone, tenant_scope
from customers.consents.deciding import may_contact
from customers.enums import ContactPointKind, CustomerKind
from customers.finding import find_customers
from customers.models import ContactPoint, Customer, CustomerToken
from customers.services import (
    ContactPointChange,
    NewContactPoint,
    SameContactPoint,
    add_address,
    add_contact,
    opt_out_point,
    update_contact,
)
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
PHONE = "+8613800{:06d}"


def make_people(count, *, at, start=0):
    for number in range(start, start + count):
        customer = make_customer(
            at=at, number=f"P-{number}", kind=CustomerKind.INDIVIDUAL, person_name="王小明", company_name=""
        )
        add_contact(
            customer=customer,
            name="李小龙",
            points=[NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE.format(number))],
            at=at,
        )


@pytest.fixture
def swift(now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        make_people(12, at=now)
        add_address(customer=Customer.objects.first(), street="科技路1号", by=None, at=now)
        record("customer.updated", subject=Customer.objects.first(), by=None, at=now, reason="asked by phone")
        seal_events(at=now)
    return tenant


@pytest.fixture
def agent_of_swift(swift, now):
    with tenant_scope(swift):
        return make_user(role=Role.AGENT, at=now)


def stored_versions():
    """Every version that a stored value is on, read past the product."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select person_name from customers_customer where person_name is not null"
            " union all select name from customers_contact union all select value from customers_contactpoint"
            " union all select street from customers_address"
            " union all select reason from audit_auditevent where reason is not null"
        )
        return {version_of(bytes(value)) for (value,) in cursor.fetchall()}


def test_everything_is_on_the_new_key_and_the_old_one_is_destroyed(swift, now):
    with tenant_scope(swift):
        old_tokens = set(CustomerToken.objects.values_list("token", flat=True))

    done = rotate_keys(tenant=swift, at=now, chunk=5)

    assert (done.version, done.resumed, set(done.proof.values()), done.destroyed) == (2, False, {0}, [1])
    assert (done.values, done.indexed) == (12 * 3 + 1 + 2, 12)
    with tenant_scope(swift):
        assert stored_versions() == {2}
        assert versions(swift.pk) == [2]
        first = RootKey.objects.get(version=1)
        assert (first.destroyed_at, first.wrapped) == (now, None)
        tokens = set(CustomerToken.objects.values_list("token", flat=True))
        assert (len(tokens), tokens & old_tokens) == (len(old_tokens), set())
        assert [found.customer.number for found in find_customers(PHONE.format(7), limit=5)] == ["P-7"]
        assert {customer.person_name for customer in Customer.objects.all()} == {"王小明"}
        assert verify_trail(at=now).findings == []
        assert AuditEvent.objects.get(reason__isnull=False).reason == "asked by phone"


def test_rows_are_changed_in_nothing_else(swift, now):
    with tenant_scope(swift):
        before = list(Customer.objects.order_by("pk").defer("person_name").values("pk", "version", "number"))

    rotate_keys(tenant=swift, at=now)

    with tenant_scope(swift):
        assert list(Customer.objects.order_by("pk").values("pk", "version", "number")) == before


def test_another_tenants_keys_and_values_stay(swift, now):
    rival = make_tenant(slug="rival", at=now)
    with tenant_scope(rival):
        make_people(1, at=now)

    rotate_keys(tenant=swift, at=now)

    with tenant_scope(rival):
        assert (stored_versions(), versions(rival.pk)) == ({1}, [1])
        assert Customer.objects.get().person_name == "王小明"


def test_half_way_both_versions_are_read_and_searched_and_the_new_one_is_written(swift, now):
    assert alone(swift, lambda: _begin(swift, now)) == (2, False)

    with tenant_scope(swift):
        make_people(1, at=now, start=100)
        assert versions(swift.pk) == [2, 1]
        assert stored_versions() == {1, 2}
        assert [found.customer.number for found in find_customers(PHONE.format(3), limit=5)] == ["P-3"]
        assert [found.customer.number for found in find_customers(PHONE.format(100), limit=5)] == ["P-100"]
        assert {found.customer.number for found in find_customers("王小明", limit=50)} == {
            customer.number for customer in Customer.objects.all()
        }
    assert rotate_keys(tenant=swift, at=now).resumed


def test_value_read_before_the_keys_changed_is_saved_under_the_new_one(swift, now):
    with tenant_scope(swift):
        stale = Customer.objects.get(number="P-1")
        kept = Customer.objects.get(number="P-2")
    alone(swift, lambda: _begin(swift, now))

    with tenant_scope(swift):
        stale.save()
        assert version_of(bytes(Customer.objects.filter(pk=stale.pk).values_list("person_name", flat=True)[0])) == 2
    rotate_keys(tenant=swift, at=now)
    with tenant_scope(swift):
        with pytest.raises(KeyUnavailable), transaction.atomic():
            kept.save()
        assert stored_versions() == {2}


def test_rotation_waits_for_a_writer_that_began_before_it(swift, now):
    """The new version is made when no transaction is left that could write under the old one."""
    entered, go_on, ended = threading.Event(), threading.Event(), []

    def write():
        try:
            with tenant_scope(swift.pk):
                current_cipher(swift.pk)
                entered.set()
                go_on.wait(10)
                make_people(1, at=now, start=50)
            ended.append("writer")
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    entered.wait(10)
    threading.Timer(0.5, go_on.set).start()
    done = rotate_keys(tenant=swift, at=now)
    ended.append("rotation")
    writer.join()

    assert ended == ["writer", "rotation"]
    assert set(done.proof.values()) == {0}
    with tenant_scope(swift):
        assert stored_versions() == {2}
        assert [found.customer.number for found in find_customers(PHONE.format(50), limit=5)] == ["P-50"]


def test_row_that_somebody_holds_is_taken_later(swift, now):
    held, go_on = threading.Event(), threading.Event()

    def hold():
        try:
            with tenant_scope(swift.pk):
                list(Customer.objects.select_for_update().filter(number="P-4"))
                held.set()
                go_on.wait(10)
        finally:
            connection.close()

    alone(swift, lambda: _begin(swift, now))
    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    threading.Timer(0.8, go_on.set).start()

    done = rotate_keys(tenant=swift, at=now)

    holder.join()
    assert set(done.proof.values()) == {0}


def test_number_that_was_opted_out_under_the_old_key_is_not_used_under_the_new_one(swift, agent_of_swift, now):
    with tenant_scope(swift):
        customer = Customer.objects.get(number="P-3")
        opt_out_point(point=customer.contacts.get().points.get(), how="phone", by=agent_of_swift, at=now)
    alone(swift, lambda: _begin(swift, now))
    with tenant_scope(swift):
        for number in (3, 4):
            same = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE.format(number))]
            add_contact(customer=customer, name="Wang", points=same, at=now)
        ContactPoint.objects.exclude(contact__customer=customer).delete()
        assert len(set(ContactPoint.objects.values_list("fingerprint", flat=True))) == 3

        decision = may_contact(customer=customer, purpose="service", channel="sms", at=now)

        assert ContactPoint.objects.get(pk=decision.point_id).value == PHONE.format(4)
        ContactPoint.objects.get(pk=decision.point_id).delete()
        decision = may_contact(customer=customer, purpose="service", channel="sms", at=now)
        assert [str(reason) for reason in decision.reasons] == ["point_opted_out"]


def test_number_is_refused_a_second_time_though_it_stands_under_the_old_key(swift, now):
    alone(swift, lambda: _begin(swift, now))
    with tenant_scope(swift):
        contact = Customer.objects.get(number="P-3").contacts.get()
        same = ContactPointChange(kind=ContactPointKind.PHONE, value=PHONE.format(3))
        facts = {"version": 1, "position": "", "is_primary": False, "points": [same], "by": None, "at": now}

        with pytest.raises(SameContactPoint), transaction.atomic():
            update_contact(contact=contact, **facts)
    rotate_keys(tenant=swift, at=now)

    with tenant_scope(swift):
        point = ContactPoint.objects.get(contact=contact)
        assert point.fingerprint == fingerprint_of(PHONE.format(3), tenant_id=swift.pk)


def test_value_that_does_not_open_is_named_and_keeps_the_old_key(swift, now):
    """All others are renewed; when it is emptied, the rotation comes to its end."""
    with tenant_scope(swift):
        broken = Customer.objects.get(number="P-5")
        _damage(broken)

    with pytest.raises(RotationUnfinished, match=f"1 values .* customers_customer.person_name of row {broken.pk}"):
        rotate_keys(tenant=swift, at=now)

    with tenant_scope(swift):
        assert sum(rows_left(2).values()) == 1
        assert versions(swift.pk) == [2, 1]
        assert {found.customer.number for found in find_customers("李小龙", limit=50)} == {
            f"P-{number}" for number in range(12)
        }
        Customer.objects.filter(pk=broken.pk).update(person_name=None)
    done = rotate_keys(tenant=swift, at=now)
    assert (done.resumed, set(done.proof.values()), done.destroyed) == (True, {0}, [1])


def _damage(customer):
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_customer set person_name = set_byte(person_name, 20, 255 - get_byte(person_name, 20))"
            " where id = %s",
            [customer.pk],
        )


def test_writers_and_readers_meet_no_error(swift, now):
    stop, errors, turns = threading.Event(), [], []

    def keep(work):
        try:
            while not stop.is_set():
                with tenant_scope(swift.pk):
                    work(len(turns))
                turns.append(work)
        except Exception as error:  # noqa: BLE001  whatever it is, there must be none
            errors.append(error)
        finally:
            connections.close_all()

    def write(turn):
        customer = Customer.objects.get(number=f"P-{turn % 12}")
        points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE.format(1000 + turn))]
        add_contact(customer=customer, name="欧阳新", points=points, at=now)
        assert customer in [found.customer for found in find_customers(PHONE.format(1000 + turn), limit=9)]

    def read(turn):
        (found,) = find_customers(PHONE.format(turn % 12), limit=9)
        assert found.customer.person_name == "王小明"
        assert {contact.name for contact in found.customer.contacts.all()} <= {"李小龙", "欧阳新"}

    threads = [threading.Thread(target=keep, args=[work]) for work in (write, read, write, read)]
    for thread in threads:
        thread.start()
    done = [rotate_keys(tenant=swift, at=now, chunk=7) for _each in range(3)]
    stop.set()
    for thread in threads:
        thread.join()

    assert errors == []
    assert {write, read} == set(turns)
    assert [(each.version, set(each.proof.values())) for each in done] == [(2, {0}), (3, {0}), (4, {0})]
    with tenant_scope(swift):
        assert stored_versions() == {4}


@pytest.mark.fault
def test_rotation_killed_twice_goes_on_and_ends(swift, now):
    with tenant_scope(swift):
        make_people(60, at=now, start=200)
    # Slow enough to be killed in the middle, in the database that this test uses.
    program = f"""
import os, time
os.environ["DJANGO_SETTINGS_MODULE"] = "courier_crm.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {settings.DATABASES["default"]["NAME"]!r}
import django
django.setup()
from django.core.management import call_command
from core.crypto import rotation
chunk = rotation._encrypt_chunk
def slowly(*arguments):
    result = chunk(*arguments)
    print("chunk", result[0], flush=True)
    time.sleep(0.05)
    return result
rotation._encrypt_chunk = slowly
call_command("rotate_keys", tenant="swift", chunk=10)
"""
    for _kill in range(2):
        run = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _chunk in range(3):
            while not run.stdout.readline().startswith("chunk 10"):
                assert run.poll() is None
        run.send_signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
        run.stdout.close()
        with tenant_scope(swift):
            assert versions(swift.pk) == [2, 1]
            assert sum(rows_left(2).values()) > 0

    out = StringIO()
    call_command("rotate_keys", tenant="swift", stdout=out)

    assert "taken up again" in out.getvalue()
    assert "destroyed: 1; in use: 2" in out.getvalue()
    with tenant_scope(swift):
        assert (stored_versions(), set(rows_left(2).values())) == ({2}, {0})
        assert Customer.objects.filter(number__startswith="P-").count() == 72


def test_value_of_a_destroyed_version_is_refused(swift, now):
    with tenant_scope(swift):
        row = Customer.objects.get(number="P-1")
        place = {"tenant_id": swift.pk, "table": "t", "column": "c", "row_id": row.pk}
        old = encrypt("Anna", **place)
    rotate_keys(tenant=swift, at=now + timedelta(days=1))

    with tenant_scope(swift):
        assert decrypt(encrypt("Anna", **place), **place) == "Anna"
        with pytest.raises(KeyUnavailable, match="version 1 was destroyed"):
            decrypt(old, **place)
