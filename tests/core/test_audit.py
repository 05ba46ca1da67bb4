"""The trail: what is written, that nobody changes it, and that a change by force is found."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from core.accounts.enums import Role
from core.accounts.models import Department, User
from core.accounts.services import create_department, update_user
from core.audit import actions
from core.audit.models import AuditEvent, AuditPending, AuditSeal
from core.audit.sealing import seal_all_events, seal_events, verify_trail
from core.audit.services import record
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from tests.factories.accounts import inside, make_tenant, make_user, outside


@pytest.fixture(autouse=True)
def declared_action():
    actions.declare("test.done", "Done")
    yield
    actions._labels.pop("test.done")


def test_words_of_a_field_are_declared_once():
    before = actions.fields()

    with pytest.raises(ValueError, match="already: role"):
        actions.declare_fields(role="Part in a play", nothing_yet="Nothing yet")

    assert actions.fields() == before


def change(user: User, *, by: User, at: datetime, **facts: object) -> User:
    kept = {
        name: getattr(user, name) for name in ("email", "name", "role", "language", "time_zone", "department", "team")
    }
    return update_user(user=user, **{**kept, **facts}, by=by, at=at)


def test_record_tells_what_changed_since_the_row_was_read(administrator, agent, now):
    change(agent, by=administrator, at=now, role=Role.SUPERVISOR, language="zh-hans")

    event = AuditEvent.objects.get(action="user.updated")
    assert event.changes == {"role": ["agent", "supervisor"], "language": ["en", "zh-hans"]}
    assert (event.subject_kind, event.subject_id) == ("accounts.user", agent.pk)
    assert (event.actor_kind, event.actor_id, event.happened_at) == ("user", administrator.pk, now)


def test_record_never_tells_personal_data(administrator, agent, now):
    change(agent, by=administrator, at=now, name="Somebody Else", email="else@staff.example")

    event = AuditEvent.objects.get(action="user.updated")
    assert event.changes == {"name": None, "email": None}
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from audit_auditevent e where e::text ~* 'somebody|else@staff'")
        assert cursor.fetchone() == (0,)


def test_record_keeps_a_reason_encrypted(administrator, now):
    record("test.done", by=administrator, at=now, reason="Ms Li asked by phone")

    event = AuditEvent.objects.get(action="test.done")
    assert event.reason == "Ms Li asked by phone"
    with connection.cursor() as cursor:
        cursor.execute("select reason from audit_auditevent where id = %s", [event.pk])
        assert b"Ms Li" not in bytes(cursor.fetchone()[0])


def test_record_of_an_action_nobody_declared_is_refused(administrator, now):
    before = AuditEvent.objects.count()

    with pytest.raises(KeyError):
        record("test.unknown", by=administrator, at=now)

    assert AuditEvent.objects.count() == before


def test_record_rolls_back_with_what_it_tells_about(tenant, now):
    before = AuditEvent.objects.count()

    with transaction.atomic():
        create_department(name="Service", by=None, at=now)
        transaction.set_rollback(True)

    assert AuditEvent.objects.count() == before
    assert Department.objects.count() == 0


@pytest.mark.parametrize("statement", ["update audit_auditevent set action = 'x'", "delete from audit_auditevent"])
def test_application_cannot_change_the_trail(administrator, now, statement):
    before = AuditEvent.objects.count()

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert AuditEvent.objects.count() == before > 0


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "delete from audit_auditevent",
        "delete from audit_auditseal",
        "delete from audit_auditpending",
        "update audit_auditpending set digest = ''",
        "truncate audit_auditevent",
        "truncate audit_auditseal",
        "truncate audit_auditpending",
        "truncate audit_erasure",
        "truncate tenancy_tenant cascade",
    ],
)
def test_owner_is_refused_too(now, statement):
    tenant = sealed_tenant(now)
    with tenant_scope(tenant):
        waiting = record("test.done", by=None, at=now)

    with pytest.raises(DatabaseError, match=r"only added to|waits for"), connections["owner"].cursor() as cursor:
        cursor.execute(statement)

    with tenant_scope(tenant):
        assert AuditEvent.objects.count() == AuditSeal.objects.count() + 1 > 5
        assert list(AuditPending.objects.values_list("pk", flat=True)) == [waiting.pk]


def test_another_tenants_trail_is_not_seen(administrator, other_tenant, tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = AuditEvent.objects.count()

    assert theirs > 0
    assert not AuditEvent.objects.filter(tenant_id=other_tenant.pk).exists()


def test_sealing_chains_every_event_once(administrator, now):
    waiting = AuditEvent.objects.count()

    assert seal_events(at=now) == waiting
    assert seal_events(at=now) == 0
    assert list(AuditSeal.objects.order_by("sequence").values_list("sequence", flat=True)) == [*range(1, waiting + 1)]
    assert AuditPending.objects.count() == 0
    assert verify_trail(at=now).findings == []


def test_sealing_in_batches_makes_one_chain(administrator, now):
    total = AuditEvent.objects.count()
    for _each in range(5):
        record("test.done", by=administrator, at=now)

    while seal_events(at=now, batch=2):
        pass

    found = verify_trail(at=now)
    assert (found.sealed, found.findings) == (total + 5, [])


def test_sealing_serves_every_tenant(administrator, other_tenant, tenant, now):
    with outside(tenant):
        seal_all_events(at=now)

    assert AuditPending.objects.count() == 0
    with inside(other_tenant, leaving=tenant):
        assert AuditPending.objects.count() == 0
        assert AuditSeal.objects.count() == AuditEvent.objects.count() > 0


def test_what_waits_for_its_seal_cannot_be_taken_away(administrator, now):
    waiting = AuditPending.objects.count()

    for change in (AuditPending.objects.all().delete, lambda: AuditPending.objects.update(digest=b"")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

    assert AuditPending.objects.count() == waiting > 0


def test_sealing_is_a_literal_number_of_queries(administrator, now, django_assert_num_queries):
    seal_events(at=now)
    for many in (3, 300):
        for _each in range(many):
            record("test.done", by=administrator, at=now)
        # The lock, what waits, the last link, the events, the new links, what waits no more.
        with django_assert_num_queries(6):
            assert seal_events(at=now) == many


def test_what_was_rolled_back_is_no_gap(administrator, now):
    record("test.done", by=administrator, at=now)
    with transaction.atomic():
        record("test.done", by=administrator, at=now)
        transaction.set_rollback(True)
    record("test.done", by=administrator, at=now)

    seal_events(at=now)

    assert verify_trail(at=now + timedelta(hours=1)).findings == []


def sealed_tenant(now: datetime) -> Tenant:
    """A tenant with five sealed events of ours behind those of its making."""
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        person = make_user(role=Role.AGENT, at=now)
        for _each in range(5):
            record("test.done", by=person, at=now)
        seal_events(at=now)
    return tenant


def without_triggers(*statements: str) -> None:
    """Change the trail as only its owner could, with the triggers off."""
    tables = ("audit_auditevent", "audit_auditseal", "audit_auditpending")
    with connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"alter table {table} disable trigger user")
        try:
            for statement in statements:
                cursor.execute(statement)
        finally:
            for table in tables:
                cursor.execute(f"alter table {table} enable trigger user")


SEAL_AT = "(select event_id from audit_auditseal where sequence = {})"


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
@pytest.mark.parametrize(
    ("statements", "problems"),
    [
        (
            [f"update audit_auditevent set action = 'user.activated' where id = {SEAL_AT.format(3)}"],
            [("event or link changed", 3)],
        ),
        (
            [f"update audit_auditevent set actor_id = null where id = {SEAL_AT.format(4)}"],
            [("event or link changed", 4)],
        ),
        ([f"delete from audit_auditevent where id = {SEAL_AT.format(3)}"], [("event missing", 3)]),
        (
            ["delete from audit_auditseal where sequence = 3"],
            [("gap", 4), ("event or link changed", 4), ("never sealed", None)],
        ),
        (
            [
                "update audit_auditseal set sequence = 1000 where sequence = 3",
                "update audit_auditseal set sequence = 3 where sequence = 4",
                "update audit_auditseal set sequence = 4 where sequence = 1000",
            ],
            [("event or link changed", 3), ("event or link changed", 4), ("event or link changed", 5)],
        ),
    ],
    ids=["an edit", "an actor taken out", "an event cut out", "a link cut out", "two links swapped"],
)
def test_verify_names_what_the_owner_changed_by_force(now, statements, problems):
    tenant = sealed_tenant(now)
    without_triggers(*statements)

    with tenant_scope(tenant):
        found = verify_trail(at=now + timedelta(hours=1))

    assert [(finding.problem, finding.sequence) for finding in found.findings] == problems
    with pytest.raises(CommandError):
        call_command("verify_audit", tenant="swift", stdout=StringIO())


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("delete from audit_auditevent where id = '{}'", "deleted unsealed"),
        ("update audit_auditevent set actor_id = null where id = '{}'", "changed unsealed"),
        ("update audit_auditevent set happened_at = happened_at - interval '1 s' where id = '{}'", "changed unsealed"),
        ("delete from audit_auditpending where id = '{}'", "never sealed"),
    ],
    ids=["an event cut out", "an actor taken out", "another time", "a note taken away"],
)
def test_verify_names_what_the_owner_changed_before_it_was_sealed(now, statement, problem):
    tenant = sealed_tenant(now)
    with tenant_scope(tenant):
        spoilt, sound = (record("test.done", by=make_user(role=Role.AGENT, at=now), at=now) for _each in range(2))
    without_triggers(statement.format(spoilt.pk))
    with tenant_scope(tenant):
        seal_events(at=now)
        seal_events(at=now, batch=1)

        found = verify_trail(at=now + timedelta(hours=1)).findings

        assert [(finding.problem, finding.sequence, finding.event_id) for finding in found] == [
            (problem, None, str(spoilt.pk))
        ]
        assert not AuditSeal.objects.filter(event_id=spoilt.pk).exists()
        assert AuditSeal.objects.filter(event_id=sound.pk).exists()
    with pytest.raises(CommandError):
        call_command("verify_audit", tenant="swift", stdout=StringIO())


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_sealing_goes_on_past_more_spoilt_events_than_a_batch(now):
    tenant = sealed_tenant(now)
    with tenant_scope(tenant):
        for _each in range(4):
            record("test.done", by=None, at=now)
    without_triggers("delete from audit_auditevent where id in (select id from audit_auditpending)")
    with tenant_scope(tenant):
        sound = record("test.done", by=None, at=now)

        assert seal_events(at=now, batch=2) == 1

        assert AuditSeal.objects.filter(event_id=sound.pk).exists()
        assert [each.problem for each in verify_trail(at=now).findings] == ["deleted unsealed"] * 4


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_verify_finds_a_cut_tail_by_the_head_that_was_kept(now):
    tenant = sealed_tenant(now)
    with tenant_scope(tenant):
        head = verify_trail(at=now).head
    last = head.partition(":")[0]
    without_triggers(
        f"delete from audit_auditevent where id = {SEAL_AT.format(last)}",
        f"delete from audit_auditseal where sequence = {last}",
    )

    with tenant_scope(tenant):
        assert verify_trail(at=now).findings == []
        assert len(verify_trail(at=now, expected_head=head).findings) == 1


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_verify_audit_prints_a_head_that_it_expects_later(now):
    sealed_tenant(now)
    out = StringIO()
    call_command("verify_audit", tenant="swift", stdout=out)
    head = out.getvalue().split()[-1]

    call_command("verify_audit", tenant="swift", expect=head, stdout=out)

    with pytest.raises(CommandError):
        call_command("verify_audit", tenant="swift", expect="1:00", stdout=out)
    with pytest.raises(CommandError):
        call_command("verify_audit", tenant="nobody", stdout=out)
