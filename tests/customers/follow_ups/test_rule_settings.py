"""How rules act is decided by the tenant, and what they ask for is due when people work."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from core.events.dispatching import work_off
from customers.enums import Priority
from customers.follow_ups.rules import current_policy, registered, setting_of
from customers.forms.follow_up_rules import rules_initial
from customers.models import Customer, FollowUp, FollowUpPolicy
from customers.services.escalation import escalate_overdue
from customers.services.follow_up_rules import BadRule, PolicyChanged, create_policy
from shipments.follow_ups import CODE
from shipments.models import Shipment
from shipments.watching import watch_shipments
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.customers import make_customer

# In Shanghai: 23:00 on a Monday, and one hour past the beginning of work on Tuesday.
NIGHT, NINE = datetime(2026, 3, 2, 15, tzinfo=UTC), datetime(2026, 3, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def settings(**changed):
    """Return all rules as they act, the one of shipments changed."""
    policy = current_policy()
    found = {code: setting_of(rule, policy) for code, rule in registered().items()}
    found[CODE] = type(found[CODE])(**{**vars(found[CODE]), **changed})
    return found


def decide(by, at, **changed):
    return create_policy(rules=settings(**changed), replaces=current_policy().version, by=by, at=at)


@pytest.fixture
def late(tenant, account_manager):
    """Let a shipment of a customer in a tier be late at a moment, and deliver what that tells."""

    def late(at, tier="vip"):
        customer = make_customer(at=at, account_manager=account_manager)
        Customer.objects.filter(pk=customer.pk).update(tier=tier)
        Shipment.objects.create(
            customer=customer, waybill_number="W1", accepted_at=at - 20 * HOUR, promised_at=at - 3 * HOUR
        )
        watch_shipments(at=at)
        work_off(tenant_id=tenant.pk, now=lambda: at)
        return FollowUp.objects.first()

    return late


def test_what_comes_at_night_is_due_in_the_working_day(late):
    assert late(NIGHT).due_at == NINE + 4 * HOUR


def test_nobody_is_alarmed_at_night(late, tenant):
    follow_up = late(NIGHT)
    moments = (NINE, follow_up.due_at + 59 * timedelta(minutes=1), follow_up.due_at + 61 * timedelta(minutes=1))

    assert [escalate_overdue(at=at) for at in moments] == [0, 0, 1]


def test_what_falls_due_in_the_evening_is_raised_when_people_work_again(tenant):
    make_follow_up(at=NIGHT - 9 * HOUR, due_at=NIGHT - HOUR)

    assert [escalate_overdue(at=at) for at in (NIGHT, NIGHT + 3 * HOUR, NINE + HOUR / 2, NINE + 2 * HOUR)] == [
        0,
        0,
        0,
        1,
    ]


@pytest.mark.parametrize(("tier", "count"), [("vip", 1), ("mid", 1), ("low", 0), (None, 0)])
def test_valued_are_vip_and_mid_where_nobody_decided(late, now, tier, count):
    late(now, tier)

    assert FollowUp.objects.count() == count


def test_tiers_hours_and_priority_are_the_tenants(late, supervisor, now):
    decide(supervisor, now, tiers=["low", "none"], hours=2, priority=Priority.URGENT)

    follow_up = late(now, "low")

    assert (follow_up.due_at, follow_up.priority) == (now + 2 * HOUR, Priority.URGENT)


@pytest.mark.parametrize("changed", [{"is_on": False}, {"tiers": ["mid"]}])
def test_rule_that_is_off_or_for_others_opens_nothing(late, supervisor, now, changed):
    decide(supervisor, now, **changed)

    assert late(now) is None


def test_decision_is_in_the_trail_and_names_the_rule(supervisor, now):
    policy = decide(supervisor, now, hours=8)

    assert AuditEvent.objects.get(action="follow_up_policy.changed").details == {
        "version": 1,
        "changed": [f"rule.{CODE}"],
    }
    assert setting_of(registered()[CODE], policy).hours == 8


@pytest.mark.parametrize("changed", [{"hours": 0}, {"hours": None}, {"tiers": ["best"]}, {"priority": 9}])
def test_what_there_is_not_is_refused(supervisor, now, changed):
    with pytest.raises(BadRule):
        decide(supervisor, now, **changed)

    assert FollowUpPolicy.objects.count() == 0


def test_of_two_at_once_the_second_sees_the_first(supervisor, now):
    decide(supervisor, now, hours=8)

    with pytest.raises(PolicyChanged):
        create_policy(rules=settings(hours=2), replaces=0, by=supervisor, at=now)

    assert setting_of(registered()[CODE], current_policy()).hours == 8


def sent(**changed):
    """Return the form as a browser sends it, some fields changed."""
    data = {name: value for name, value in rules_initial(current_policy()).items() if value is not False}
    return {**data, **{f"{CODE}-{name}": value for name, value in changed.items()}}


def test_page_shows_all_rules_and_changes_one(client_for, supervisor):
    client, url = client_for(supervisor), reverse("customers:follow_up_rules")
    body = client.get(url).content.decode()
    for rule in registered().values():
        assert str(rule.label) in body
    assert body.count("As its steps say") == 2

    answer = client.post(url, sent(hours=6, tiers=["vip"]))

    assert answer.status_code == 302
    setting = setting_of(registered()[CODE], current_policy())
    assert (setting.is_on, list(setting.tiers), setting.hours, setting.priority) == (True, ["vip"], 6, Priority.HIGH)
    assert "Rules of follow-ups changed" in client.get(url).content.decode()


def test_page_says_what_is_in_force_where_somebody_was_faster(client_for, supervisor, now):
    client, url = client_for(supervisor), reverse("customers:follow_up_rules")
    data = sent(hours=6)
    decide(supervisor, now, hours=8)

    answer = client.post(url, data)

    assert answer.status_code == 422
    assert "In force now: 8" in answer.content.decode()
    assert setting_of(registered()[CODE], current_policy()).hours == 8


def test_page_is_for_supervisors(client_for, agent):
    assert client_for(agent).get(reverse("customers:follow_up_rules")).status_code == 403
