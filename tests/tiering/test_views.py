from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from core.accounts.enums import Role
from core.events.models import OutboxEvent
from core.jobs.models import JobRun
from customers.models import Customer
from tests.factories.accounts import inside, make_user
from tests.factories.tiering import make_shipped
from tiering.models import TierChange, TierOverride, TierPolicy
from tiering.panel import load_tier_panel
from tiering.services import create_policy, evaluate_tiers, last_whole_day, set_override

OVERVIEW_QUERIES = 8
MOVES_QUERIES = 6
POLICIES_QUERIES = 7
IN_WINDOW = datetime(2026, 2, 20, 4, tzinfo=UTC)
FORM = {
    "mode": "percentile",
    "window_days": "90",
    "vip_percent": "5",
    "mid_percent": "15",
    "vip_monthly": "10000.00",
    "mid_monthly": "2000.00",
    "weight_amount": "100",
    "weight_frequency": "0",
    "weight_tenure": "0",
    "demotion_runs": "1",
    "replaces": "1",
    "step": "try",
}
RULES = {
    "mode": "percentile",
    "window_days": 90,
    "vip_percent": 5,
    "mid_percent": 15,
    "vip_monthly": Decimal(10000),
    "mid_monthly": Decimal(2000),
    "weight_amount": 100,
    "weight_frequency": 0,
    "weight_tenure": 0,
    "demotion_runs": 2,
}
PAGES = ("tiering:overview", "tiering:moves", "tiering:policies")


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False):
        yield


def ten_customers(now):
    """Ten with 100 down to 10 each; by the default policy a single VIP, one mid, and eight low."""
    for n in range(10):
        make_shipped(f"c{n}", (IN_WINDOW, str(100 - 10 * n)), at=now)


def state():
    """All that an evaluation or a policy writes."""
    return (
        list(Customer.objects.order_by("pk").values()),
        TierChange.objects.count(),
        TierPolicy.objects.count(),
        TierOverride.objects.count(),
        OutboxEvent.objects.count(),
    )


@pytest.mark.parametrize("role", Role)
def test_every_role_sees_tiers_and_only_those_who_manage_them_the_buttons(tenant, now, client_for, role):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(make_user(role=role, at=now))

    bodies = [client.get(reverse(name)) for name in PAGES]

    assert [response.status_code for response in bodies] == [200, 200, 200]
    manages = role in {Role.ADMINISTRATOR, Role.SUPERVISOR}
    assert (reverse("tiering:evaluate") in bodies[0].content.decode()) is manages
    assert (reverse("tiering:create_policy") in bodies[2].content.decode()) is manages


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.SUPERVISOR}))
def test_other_roles_may_change_nothing(tenant, now, client_for, supervisor, role):
    ten_customers(now)
    customer = Customer.objects.get(number="c9")
    override = set_override(customer=customer, tier="vip", reason="Contract", expires_on=None, by=supervisor, at=now)
    before = state()
    client = client_for(make_user(role=role, at=now))

    answers = [
        client.post(reverse("tiering:evaluate")),
        client.get(reverse("tiering:create_policy")),
        client.post(reverse("tiering:create_policy"), FORM),
        client.get(reverse("tiering:set_override", args=[customer.pk])),
        client.post(reverse("tiering:set_override", args=[customer.pk]), {"tier": "low", "reason": "No"}),
        client.post(reverse("tiering:end_override", args=[customer.pk, override.pk])),
    ]

    assert [answer.status_code for answer in answers] == [403] * 6
    assert state() == before
    assert "Contract" in client.get(reverse("customers:detail", args=[customer.pk])).content.decode()


def test_other_tenants_ids_are_not_found(tenant, other_tenant, now, client_for, administrator):
    with inside(other_tenant, leaving=tenant):
        theirs = make_shipped("theirs", (IN_WINDOW, "5"), at=now)
        override = set_override(customer=theirs, tier="vip", reason="Contract", expires_on=None, by=None, at=now)
    mine = make_shipped("mine", (IN_WINDOW, "5"), at=now)
    client = client_for(administrator)

    answers = [
        client.get(reverse("tiering:set_override", args=[theirs.pk])),
        client.post(reverse("tiering:set_override", args=[theirs.pk]), {"tier": "low", "reason": "No"}),
        client.post(reverse("tiering:end_override", args=[theirs.pk, override.pk])),
        client.post(reverse("tiering:end_override", args=[mine.pk, override.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    with inside(other_tenant, leaving=tenant):
        override.refresh_from_db()
        assert (override.ended_at, override.expires_on) == (None, None)
        assert list(TierOverride.objects.values_list("tier", flat=True)) == ["vip"]


@pytest.mark.parametrize("rows", [3, 300])
def test_overview_asks_the_same_number_of_queries(rows, now, client_for, agent, django_assert_num_queries):
    for n in range(rows):
        make_shipped(f"c{n}", (IN_WINDOW, "5"), at=now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(agent)
    client.get(reverse("tiering:overview"))

    with django_assert_num_queries(OVERVIEW_QUERIES):
        response = client.get(reverse("tiering:overview"))

    assert len(response.context["moves"]) == min(rows, 10)


@pytest.mark.parametrize("rows", [3, 300])
def test_moves_ask_the_same_number_of_queries(rows, now, client_for, agent, django_assert_num_queries):
    for n in range(rows):
        make_shipped(f"c{n}", (IN_WINDOW, "5"), at=now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(agent)
    client.get(reverse("tiering:moves"))

    with django_assert_num_queries(MOVES_QUERIES):
        response = client.get(reverse("tiering:moves"))

    assert len(response.context["rows"]) == min(rows, 50)


@pytest.mark.parametrize("rows", [3, 300])
def test_versions_ask_the_same_number_of_queries(rows, now, client_for, agent, django_assert_num_queries):
    for n in range(rows):
        create_policy(**{**RULES, "window_days": 91 + n}, by=agent, at=now)
    client = client_for(agent)
    client.get(reverse("tiering:policies"))

    with django_assert_num_queries(POLICIES_QUERIES):
        response = client.get(reverse("tiering:policies"))

    assert len(response.context["rows"]) == min(rows + 1, 50)


@pytest.mark.parametrize("rows", [3, 300])
def test_history_on_the_customers_page_takes_two_queries(rows, tenant, now, supervisor, django_assert_num_queries):
    customer = make_shipped("c", (IN_WINDOW, "5"), at=now)
    for n in range(rows):
        set_override(
            customer=customer,
            tier=("vip", "mid")[n % 2],
            reason=f"Reason {n}",
            expires_on=None,
            by=supervisor,
            at=now + timedelta(minutes=n),
        )

    with django_assert_num_queries(2):
        panel = load_tier_panel(customer, supervisor)
        shown = [(move.to_tier, override.reason, override.approved_by) for move, override in panel.history.moves]

    assert len(shown) == min(rows, 50)
    assert shown[0] == (("vip", "mid")[(rows - 1) % 2], f"Reason {rows - 1}", supervisor)
    assert panel.history.override.reason == f"Reason {rows - 1}"


def test_moves_are_filtered(tenant, now, client_for, agent, supervisor):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    later = now + timedelta(days=1)
    customer = Customer.objects.get(number="c9")
    set_override(customer=customer, tier="mid", reason="Contract", expires_on=None, by=supervisor, at=later)
    client = client_for(agent)

    def shown(**params):
        return sorted(row.customer.number for row in client.get(reverse("tiering:moves"), params).context["rows"])

    assert shown(to="vip") == ["c0"]
    assert shown(to="mid") == ["c1", "c9"]
    assert shown(**{"from": "low"}) == ["c9"]
    assert shown(reason="override") == ["c9"]
    assert shown(moved_from="2026-03-03") == ["c9"]
    assert len(shown(moved_to="2026-03-02")) == 10
    assert client.get(reverse("tiering:moves"), {"colour": "red"}).status_code == 422


def test_trial_shows_who_would_move_and_writes_nothing(tenant, now, client_for, administrator):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    before = state()

    response = client_for(administrator).post(reverse("tiering:create_policy"), {**FORM, "vip_percent": "30"})

    assert response.status_code == 200
    assert response.context["counts"] == [("VIP", 1, 3, 2), ("Mid", 1, 2, 1), ("Low", 8, 5, -3)]
    outcome = response.context["outcome"]
    assert outcome.flows == [("Mid", "VIP", 1), ("Low", "VIP", 1), ("Low", "Mid", 2)]
    assert [(each.number, each.move.rank, each.move.contribution) for each in outcome.moves] == [
        ("c1", 2, Decimal(90)),
        ("c2", 3, Decimal(80)),
        ("c3", 4, Decimal(70)),
        ("c4", 5, Decimal(60)),
    ]
    assert state() == before


def test_what_was_tried_can_be_put_in_force_and_comes_true(tenant, now, client_for, administrator):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(administrator)
    wanted = {**FORM, "vip_percent": "0", "mid_percent": "30", "window_days": "60"}

    trial = client.post(reverse("tiering:create_policy"), wanted)
    tried = trial.context["form"]["tried"].value()
    applied = client.post(reverse("tiering:create_policy"), {**wanted, "tried": tried, "step": "apply"})
    evaluated = client.post(reverse("tiering:evaluate"))

    assert (applied.status_code, applied.url) == (302, reverse("tiering:overview"))
    policy = TierPolicy.objects.get(version=2)
    assert (policy.created_by, policy.created_at) == (administrator, now)
    assert (policy.vip_percent, policy.mid_percent, policy.window_days) == (0, 30, 60)
    told, came = trial.context["outcome"].evaluation, evaluated.context["outcome"].evaluation
    assert came.moves == told.moves != []
    assert came.counts == told.counts == {"vip": 0, "mid": 3, "low": 7}
    assert (told.policy_version, came.policy_version) == (2, 2)


def test_rules_changed_after_the_trial_are_tried_again_first(tenant, now, client_for, administrator):
    ten_customers(now)
    client = client_for(administrator)
    tried = client.post(reverse("tiering:create_policy"), FORM).context["form"]["tried"].value()

    response = client.post(
        reverse("tiering:create_policy"), {**FORM, "vip_percent": "50", "tried": tried, "step": "apply"}
    )

    assert response.context["was_changed"] is True
    assert response.context["counts"][0] == ("VIP", 0, 5, 5)
    assert TierPolicy.objects.count() == 1


def test_untried_rules_are_not_put_in_force(tenant, now, client_for, administrator):
    response = client_for(administrator).post(reverse("tiering:create_policy"), {**FORM, "step": "apply"})

    assert response.status_code == 200
    assert TierPolicy.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"window_days": "0"}, "window_days", "greater than or equal to 1"),
        ({"vip_percent": "60", "mid_percent": "50"}, "mid_percent", "more than all customers"),
        ({"vip_monthly": "10", "mid_monthly": "20"}, "mid_monthly", "must not be more"),
        ({"weight_amount": "0"}, "weight_amount", "between 1 and 1000"),
        ({"weight_amount": "600", "weight_tenure": "600"}, "weight_amount", "between 1 and 1000"),
        ({"demotion_runs": ""}, "demotion_runs", "required"),
        ({"vip_monthly": "1.234"}, "vip_monthly", "2 decimal places"),
        ({"mode": "luck"}, "mode", "Select a valid choice"),
    ],
)
def test_bad_rules_are_refused_beside_the_field_and_kept(client_for, administrator, changes, field, words):
    typed = {**FORM, "vip_percent": "7", **changes}

    response = client_for(administrator).post(reverse("tiering:create_policy"), typed)

    form = response.context["form"]
    assert response.status_code == 422
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]
    assert {name: form[name].value() for name in typed if name != "step"} == {
        name: value for name, value in typed.items() if name != "step"
    }
    assert TierPolicy.objects.count() == 1


def test_second_of_two_administrators_is_told(tenant, now, client_for, administrator, supervisor):
    client = client_for(administrator)
    mine = {**FORM, "vip_percent": "8"}
    tried = client.post(reverse("tiering:create_policy"), mine).context["form"]["tried"].value()
    create_policy(**{**RULES, "vip_percent": 9}, by=supervisor, at=now)

    response = client.post(reverse("tiering:create_policy"), {**mine, "tried": tried, "step": "apply"})

    form = response.context["form"]
    assert response.status_code == 422
    assert "Somebody else" in form.non_field_errors()[0]
    assert form["vip_percent"].value() == "8"
    assert form["vip_percent"].help_text == "In force now: 9 %"
    assert TierPolicy.objects.count() == 2

    mine["replaces"] = form["replaces"].value()
    tried = client.post(reverse("tiering:create_policy"), mine).context["form"]["tried"].value()
    client.post(reverse("tiering:create_policy"), {**mine, "tried": tried, "step": "apply"})
    assert list(TierPolicy.objects.order_by("version").values_list("vip_percent", flat=True)) == [5, 9, 8]


def test_versions_say_who_when_and_what_differed(tenant, now, client_for, agent, administrator):
    create_policy(**{**RULES, "vip_percent": 9, "vip_monthly": Decimal(12000)}, by=administrator, at=now)

    versions = client_for(agent).get(reverse("tiering:policies")).context["versions"]

    assert [(policy.version, policy.created_by, policy.created_at, changes) for policy, changes in versions] == [
        (
            2,
            administrator,
            now,
            [
                ("VIP, percent of customers", "5 %", "9 %"),
                ("VIP from, per month", "¥10,000.00", "¥12,000.00"),
            ],
        ),
        (1, None, now, None),
    ]


def test_evaluate_now_lists_what_came_of_it(tenant, now, client_for, supervisor):
    ten_customers(now)
    client = client_for(supervisor)

    first = client.post(reverse("tiering:evaluate"))
    second = client.post(reverse("tiering:evaluate"))

    assert first.context["counts"] == [("VIP", 1), ("Mid", 1), ("Low", 8)]
    assert first.context["outcome"].total == 10
    assert "c0" in first.content.decode()
    assert second.context["outcome"].total == 0
    assert TierChange.objects.count() == 10
    assert client.get(reverse("tiering:evaluate")).status_code == 405


def test_overview_shows_the_last_night(tenant, now, client_for, agent):
    for day in (1, 2):
        JobRun.objects.create(
            job="tiering.evaluate",
            business_date=datetime(2026, 3, day, tzinfo=UTC).date(),
            due_at=now,
            finished_at=now,
            state="done",
            result={"ranked": 400 + day, "counts": {"vip": 1, "mid": 2, "low": 3}, "moves": 4},
        )

    response = client_for(agent).get(reverse("tiering:overview"))

    assert response.context["run"].business_date.isoformat() == "2026-03-02"
    assert ">402<" in response.content.decode()


def test_override_is_set_shown_and_ended_by_hand(tenant, now, client_for, supervisor):
    customer = make_shipped("a", (IN_WINDOW, "5"), at=now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(supervisor)
    page = reverse("customers:detail", args=[customer.pk])

    answer = client.post(
        reverse("tiering:set_override", args=[customer.pk]),
        {"tier": "low", "reason": "Owes us", "expires_on": "2026-04-01"},
    )
    shown = client.get(page).content.decode()
    override = TierOverride.objects.get()
    ended = client.post(reverse("tiering:end_override", args=[customer.pk, override.pk]), follow=True)
    again = client.post(reverse("tiering:end_override", args=[customer.pk, override.pk]), follow=True)

    assert (answer.status_code, answer.url) == (302, page)
    assert (override.tier, override.reason, override.approved_by) == ("low", "Owes us", supervisor)
    assert "Owes us" in shown
    assert "until 2026-04-01" in shown
    assert "the next evaluation decides" in ended.content.decode()
    assert "no longer set by hand" in again.content.decode()
    assert [change.to_tier for change in TierChange.objects.order_by("id")] == ["vip", "low"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"tier": "low", "reason": ""}, "reason"),
        ({"tier": "low", "reason": "   "}, "reason"),
        ({"tier": "low", "reason": "x" * 501}, "reason"),
        ({"tier": "gold", "reason": "Because"}, "tier"),
        ({"tier": "low", "reason": "Because", "expires_on": "2026-03-01"}, "expires_on"),
        ({"tier": "low", "reason": "Because", "expires_on": "tomorrow"}, "expires_on"),
    ],
)
def test_bad_overrides_are_refused_beside_the_field_and_kept(now, client_for, supervisor, typed, field):
    customer = make_shipped("a", (IN_WINDOW, "5"), at=now)
    before = state()

    response = client_for(supervisor).post(reverse("tiering:set_override", args=[customer.pk]), typed)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert {name: response.context["form"][name].value() for name in typed} == typed
    assert state() == before
