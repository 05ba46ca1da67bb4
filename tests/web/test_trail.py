"""The trail in words: who sees what of a record's history, and how it reads."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from core.accounts.enums import Role
from core.accounts.services import create_department, update_user
from core.audit import actions
from core.audit.models import AuditEvent
from core.audit.services import record
from core.partners.models import ApiKey
from core.partners.services import create_api_key, restrict_api_key, revoke_api_key
from core.web import trail
from core.web.trail import history_of, lines_of
from customers.models import Customer, CustomField
from customers.services.needs import add_need, change_need
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer
from tests.factories.tiering import RULES, put_in_force, set_override
from tiering.enums import MoveReason
from tiering.models import TierChange

WINDOW = {"opens": "09:00", "closes": "12:00"}


@pytest.fixture(autouse=True)
def declared_action():
    actions.declare("test.done", "Done")
    yield
    actions._labels.pop("test.done")


@pytest.fixture
def privacy_officer(tenant, now):
    return make_user(role=Role.PRIVACY_OFFICER, at=now)


def words(line):
    return [(change.label, change.old, change.new) for change in line.changes], line.details


def move(customer, at, *, reason=MoveReason.EVALUATION, before="mid", after="vip"):
    return TierChange.objects.create(
        customer=customer,
        from_tier=before,
        to_tier=after,
        reason=reason,
        as_of=at.date(),
        window_days=90,
        policy_version=1,
        contribution=Decimal(12400),
        shipment_count=9,
        changed_at=at,
    )


def test_change_of_a_person_names_the_department_and_the_role(administrator, agent, now):
    service = create_department(name="Service", by=administrator, at=now)
    kept = {name: getattr(agent, name) for name in ("email", "name", "language", "time_zone", "team")}

    update_user(user=agent, **kept, role=Role.SUPERVISOR, department=service, by=administrator, at=now)

    line = history_of(agent, user=administrator).lines[0]
    assert (line.action, line.actor, line.at) == ("Person changed", administrator.name, now)
    assert words(line) == ([("Role", "Agent", "Supervisor"), ("Department", "–", "Service")], [])


def test_history_of_a_key_says_scopes_times_and_networks(administrator, now):
    key, _text = create_api_key(
        name="Shop", scopes=["shipments:read", "customers:read"], expires_at=None, by=administrator, at=now
    )
    restrict_api_key(key=key, networks=["192.0.2.0/24", "198.51.100.7"], by=administrator, at=now)
    revoke_api_key(key=key, by=administrator, at=now + timedelta(hours=1))

    with timezone.override("Asia/Shanghai"):
        revoked, restricted, created = history_of(ApiKey.objects.get(), user=administrator).lines

    assert words(revoked)[0] == [("Revoked", "–", "2026-03-02 13:30")]
    assert words(restricted)[0] == [("Networks", "–", "192.0.2.0/24, 198.51.100.7/32")]
    assert words(created)[1] == [
        ("Name", "Shop"),
        ("What the key may do", "Read customers, personal data masked, Read shipments and their scans"),
    ]


def test_new_version_of_the_policy_says_what_differs(supervisor, now):
    policy = put_in_force(**{**RULES, "vip_percent": 10, "vip_monthly": Decimal(12400)}, approver=supervisor, at=now)

    line, *before = history_of(policy, user=supervisor).lines
    assert [each.action for each in before] == ["Tier policy sent for approval", "Draft of a tier policy written"]
    assert (line.action, line.actor) == ("Tier policy approved", supervisor.name)
    changes, details = words(line)
    assert ("VIP, percent of customers", "5", "10") in changes
    assert ("VIP from, per month", "¥10,000.00", "¥12,400.00") in changes
    assert details == [("Version", "2")]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ("Tier changed", "Evaluation as of 2026-03-02", "Tier", "Mid", "VIP", "Contribution")),
        ("zh-hans", ("等级变动", "截至 2026-03-02 的评估", "客户等级", "中端", "大客户", "贡献度")),
    ],
)
def test_move_by_the_nightly_run_stands_in_the_customers_history(supervisor, now, language, told):
    customer = make_customer(at=now - timedelta(days=1))
    move(customer, now)

    with translation.override(language):
        line = history_of(customer, user=supervisor).lines[0]

    action, actor, tier, before, after, contribution = told
    assert (line.action, line.actor) == (action, actor)
    assert words(line) == ([(tier, before, after)], [(contribution, "¥12,400.00")])


def test_tier_set_by_hand_stands_there_once(supervisor, now):
    customer = make_customer(at=now - timedelta(days=1))

    set_override(customer=customer, tier="vip", reason="Key account", expires_on=None, by=supervisor, at=now)

    history = history_of(customer, user=supervisor)
    assert [line.action for line in history.lines] == [
        "Tier set by hand",
        "Tier by hand asked for",
        "Customer created",
    ]
    assert words(history.lines[0]) == ([("Tier", "–", "VIP"), ("Tier since", "–", "2026-03-02")], [])
    only = history_of(customer, user=supervisor, only=("tier.set",))
    assert [line.action for line in only.lines] == ["Tier set by hand"]


def test_reason_is_hidden_from_who_may_not_read_the_trail(agent, privacy_officer, now):
    customer = make_customer(at=now)
    record("test.done", subject=customer, by=agent, at=now, reason="Ms Li asked by phone")

    hidden = history_of(customer, user=agent).lines[0]
    shown = history_of(customer, user=privacy_officer).lines[0]

    assert (hidden.reason, hidden.is_reason_hidden) == ("", True)
    assert (shown.reason, shown.is_reason_hidden) == ("Ms Li asked by phone", False)


def test_history_is_for_who_may_see_the_record(agent, administrator, now):
    customer = make_customer(at=now - timedelta(days=1))
    move(customer, now)
    key, _text = create_api_key(name="Shop", scopes=["customers:read"], expires_at=None, by=administrator, at=now)

    assert len(history_of(agent, user=administrator).lines) == 1
    assert history_of(agent, user=agent).lines == []
    assert [line.action for line in history_of(customer, user=agent).lines] == ["Tier changed", "Customer created"]
    # A key that may read customers may not read tiers.
    assert [line.action for line in history_of(customer, user=key).lines] == ["Customer created"]


def test_trail_links_to_what_the_reader_may_open(administrator, privacy_officer, agent, now):
    customer = make_customer(at=now, number="C-1", company_name="Swift")
    events = [
        record("test.done", of=customer, by=None, at=now),
        record("test.done", of=agent, by=None, at=now),
    ]

    by_administrator = [(line.subject, line.subject_url) for line in lines_of(events, user=administrator)]
    by_officer = [(line.subject, line.subject_url) for line in lines_of(events, user=privacy_officer)]

    about = ("Swift C-1", f"/customers/{customer.pk}/")
    assert by_administrator == [about, (agent.name, f"/settings/people/{agent.pk}/")]
    assert by_officer == [about, (agent.name, "")]


def test_changed_keys_of_a_mapping_are_told_one_by_one(agent, now):
    customer = make_customer(at=now)
    customer = Customer.objects.get(pk=customer.pk)
    CustomField.objects.create(key="contract", label="合同续签日", kind="text")
    customer.custom_values = {"contract": "A-1", "staff": 1200}
    record("test.done", subject=customer, by=agent, at=now)
    customer.custom_values = {"contract": "A-2", "staff": 1200}
    record("test.done", subject=customer, by=agent, at=now + timedelta(minutes=1))

    second, first, _created = history_of(customer, user=agent).lines
    assert words(first)[0] == [("合同续签日", "–", "A-1"), ("Customer fields, staff", "–", "1,200")]
    assert words(second)[0] == [("合同续签日", "A-1", "A-2")]


def test_details_of_a_need_are_told_in_words(supervisor, now):
    customer = make_customer(at=now)
    need = add_need(customer=customer, kind="time_window", details={**WINDOW, "days": [1, 2, 3]}, by=supervisor, at=now)

    later = now + timedelta(minutes=1)
    change_need(need=need, version=1, details={**WINDOW, "days": [6]}, by=supervisor, at=later)

    assert words(history_of(customer, user=supervisor).lines[0])[0] == [("Days", "Mon–Wed", "Sat")]


@pytest.mark.parametrize(
    ("language", "kind", "size"),
    [("en", "Kind of file", ("Size", "604\xa0bytes")), ("zh-hans", "文件类型", ("大小", "604\xa0字节"))],
)
def test_digest_of_a_file_stands_in_the_whole_trail_alone(supervisor, now, language, kind, size):
    customer = make_customer(at=now)
    details = {"media_type": "application/pdf", "size": 604, "sha256": "ab" * 32}
    event = record("document.added", subject=customer, by=supervisor, at=now, details=details)

    with translation.override(language):
        [in_history, *_created] = history_of(customer, user=supervisor).lines
        [in_trail] = lines_of([event], user=supervisor)

    digest = [value for _label, value in in_trail.details if value == "ab" * 32]
    assert dict(in_history.details) == dict([(kind, "PDF"), size])
    assert set(in_history.details) < set(in_trail.details)
    assert (len(digest), len(in_trail.details)) == (1, 3)


@pytest.mark.parametrize("count", [3, 300])
def test_history_asks_the_same_number_of_queries(agent, now, count, django_assert_num_queries):
    customer = make_customer(at=now)
    for number in range(count):
        record("test.done", of=customer, by=agent, at=now + timedelta(minutes=number))
        move(customer, now + timedelta(minutes=number))

    # The events, the people in them, the moves.
    with django_assert_num_queries(3):
        history = history_of(customer, user=agent)

    assert len(history.lines) == min(trail.NEWEST, 2 * count + 1)
    assert history.is_cut is (count == 300)
    times = [line.at for line in history.lines]
    assert times == sorted(times, reverse=True)


def test_kind_that_nobody_registered_is_refused(agent, now):
    with pytest.raises(KeyError):
        history_of(AuditEvent(), user=agent)
    with pytest.raises(ValueError, match="already"):
        trail.register_subject("accounts.user", lambda _ids: {}, permission="")
