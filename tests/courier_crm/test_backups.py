"""Backups, on a real PostgreSQL: the drill, and every file, key or database that is refused."""

import base64
import os
import re
import stat
from contextlib import closing
from datetime import timedelta
from io import BytesIO, StringIO

import psycopg2
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, connections

from core.accounts.models import User
from core.audit.models import AuditSeal, Erasure
from core.audit.sealing import seal_events, verify_trail
from core.audit.services import record
from core.console.erasure import erase_tenant
from core.crypto import keys
from core.crypto.models import RootKey
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from courier_crm.backups import BackupRefused, databases, services
from courier_crm.backups.figures import read_figures
from courier_crm.backups.sealed import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, SealedWriter, opened
from customers.enums import CustomerKind
from customers.models import Customer
from customers.services import erase_customer
from tests.factories.accounts import make_tenant
from tests.factories.customers import make_customer

KEY = bytes(range(32))
transactional = pytest.mark.django_db(databases=["default", "owner"], transaction=True)


@pytest.fixture(autouse=True)
def backup_key(settings):
    settings.BACKUP_KEY = base64.b64encode(KEY).decode()


@pytest.fixture(autouse=True)
def soon(now):
    """Have the commands run while the last event still waits for its seal in good time."""
    with time_machine.travel(now + timedelta(seconds=3)):
        yield


@pytest.fixture
def swift(transactional_db, now):
    """A tenant with a person, and an audit trail that is sealed but for its last event; its scope is not open."""
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        for number in ("P-1", "P-2"):
            person = make_customer(
                at=now, number=number, kind=CustomerKind.INDIVIDUAL, company_name="", person_name=f"王小明 {number}"
            )
        record("personal.revealed", subject=person, by=None, at=now, reason="asked for")
        seal_events(at=now)
        record("personal.revealed", subject=person, by=None, at=now, reason="asked again")
    return tenant


def back_up(path, *arguments):
    out = StringIO()
    call_command("backup", str(path), *arguments, stdout=out, stderr=out)
    return out.getvalue()


def restore(path, *arguments):
    out = StringIO()
    call_command("restore", str(path), *arguments, stdout=out)
    return out.getvalue()


def all_databases():
    with connections["owner"].cursor() as cursor:
        cursor.execute("select datname from pg_database order by 1")
        return [name for (name,) in cursor.fetchall()]


@pytest.fixture
def restored():
    """The name of a database that is gone after the test."""
    name = f"{databases.database_name()}_restored"
    yield name
    databases.drop_database(name)


@transactional
def test_drill_rows_audit_chain_and_decrypted_sample_agree_and_who_was_erased_stays_erased(
    swift, now, tmp_path, restored
):
    rival = make_tenant(slug="rival", at=now)
    with tenant_scope(rival):
        make_customer(at=now, number="R-1", company_name="Rival's own")
    before, file, log = all_databases(), tmp_path / "night.backup", tmp_path / "erasures.jsonl"

    said = back_up(file)

    assert said.endswith("restored and the same.\n")
    assert (all_databases(), stat.S_IMODE(file.stat().st_mode)) == (before, 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["night.backup"]
    # None so short that a megabyte of ciphertext might hold it by chance.
    for word in ("王小明", "swift.example", "customers_customer", "tenancy_tenant"):
        assert word.encode() not in file.read_bytes()
    with tenant_scope(swift):
        head = verify_trail(at=now).head
        erase_customer(customer=Customer.objects.get(number="P-1"), reason="request", by=User.objects.first(), at=now)
    erase_tenant(tenant=rival, operator="root", at=now)
    call_command("erasure_log", out=str(log), stdout=StringIO())

    said = restore(file, "--erasures", str(log))

    assert f"is restored as {restored}, and proved; 3 erasures done again, 0 known already, 0 of" in said
    with databases.working_on(restored):
        with connection.cursor() as cursor:
            cursor.execute("select current_user, current_database()")
            assert cursor.fetchone() == ("crm_app", restored)
        with tenant_scope(swift):
            names = dict(Customer.objects.values_list("number", "erased_at"))
            assert (names["P-1"] is None, names["P-2"]) == (False, None)
            assert Customer.objects.get(number="P-1").person_name is None
            assert Customer.objects.get(number="P-2").person_name == "王小明 P-2"
            sequence, _colon, digest = head.partition(":")
            assert bytes(AuditSeal.objects.get(sequence=int(sequence)).digest).hex() == digest
            seal_events(at=now)
            assert verify_trail(at=now, expected_head=head).findings == []
            assert Erasure.objects.get().kind == "customer"
        with tenant_scope(rival):
            assert RootKey.objects.get().wrapped is None
        assert Customer.all_tenants.count() == 0, "row-level security was not restored"
        assert Tenant.objects.get(slug="rival").is_active is False
    with tenant_scope(swift):
        assert Customer.objects.get(number="P-2").person_name == "王小明 P-2"


@transactional
def test_restored_database_takes_the_place_of_the_present_one_which_is_kept(swift, now, tmp_path):
    present, file = databases.database_name(), tmp_path / "backup"
    back_up(file, "--unproved")
    with tenant_scope(swift):
        make_customer(at=now, number="LATER")
    guest = psycopg2.connect(databases._address(present))

    with closing(guest), pytest.raises(CommandError, match="Stop the web servers, workers and beats first"):
        restore(file, "--no-erasures", "--replace", "--into", "crm_in_use")
    databases.drop_database("crm_in_use")
    with tenant_scope(swift):
        assert Customer.objects.filter(number="LATER").exists()
    said = restore(file, "--no-erasures", "--replace")

    aside = re.search(r"kept as (\w+)\.", said)[1]
    with tenant_scope(swift):
        assert list(Customer.objects.order_by("number").values_list("number", flat=True)) == ["P-1", "P-2"]
    databases.replace_database(present, by=aside, aside=f"{present}_restored")
    databases.drop_database(f"{present}_restored")
    with tenant_scope(swift):
        assert Customer.objects.filter(number="LATER").exists()


@transactional
def test_copy_that_differs_is_refused_and_dropped(swift, now, tmp_path, restored):
    file = tmp_path / "backup"
    back_up(file, "--unproved")
    contents = services._read_whole(file, KEY)
    rows, key = contents.figures.rows, next(iter(contents.figures.sample))
    contents.figures.sample[key] = "another"
    rows["customers_customer"] += 1
    contents.figures.trails["swift"][0] = "7:00"
    before = all_databases()

    with (
        pytest.raises(BackupRefused) as refused,
        services._restored(restored, file, KEY, contents),
    ):
        pytest.fail("it was taken for the same")

    words = str(refused.value)
    assert "rows of customers_customer: 3 in the backup, 2 restored" in words
    assert "audit trail of swift: ['7:00'] in the backup" in words
    assert f"decrypted sample {key}: another in the backup" in words
    assert all_databases() == before


@transactional
def test_wrong_master_key_is_told_when_the_copy_is_proved(swift, tmp_path, settings, monkeypatch):
    back_up(tmp_path / "backup", "--unproved")
    before = all_databases()
    settings.MASTER_KEY = base64.b64encode(os.urandom(32)).decode()
    monkeypatch.setattr(keys, "_rings", {})

    with pytest.raises(CommandError, match=r"was wrapped by another master key\. Set CRM_MASTER_KEY"):
        restore(tmp_path / "backup", "--check")

    assert all_databases() == before


@pytest.fixture(scope="module")
def sealed():
    """A file of three chunks, the last of them short."""
    file, content = BytesIO(), os.urandom(2 * CHUNK_BYTES + 17)
    writer = SealedWriter(file, KEY)
    for begin in range(0, len(content), 70_001):
        writer.write(content[begin : begin + 70_001])
    writer.close()
    return content, file.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_what_was_sealed_opens_again_whatever_its_size(size):
    file, content = BytesIO(), os.urandom(size)
    writer = SealedWriter(file, KEY)
    writer.write(content)
    writer.close()
    file.seek(0)

    assert b"".join(opened(file, KEY)) == content


def test_no_two_files_are_alike(sealed):
    content, first = sealed
    again = BytesIO()
    writer = SealedWriter(again, KEY)
    writer.write(content)
    writer.close()

    assert len(again.getvalue()) == len(first)
    assert again.getvalue()[HEADER_BYTES : HEADER_BYTES + 64] != first[HEADER_BYTES : HEADER_BYTES + 64]


def spoilt(how, file):
    """Return the file as somebody, or chance, left it."""
    chunk = CHUNK_BYTES + TAG_BYTES
    first, second, last = (
        file[HEADER_BYTES:][:chunk],
        file[HEADER_BYTES + chunk :][:chunk],
        file[HEADER_BYTES + 2 * chunk :],
    )
    header = file[:HEADER_BYTES]
    return {
        "empty": b"",
        "of something else": b"PGDMP" + file,
        "cut in its header": file[: HEADER_BYTES - 1],
        "cut behind its header": header,
        "cut in a chunk": file[: HEADER_BYTES + 1000],
        "cut by its last byte": file[:-1],
        "cut between chunks": header + first + second,
        "with a byte more": file + b"\0",
        "with a chunk twice": header + first + first + second + last,
        "with chunks swapped": header + second + first + last,
        "without its first chunk": header + second + last,
        "with a bit turned": file[:-20] + bytes([file[-20] ^ 1]) + file[-19:],
        "with another salt": file[: HEADER_BYTES - 1] + bytes([file[HEADER_BYTES - 1] ^ 1]) + file[HEADER_BYTES:],
        "of another version": file[:8] + b"\2" + file[9:],
        "under another key": file[:9] + b"\0" + file[10:],
    }[how]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("empty", "is no backup of this product: manage.py backup makes one"),
        ("of something else", "is no backup of this product"),
        ("cut in its header", "ends within its header. Take another copy"),
        *(
            (how, "was cut or altered at about byte .* Take another copy of it, or the backup before")
            for how in (
                "cut behind its header",
                "cut in a chunk",
                "cut by its last byte",
                "cut between chunks",
                "with a byte more",
                "with a chunk twice",
                "with chunks swapped",
                "without its first chunk",
                "with a bit turned",
                "with another salt",
            )
        ),
        ("of another version", "is of version 2, and this product reads version 1: restore it with the release"),
        ("under another key", "another backup key: set CRM_BACKUP_KEY or CRM_BACKUP_KEY_FILE to that one"),
    ],
)
def test_spoilt_file_is_refused_with_what_to_do_before_a_database_is_made(sealed, tmp_path, monkeypatch, how, words):
    monkeypatch.setattr(databases, "create_database", lambda _name: pytest.fail("a database was made"))
    (tmp_path / "backup").write_bytes(spoilt(how, sealed[1]))

    with pytest.raises(BackupRefused, match=words):
        b"".join(opened(BytesIO(spoilt(how, sealed[1])), KEY))
    with pytest.raises(CommandError, match=words):
        restore(tmp_path / "backup", "--check")
    with pytest.raises(CommandError, match=words):
        restore(tmp_path / "backup", "--no-erasures")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "Set CRM_BACKUP_KEY, or CRM_BACKUP_KEY_FILE"),
        ("nonsense!", "is not 32 bytes in base64"),
        (base64.b64encode(bytes(16)).decode(), "is not 32 bytes in base64"),
        (base64.b64encode(bytes(32)).decode(), "made under another backup key"),
    ],
)
def test_missing_bad_or_other_key_is_told(sealed, settings, tmp_path, key, words):
    settings.BACKUP_KEY = key
    (tmp_path / "backup").write_bytes(sealed[1])

    with pytest.raises(CommandError, match=words):
        restore(tmp_path / "backup", "--check")


@transactional
def test_backup_of_a_release_with_other_migrations_is_refused(swift, tmp_path, monkeypatch):
    file = tmp_path / "backup"
    monkeypatch.setattr(services, "_migrations", lambda: ["customers.0001_initial", "customers.0099_later"])
    back_up(file, "--unproved")
    monkeypatch.setattr(services, "_migrations", lambda: ["customers.0001_initial"])
    monkeypatch.setattr(databases, "create_database", lambda _name: pytest.fail("a database was made"))

    with pytest.raises(CommandError, match=r"another release \(customers.0099_later\): restore it with that one"):
        restore(file, "--no-erasures")


@transactional
def test_backup_never_replaces_a_file_and_leaves_none_behind_that_failed(swift, tmp_path, monkeypatch):
    (tmp_path / "backup").write_text("of yesterday")

    with pytest.raises(CommandError, match="is there already"):
        back_up(tmp_path / "backup")
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        back_up(tmp_path / "nowhere" / "backup")
    monkeypatch.setattr(databases, "_program", lambda _name: "/bin/false")
    with pytest.raises(CommandError, match="false failed: it said nothing"):
        back_up(tmp_path / "other")

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("backup", "of yesterday")]


def test_restore_asks_for_the_log_of_erasures(sealed, tmp_path):
    (tmp_path / "backup").write_bytes(sealed[1])

    for arguments in ([], ["--erasures", str(tmp_path / "log"), "--no-erasures"]):
        with pytest.raises(CommandError, match="so that who was erased stays erased"):
            restore(tmp_path / "backup", *arguments)
    with pytest.raises(CommandError, match="log cannot be read"):
        restore(tmp_path / "backup", "--erasures", str(tmp_path / "log"))


@transactional
def test_log_that_is_none_leaves_no_database(swift, tmp_path, restored):
    back_up(tmp_path / "backup", "--unproved")
    (tmp_path / "log").write_text("nonsense\n")
    before = all_databases()

    with pytest.raises(CommandError, match="Line 1 is no entry of an erasure log"):
        restore(tmp_path / "backup", "--erasures", str(tmp_path / "log"))

    assert all_databases() == before


@transactional
def test_trail_that_was_tampered_with_is_backed_up_and_told(swift, now, tmp_path):
    with connections["owner"].cursor() as cursor:
        cursor.execute("alter table audit_auditevent disable trigger user")
        cursor.execute("update audit_auditevent set action = 'other' where action = 'personal.revealed'")
        cursor.execute("alter table audit_auditevent enable trigger user")

    said = back_up(tmp_path / "backup")

    assert "restored and the same" in said
    assert "The audit trail of swift does not verify: manage.py verify_audit names where." in said


@transactional
def test_figures_are_of_one_moment(swift, now):
    with databases.exported_snapshot() as snapshot:
        before = read_figures(at=now, snapshot=snapshot)
        with tenant_scope(swift):
            make_customer(at=now, number="LATER")
        assert read_figures(at=now, snapshot=snapshot) == before

    assert before.rows["customers_customer"] + 1 == read_figures(at=now).rows["customers_customer"]
