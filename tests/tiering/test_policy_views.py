"""The policy: tried on the present data, put in force, and its versions."""

from decimal import Decimal

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.models import User
from core.jobs.models import BackgroundJob
from customers.models import Customer
from tests.factories.accounts import make_user
from tests.factories.tiering import FORM, IN_WINDOW, RULES, make_shipped, put_in_force, ten_customers, tiering_state
from tiering.models import TierPolicy
from tiering.movers import step
from tiering.services import evaluate_tiers, last_whole_day, submit_policy, write_policy

POLICIES_QUERIES = 12
POLICY_QUERIES = 18
MOVERS_QUERIES = 12

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize("rows", [3, 300])
def test_versions_ask_the_same_number_of_queries(rows, now, client_for, agent, django_assert_num_queries):
    for n in range(rows):
        put_in_force(**{**RULES, "window_days": 91 + n}, by=agent, at=now)
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


def test_what_was_tried_is_kept_approved_by_somebody_else_and_comes_true(
    now, clock, client_for, administrator, supervisor
):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client, other = client_for(administrator), client_for(supervisor)
    wanted = {**FORM, "vip_percent": "0", "mid_percent": "30", "window_days": "60"}

    trial = client.post(reverse("tiering:create_policy"), wanted, follow=True)
    tried = trial.context["form"]["tried"].value()
    kept = client.post(reverse("tiering:create_policy"), {**wanted, "tried": tried, "step": "keep"})
    policy = TierPolicy.objects.get(version=2)
    client.post(reverse("tiering:submit_policy", args=[policy.pk]))
    own = client.post(reverse("tiering:approve_policy", args=[policy.pk]), follow=True)
    shown = other.get(reverse("tiering:policy", args=[policy.pk]))
    approved = other.post(reverse("tiering:approve_policy", args=[policy.pk]), follow=True)
    clock.shift(60)
    evaluated = client.post(reverse("tiering:evaluate"), follow=True)

    assert (kept.status_code, kept.url) == (302, reverse("tiering:policy", args=[policy.pk]))
    assert "You wrote this version yourself" in own.content.decode()
    assert "in force from the next evaluation on" in approved.content.decode()
    policy.refresh_from_db()
    assert (policy.created_by, policy.approved_by) == (administrator, supervisor)
    assert (policy.vip_percent, policy.mid_percent, policy.window_days) == (0, 30, 60)
    told, came = trial.context["outcome"].evaluation, evaluated.context["outcome"].evaluation
    assert shown.context["outcome"].evaluation == told
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
        ("Green channel", ""),
        ("Account managers", ""),
        ("Rebates", ""),
    ]
    assert "Not used by “Monthly contribution”." in page.content.decode()
    assert [group.classes for group in wrong.context["form"].groups][1] == ""


def test_rules_changed_after_the_trial_are_tried_again_first(tenant, now, client_for, administrator):
    ten_customers(now)
    client = client_for(administrator)
    tried = client.post(reverse("tiering:create_policy"), FORM, follow=True).context["form"]["tried"].value()

    response = client.post(
        reverse("tiering:create_policy"), {**FORM, "vip_percent": "50", "tried": tried, "step": "keep"}, follow=True
    )

    assert response.context["was_changed"] is True
    assert response.context["counts"][0] == ("VIP", 0, 5, 5)
    assert TierPolicy.objects.count() == 1


def test_untried_rules_are_not_put_in_force(tenant, now, client_for, administrator):
    response = client_for(administrator).post(reverse("tiering:create_policy"), {**FORM, "step": "keep"}, follow=True)

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
    assert {name: str(form[name].value()) for name in typed if name != "step"} == {
        name: value for name, value in typed.items() if name != "step"
    }
    assert TierPolicy.objects.count() == 1


def test_second_of_two_administrators_is_told(tenant, now, client_for, administrator, supervisor):
    client = client_for(administrator)
    mine = {**FORM, "vip_percent": "8"}
    tried = client.post(reverse("tiering:create_policy"), mine, follow=True).context["form"]["tried"].value()
    put_in_force(**{**RULES, "vip_percent": 9}, by=supervisor, at=now)

    response = client.post(reverse("tiering:create_policy"), {**mine, "tried": tried, "step": "keep"})

    form = response.context["form"]
    assert response.status_code == 422
    assert "Somebody else" in form.non_field_errors()[0]
    assert form["vip_percent"].value() == "8"
    assert form["vip_percent"].help_text == "In force now: 9 %"
    assert TierPolicy.objects.count() == 2

    mine["replaces"] = form["replaces"].value()
    tried = client.post(reverse("tiering:create_policy"), mine, follow=True).context["form"]["tried"].value()
    client.post(reverse("tiering:create_policy"), {**mine, "tried": tried, "step": "keep"})
    assert list(TierPolicy.objects.order_by("version").values_list("vip_percent", flat=True)) == [5, 9, 8]


def test_versions_say_who_when_and_what_differed(now, client_for, agent, administrator, supervisor):
    changed = {**RULES, "vip_percent": 9, "vip_monthly": Decimal(12000)}
    put_in_force(**changed, by=administrator, approver=supervisor, at=now)

    client = client_for(agent)
    versions = client.get(reverse("tiering:policies")).context["versions"]
    drafts = client.get(reverse("tiering:policies"), {"state": "draft"}).context["versions"]

    assert drafts == []
    assert [(policy.version, policy.created_by, policy.approved_by, changes) for policy, changes in versions] == [
        (
            2,
            administrator,
            supervisor,
            [
                ("VIP, percent of customers", "5 %", "9 %"),
                ("VIP from, per month", "¥10,000.00", "¥12,000.00"),
            ],
        ),
        (1, None, None, None),
    ]


@pytest.mark.parametrize("rows", [3, 300])
def test_page_of_a_version_asks_the_same_number_of_queries(
    rows, now, client_for, supervisor, django_assert_num_queries
):
    for n in range(rows):
        make_shipped(f"c{n}", (IN_WINDOW, "5"), at=now)
    policy = write_policy(**{**RULES, "vip_percent": 50}, by=supervisor, at=now)
    client = client_for(supervisor)
    pages = [reverse("tiering:policy", args=[policy.pk]), reverse("tiering:movers", args=[policy.pk])]
    client.get(pages[0])

    for page, queries in zip(pages, (POLICY_QUERIES, MOVERS_QUERIES), strict=True):
        with django_assert_num_queries(queries):
            response = client.get(page)
        assert response.context["outcome"].total == rows


def test_everybody_who_would_move_is_listed_page_by_page_and_written_into_a_file(tenant, now, client_for, supervisor):
    for n in range(130):
        make_shipped(f"c{n:03}", (IN_WINDOW, str(1000 - n)), at=now)
    policy = write_policy(**RULES, by=supervisor, at=now)
    client = client_for(supervisor)
    page = reverse("tiering:movers", args=[policy.pk])

    first, second = client.get(page), client.get(page, {"page": "2"})
    odd = [client.get(page, {"page": text}).context["page"] for text in ("", "0", "-1", "x", "²", "9" * 30)]
    started = client.post(reverse("tiering:movers_file", args=[policy.pk]))
    job = BackgroundJob.objects.get()
    made = step(job=job, at=now)

    numbers = [each.number for shown in (first, second) for each in shown.context["outcome"].moves]
    assert numbers == [f"c{n:03}" for n in range(130)]
    assert (first.context["has_more"], second.context["has_more"]) == (True, False)
    assert odd == [1] * 6
    assert (started.status_code, started.url) == (302, reverse("console:job", args=[job.pk]))
    lines = made.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Customer number,From tier,To tier,Rank,Contribution,Shipments in the window"
    assert lines[1] == "c000,–,VIP,1,1000.00,1"
    assert (len(lines), made.done, made.position) == (131, 130, None)
    assert Customer.objects.exclude(tier=None).count() == 0


def test_versions_that_were_decided_on_move_nobody(now, client_for, supervisor):
    policy = put_in_force(**RULES, at=now)
    client = client_for(supervisor)

    page = client.get(reverse("tiering:policy", args=[policy.pk]))
    movers = client.get(reverse("tiering:movers", args=[policy.pk]))

    assert "outcome" not in page.context
    assert movers.status_code == 404


def test_own_draft_is_changed_in_place_and_anothers_gone_on_from(now, client_for, administrator, supervisor):
    draft = write_policy(**{**RULES, "vip_percent": 7}, by=administrator, at=now)
    wanted = {**FORM, "vip_percent": "8"}

    for person in (administrator, supervisor):
        client, page = client_for(person), reverse("tiering:go_on_policy", args=[draft.pk])
        begun = client.get(page).context["form"]["vip_percent"].value()
        tried = client.post(page, wanted, follow=True).context["form"]["tried"].value()
        client.post(page, {**wanted, "tried": tried, "step": "keep"})
        assert begun == (7 if person == administrator else 8)

    drafts = TierPolicy.objects.filter(state="draft").order_by("version")
    assert [(each.version, each.created_by, each.vip_percent) for each in drafts] == [
        (2, administrator, 8),
        (3, supervisor, 8),
    ]


def test_decisions_ask_for_a_reason_and_are_shown(now, client_for, administrator, supervisor, agent):
    policy = submit_policy(
        policy=write_policy(**{**RULES, "vip_percent": 7}, by=administrator, at=now), by=administrator, at=now
    )
    client = client_for(supervisor)
    page = reverse("tiering:decline_policy", args=[policy.pk])

    empty = client.post(page, {"reason": " "})
    client.post(page, {"reason": "Too dear"})
    shown = client_for(agent).get(reverse("tiering:policy", args=[policy.pk])).content.decode()

    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["reason"])
    policy.refresh_from_db()
    assert (policy.state, policy.closed_by) == ("declined", supervisor)
    assert "Too dear" in shown


def test_page_says_where_nobody_else_may_approve(tenant, now, client_for):
    alone = User.objects.get()
    draft = write_policy(**RULES, by=alone, at=now)
    client = client_for(alone)

    before = client.get(reverse("tiering:policy", args=[draft.pk])).context["lacks_approver"]
    make_user(role=Role.SUPERVISOR, at=now)
    after = client.get(reverse("tiering:policy", args=[draft.pk])).context["lacks_approver"]

    assert (before, after) == (True, False)


def test_moves_are_filtered_by_the_version_that_made_them(tenant, now, client_for, agent):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    put_in_force(**{**RULES, "vip_percent": 20}, at=now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(agent)

    shown = [len(client.get(reverse("tiering:moves"), {"policy": version}).context["rows"]) for version in ("1", "2")]

    assert shown == [10, 3]
