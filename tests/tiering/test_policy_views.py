"""The policy: tried on the present data, put in force, and its versions."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.accounts.enums import Role
from core.accounts.models import User
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_at_once
from customers.models import Customer
from tests.factories.accounts import make_user
from tests.factories.tiering import FORM, IN_WINDOW, RULES, make_shipped, put_in_force, ten_customers
from tiering import movers
from tiering.models import PolicyTrial, TierChange, TierPolicy, TrialMove
from tiering.services import TRIAL_JOB, evaluate_tiers, last_whole_day, submit_policy, withdraw_policy, write_policy

POLICIES_QUERIES = 12
POLICY_QUERIES = 12
MOVERS_QUERIES = 7

pytestmark = pytest.mark.usefixtures("clock")


def work_off_trials(at):
    """Do what a worker would."""
    for job in BackgroundJob.objects.filter(kind=TRIAL_JOB, state="waiting").select_related("owner"):
        perform_at_once(job=job, actor=job.owner, at=at)


@pytest.mark.parametrize("rows", [3, 300])
def test_versions_ask_the_same_number_of_queries(rows, now, client_for, supervisor, django_assert_num_queries):
    for n in range(rows):
        put_in_force(**{**RULES, "window_days": 91 + n}, by=supervisor, at=now)
    client = client_for(supervisor)
    client.get(reverse("tiering:policies"))

    with django_assert_num_queries(POLICIES_QUERIES):
        response = client.get(reverse("tiering:policies"))

    assert len(response.context["rows"]) == min(rows + 1, 50)


def test_draft_is_tried_at_once_and_its_page_shows_who_would_move(tenant, now, client_for, administrator):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    before = list(Customer.objects.order_by("pk").values())
    client = client_for(administrator)

    kept = client.post(reverse("tiering:create_policy"), {**FORM, "vip_percent": "30"})
    waiting = client.get(kept.url)
    work_off_trials(now)
    shown = client.get(kept.url)

    policy = TierPolicy.objects.get(version=2)
    assert (kept.status_code, kept.url) == (302, reverse("tiering:policy", args=[policy.pk]))
    assert (waiting.context["is_being_tried"], waiting.context["tried"]) == (True, None)
    assert 'hx-trigger="every 2s"' in waiting.content.decode()
    tried = shown.context["tried"]
    assert (shown.context["is_being_tried"], tried.trial.made_at, tried.trial.as_of) == (False, now, date(2026, 3, 1))
    assert [(each.label, each.now, each.then, each.difference) for each in tried.tiers] == [
        ("VIP", 1, 3, 2),
        ("Mid", 1, 2, 1),
        ("Low", 8, 5, -3),
    ]
    assert tried.outcome.flows == [("Mid", "VIP", 1), ("Low", "VIP", 1), ("Low", "Mid", 2)]
    assert [(each.customer.number, each.move.rank, each.move.contribution) for each in tried.outcome.moves] == [
        ("c1", 2, Decimal(90)),
        ("c2", 3, Decimal(80)),
        ("c3", 4, Decimal(70)),
        ("c4", 5, Decimal(60)),
    ]
    assert list(Customer.objects.order_by("pk").values()) == before
    assert TierChange.objects.count() == 10


def test_what_was_tried_is_approved_by_somebody_else_and_comes_true(now, clock, client_for, administrator, supervisor):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client, other = client_for(administrator), client_for(supervisor)
    wanted = {**FORM, "vip_percent": "0", "mid_percent": "30", "window_days": "60"}

    client.post(reverse("tiering:create_policy"), wanted)
    policy = TierPolicy.objects.get(version=2)
    client.post(reverse("tiering:submit_policy", args=[policy.pk]))
    own = client.post(reverse("tiering:approve_policy", args=[policy.pk]), follow=True)
    untried = other.post(reverse("tiering:approve_policy", args=[policy.pk]), follow=True)
    work_off_trials(now)
    told = other.get(reverse("tiering:policy", args=[policy.pk])).context["tried"]
    approved = other.post(reverse("tiering:approve_policy", args=[policy.pk]), follow=True)
    clock.shift(60)
    evaluated = client.post(reverse("tiering:evaluate"), follow=True)

    assert "You wrote this version yourself" in own.content.decode()
    assert "Have it tried first" in untried.content.decode()
    assert "in force from the next evaluation on" in approved.content.decode()
    policy.refresh_from_db()
    assert (policy.created_by, policy.approved_by) == (administrator, supervisor)
    assert (policy.vip_percent, policy.mid_percent, policy.window_days) == (0, 30, 60)
    came = evaluated.context["outcome"]
    moves = [
        [(each.customer, each.move.from_tier, each.move.to_tier, each.move.rank) for each in outcome.moves]
        for outcome in (told.outcome, came)
    ]
    assert moves[0] == moves[1] != []
    assert (came.flows, came.total) == (told.outcome.flows, told.trial.moved)
    assert {each.tier: each.then for each in told.tiers} == evaluated.context["evaluation"].counts
    assert evaluated.context["evaluation"].counts == {"vip": 0, "mid": 3, "low": 7}


def test_draft_that_is_written_anew_is_tried_anew(tenant, now, clock, client_for, supervisor):
    ten_customers(now)
    client = client_for(supervisor)
    client.post(reverse("tiering:create_policy"), {**FORM, "vip_percent": "10"})
    work_off_trials(now)
    page = reverse("tiering:policy", args=[(draft := TierPolicy.objects.get(version=2)).pk])
    first = client.get(page).context["tried"]

    clock.shift(60)
    client.post(reverse("tiering:go_on_policy", args=[draft.pk]), {**FORM, "vip_percent": "50"})
    between = client.get(page).context
    work_off_trials(now + timedelta(minutes=1))
    second = client.get(page).context["tried"]

    assert (first.tiers[0].then, second.tiers[0].then) == (1, 5)
    assert (between["tried"], between["is_being_tried"]) == (None, True)
    assert PolicyTrial.objects.count() == 1


def test_what_was_found_of_rules_written_anew_meanwhile_is_not_kept(tenant, now, supervisor, monkeypatch):
    ten_customers(now)
    draft = write_policy(**{**RULES, "vip_percent": 10}, by=supervisor, at=now)
    stale, job = BackgroundJob.objects.get(), []
    later = now + timedelta(minutes=1)

    def evaluate(**facts):
        found = evaluate_tiers(**facts)
        job.append(write_policy(draft=draft, **{**RULES, "vip_percent": 50}, by=supervisor, at=later))
        return found

    monkeypatch.setattr("tiering.services.trials.evaluate_tiers", evaluate)
    perform_at_once(job=stale, actor=supervisor, at=later)

    stale.refresh_from_db()
    assert (stale.state, PolicyTrial.objects.count(), TrialMove.objects.count()) == ("done", 0, 0)
    assert BackgroundJob.objects.filter(kind=TRIAL_JOB, state="waiting").count() == 1


def test_version_is_tried_anew_by_a_button_until_it_is_decided_on(tenant, now, clock, client_for, supervisor):
    ten_customers(now)
    policy = write_policy(**{**RULES, "vip_percent": 30}, by=supervisor, at=now)
    client, step = client_for(supervisor), reverse("tiering:try_policy", args=[policy.pk])
    twice = client.post(step, follow=True)
    work_off_trials(now)
    make_shipped("c10", (IN_WINDOW, "500"), at=now)
    clock.shift(60)

    client.post(step)
    work_off_trials(now + timedelta(minutes=1))
    tried = client.get(reverse("tiering:policy", args=[policy.pk])).context["tried"]
    withdraw_policy(policy=policy, reason="A mistake", by=supervisor, at=now)
    closed = client.post(step, follow=True)

    assert "under way already" in twice.content.decode()
    assert (tried.trial.ranked, tried.outcome.moves[0].customer.number) == (11, "c10")
    assert "given up already" in closed.content.decode()
    assert PolicyTrial.objects.count() == 1


def test_groups_of_rules_are_marked_with_the_modes_that_do_not_use_them(client_for, administrator):
    client = client_for(administrator)

    page = client.get(reverse("tiering:create_policy"))
    wrong = client.post(reverse("tiering:create_policy"), {**FORM, "mode": "threshold", "vip_percent": "101"})

    marked = [(str(group.title), group.classes) for group in page.context["form"].groups]
    assert marked == [
        ("In general", ""),
        ("Shares of all customers", "unused-in-threshold"),
        ("Monthly contribution", "unused-in-percentile"),
        ("What the order of customers comes from", "unused-in-threshold"),
        ("Green channel", ""),
        ("Account managers", ""),
        ("Rebates", ""),
        ("Self-service", ""),
    ]
    assert "Not used by “Monthly contribution”." in page.content.decode()
    assert [group.classes for group in wrong.context["form"].groups][1] == ""


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
    assert {name: str(form[name].value()) for name in typed} == typed
    assert TierPolicy.objects.count() == 1


def test_second_of_two_administrators_is_told(tenant, now, client_for, administrator, supervisor):
    client = client_for(administrator)
    mine = {**FORM, "vip_percent": "8"}
    put_in_force(**{**RULES, "vip_percent": 9}, by=supervisor, at=now)

    response = client.post(reverse("tiering:create_policy"), mine)

    form = response.context["form"]
    assert response.status_code == 422
    assert "Somebody else" in form.non_field_errors()[0]
    assert form["vip_percent"].value() == "8"
    assert form["vip_percent"].help_text == "In force now: 9 %"
    assert TierPolicy.objects.count() == 2

    client.post(reverse("tiering:create_policy"), {**mine, "replaces": form["replaces"].value()})
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
    work_off_trials(now)
    client = client_for(supervisor)
    pages = [reverse("tiering:policy", args=[policy.pk]), reverse("tiering:movers", args=[policy.pk])]
    client.get(pages[0])

    for page, queries in zip(pages, (POLICY_QUERIES, MOVERS_QUERIES), strict=True):
        with django_assert_num_queries(queries):
            response = client.get(page)
        assert response.context["tried"].outcome.total == rows
        assert len(response.context["tried"].outcome.moves) == min(rows, 100)


def test_everybody_who_would_move_is_listed_page_by_page_and_written_into_a_file(tenant, now, client_for, supervisor):
    for n in range(130):
        make_shipped(f"c{n:03}", (IN_WINDOW, str(1000 - n)), at=now)
    policy = write_policy(**RULES, by=supervisor, at=now)
    client = client_for(supervisor)
    page = reverse("tiering:movers", args=[policy.pk])
    untried = client.get(page).status_code, client.post(reverse("tiering:movers_file", args=[policy.pk])).status_code
    work_off_trials(now)

    first, second = client.get(page), client.get(page, {"page": "2"})
    odd = [client.get(page, {"page": text}).context["tried"].page for text in ("", "0", "-1", "x", "²", "9" * 30)]
    started = client.post(reverse("tiering:movers_file", args=[policy.pk]))
    job = BackgroundJob.objects.get(kind=movers.KIND)
    made = movers.step(job=job, at=now + timedelta(days=3))

    numbers = [each.customer.number for shown in (first, second) for each in shown.context["tried"].outcome.moves]
    assert untried == (404, 404)
    assert numbers == [f"c{n:03}" for n in range(130)]
    assert (first.context["tried"].has_more, second.context["tried"].has_more) == (True, False)
    assert odd == [1] * 6
    assert (started.status_code, started.url) == (302, reverse("console:job", args=[job.pk]))
    lines = made.content.decode("utf-8-sig").splitlines()
    as_of, made_at = job.parameters["as_of"], timezone.localtime(now + timedelta(days=3))
    assert lines[0] == (
        f"Computed anew at {made_at:%Y-%m-%d %H:%M} by the shipments up to {as_of}; the trial may differ."
    )
    assert lines[1] == "Customer number,From tier,To tier,Rank,Contribution,Shipments in the window"
    assert lines[2] == "c000,–,VIP,1,1000.00,1"
    assert (len(lines), made.done, made.position) == (132, 130, None)
    assert Customer.objects.exclude(tier=None).count() == 0


def test_page_says_when_a_trial_is_too_old_and_has_it_made_anew(clock, now, client_for, supervisor):
    policy = write_policy(**RULES, by=supervisor, at=now)
    work_off_trials(now)
    client, page = client_for(supervisor), reverse("tiering:policy", args=[policy.pk])
    fresh = client.get(page).content.decode()
    PolicyTrial.objects.update(made_at=now - timedelta(days=8))

    old = client.get(page).content.decode()

    said = "Nobody can approve the version before it is tried anew."
    assert (said in fresh, said in old, "Try it anew" in old) == (False, True, True)


def test_no_more_moves_than_are_kept_are_listed(tenant, now, client_for, supervisor, monkeypatch):
    for name in (
        "tiering.services.trials.MOST_KEPT",
        "tiering.selectors.MOST_KEPT",
        "tiering.views.policies.MOST_KEPT",
    ):
        monkeypatch.setattr(name, 100)
    for n in range(101):
        make_shipped(f"c{n:03}", (IN_WINDOW, "5"), at=now)
    policy = write_policy(**RULES, by=supervisor, at=now)
    work_off_trials(now)

    response = client_for(supervisor).get(reverse("tiering:movers", args=[policy.pk]))

    tried = response.context["tried"]
    assert (len(tried.outcome.moves), tried.outcome.total, tried.has_more) == (100, 101, False)
    assert "The 100 weightiest are listed" in response.content.decode()


def test_trial_of_a_version_that_was_decided_on_stays_to_be_seen(now, client_for, supervisor, agent):
    ten_customers(now)
    policy = put_in_force(**RULES, at=now)
    client = client_for(supervisor)

    page = client.get(reverse("tiering:policy", args=[policy.pk]))
    movers_page = client.get(reverse("tiering:movers", args=[policy.pk]))
    file = client.post(reverse("tiering:movers_file", args=[policy.pk]))
    hidden = client_for(agent).get(reverse("tiering:policy", args=[policy.pk]))

    assert "What its trial said" in page.content.decode()
    assert "Try it" not in page.content.decode()
    assert movers_page.context["tried"].outcome.total == 10
    assert file.status_code == 404
    assert "What its trial said" not in hidden.content.decode()


def test_own_draft_is_changed_in_place_and_anothers_gone_on_from(now, clock, client_for, administrator, supervisor):
    draft = write_policy(**{**RULES, "vip_percent": 7}, by=administrator, at=now)
    wanted = {**FORM, "vip_percent": "8"}

    for person in (administrator, supervisor):
        clock.shift(60)
        client, page = client_for(person), reverse("tiering:go_on_policy", args=[draft.pk])
        begun = client.get(page).context["form"]["vip_percent"].value()
        client.post(page, wanted)
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
