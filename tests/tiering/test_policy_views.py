"""The policy: tried on the present data, put in force, and its versions."""

from decimal import Decimal

import pytest
from django.urls import reverse

from tests.factories.tiering import FORM, RULES, ten_customers, tiering_state
from tiering.models import TierPolicy
from tiering.services import create_policy, evaluate_tiers, last_whole_day

POLICIES_QUERIES = 12

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize("rows", [3, 300])
def test_versions_ask_the_same_number_of_queries(rows, now, client_for, agent, django_assert_num_queries):
    for n in range(rows):
        create_policy(**{**RULES, "window_days": 91 + n}, by=agent, at=now)
    client = client_for(agent)
    client.get(reverse("tiering:policies"))

    with django_assert_num_queries(POLICIES_QUERIES):
        response = client.get(reverse("tiering:policies"))

    assert len(response.context["rows"]) == min(rows + 1, 50)


def test_trial_shows_who_would_move_and_writes_nothing(tenant, now, client_for, administrator):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    before = tiering_state()

    response = client_for(administrator).post(
        reverse("tiering:create_policy"), {**FORM, "vip_percent": "30"}, follow=True
    )

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
    assert tiering_state() == before


def test_what_was_tried_can_be_put_in_force_and_comes_true(tenant, now, clock, client_for, administrator):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(administrator)
    wanted = {**FORM, "vip_percent": "0", "mid_percent": "30", "window_days": "60"}

    trial = client.post(reverse("tiering:create_policy"), wanted, follow=True)
    tried = trial.context["form"]["tried"].value()
    applied = client.post(reverse("tiering:create_policy"), {**wanted, "tried": tried, "step": "apply"})
    clock.shift(60)
    evaluated = client.post(reverse("tiering:evaluate"), follow=True)

    assert (applied.status_code, applied.url) == (302, reverse("tiering:overview"))
    policy = TierPolicy.objects.get(version=2)
    assert (policy.created_by, policy.created_at) == (administrator, now)
    assert (policy.vip_percent, policy.mid_percent, policy.window_days) == (0, 30, 60)
    told, came = trial.context["outcome"].evaluation, evaluated.context["outcome"].evaluation
    assert came.moves == told.moves != []
    assert came.counts == told.counts == {"vip": 0, "mid": 3, "low": 7}
    assert (told.policy_version, came.policy_version) == (2, 2)


def test_trial_stands_at_an_address_and_outlives_a_change_of_language(tenant, now, client_for, administrator):
    ten_customers(now)
    client = client_for(administrator)

    sent = client.post(reverse("tiering:create_policy"), {**FORM, "vip_percent": "30"})
    english = client.get(sent.url)
    switched = client.post(reverse("web:language"), {"language": "zh-hans", "next": sent.url.partition("#")[0]})
    chinese = client.get(switched.url)

    assert sent.status_code == 302
    for page in (english, chinese):
        assert page.status_code == 200
        assert page.context["form"]["vip_percent"].value() == "30"
        assert [row[1:] for row in page.context["counts"]] == [(0, 3, 3), (0, 2, 2), (0, 5, 5)]
    assert 'lang="zh-hans"' in chinese.content.decode()
    assert TierPolicy.objects.count() == 1


def test_address_with_bad_rules_says_so_beside_the_field(client_for, administrator):
    response = client_for(administrator).get(reverse("tiering:create_policy"), {**FORM, "window_days": "0"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["window_days"]


def test_groups_of_rules_are_marked_with_the_modes_that_do_not_use_them(client_for, administrator):
    client = client_for(administrator)

    page = client.get(reverse("tiering:create_policy"))
    wrong = client.get(reverse("tiering:create_policy"), {**FORM, "mode": "threshold", "vip_percent": "101"})

    marked = [(str(group.title), group.classes) for group in page.context["form"].groups]
    assert marked == [
        ("In general", ""),
        ("Shares of all customers", "unused-in-threshold"),
        ("Monthly contribution", "unused-in-percentile"),
        ("What the order of customers comes from", "unused-in-threshold"),
    ]
    assert "Not used by “Monthly contribution”." in page.content.decode()
    assert [group.classes for group in wrong.context["form"].groups][1] == ""


def test_rules_changed_after_the_trial_are_tried_again_first(tenant, now, client_for, administrator):
    ten_customers(now)
    client = client_for(administrator)
    tried = client.post(reverse("tiering:create_policy"), FORM, follow=True).context["form"]["tried"].value()

    response = client.post(
        reverse("tiering:create_policy"), {**FORM, "vip_percent": "50", "tried": tried, "step": "apply"}, follow=True
    )

    assert response.context["was_changed"] is True
    assert response.context["counts"][0] == ("VIP", 0, 5, 5)
    assert TierPolicy.objects.count() == 1


def test_untried_rules_are_not_put_in_force(tenant, now, client_for, administrator):
    response = client_for(administrator).post(reverse("tiering:create_policy"), {**FORM, "step": "apply"}, follow=True)

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

    response = client_for(administrator).post(reverse("tiering:create_policy"), typed, follow=True)

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
    tried = client.post(reverse("tiering:create_policy"), mine, follow=True).context["form"]["tried"].value()
    create_policy(**{**RULES, "vip_percent": 9}, by=supervisor, at=now)

    response = client.post(reverse("tiering:create_policy"), {**mine, "tried": tried, "step": "apply"})

    form = response.context["form"]
    assert response.status_code == 422
    assert "Somebody else" in form.non_field_errors()[0]
    assert form["vip_percent"].value() == "8"
    assert form["vip_percent"].help_text == "In force now: 9 %"
    assert TierPolicy.objects.count() == 2

    mine["replaces"] = form["replaces"].value()
    tried = client.post(reverse("tiering:create_policy"), mine, follow=True).context["form"]["tried"].value()
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
