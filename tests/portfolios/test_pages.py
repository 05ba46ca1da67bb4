"""What the pages say of portfolios: people needed, loads before and after moves, and what counts lead to."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse

from core.accounts.enums import Role
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
from customers.models import Customer, FollowUp
from customers.services import note_self_service
from portfolios.services import set_capacity
from service_requests.services import wait_with_request
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import make_user
from tests.factories.service_requests import open_for
from tests.portfolios.made import make_in, make_policy

pytestmark = pytest.mark.usefixtures("tenant")
STYLES = Path("static/crm/css")


@pytest.fixture
def colleague(tenant, now):
    return make_user(role=Role.ACCOUNT_MANAGER, at=now)


def set_for(person, by, now, **facts):
    return set_capacity(
        person=person, **{"points": None, "tiers": [], "absent_until": None, "version": 1, **facts}, by=by, at=now
    )


def test_people_needed_go_by_what_people_look_after(client_for, supervisor, account_manager, colleague, now):
    for tier in ("vip", "vip", "mid", "low", "low", "low"):
        customer = make_in(tier, at=now)
    note_self_service(customer=customer, answer="accepted", by=supervisor, at=now)
    make_policy(capacity=10, by=supervisor, at=now)
    set_for(account_manager, supervisor, now, points=100, tiers=["vip", "mid"])
    set_for(colleague, supervisor, now, tiers=["mid"])
    make_user(role=Role.AGENT, at=now)

    page = client_for(supervisor).get(f"{reverse('portfolios:staffing')}?share=50")

    assert page.context["figures"]["series"] == [
        {"name": "Before", "values": [0.5, 0.18, 0.3, 0.0]},
        {"name": "Now", "values": [0.5, 0.18, 0.2, 0.0]},
        {"name": "After", "values": [0.5, 0.18, 0.1, 0.0]},
    ]
    needs = {need.tier: (need.servers, need.capacity) for _label, need, _teams in page.context["needs"]}
    assert needs == {"vip": (1, 100), "mid": (2, 55), "low": (0, 10), "none": (0, 10)}
    assert (page.context["before"], page.context["now"], page.context["after"]) == (0.98, 0.88, 0.78)
    assert (page.context["served"], page.context["moved"], page.context["there"]) == (1, 1, 2)
    body = page.content.decode()
    for words in ("Set for this person", "Assumed, from the rules", "assumed, from the rules"):
        assert words in body
    assert client_for(supervisor).get(f"{reverse('portfolios:staffing')}?share=101").status_code == 200


def test_who_looks_after_nobody_is_left_out_of_the_mean(client_for, supervisor, account_manager, colleague, now):
    make_in("vip", at=now)
    set_for(account_manager, supervisor, now, points=50)
    set_for(colleague, supervisor, now, points=0)

    page = client_for(supervisor).get(reverse("portfolios:staffing"))

    assert (page.context["before"], page.context["there"]) == (0.5, 1)
    assert "Looks after nobody, and is left out" in page.content.decode()


@pytest.fixture
def people(supervisor, account_manager, colleague):
    """Who decides, who has too much, and who has room."""
    return supervisor, account_manager, colleague


@pytest.fixture
def full(account_manager, colleague, supervisor, now):
    """21 points of 10: two of mid and one of low, and a colleague with room for 40."""
    set_for(account_manager, supervisor, now, points=10)
    set_for(colleague, supervisor, now, points=40)
    return [
        make_in(tier, number=f"F-{place}", account_manager=account_manager, at=now + timedelta(hours=place))
        for place, tier in enumerate(("mid", "mid", "low"))
    ]


def shown(changes):
    return {
        name: [(load.customers, load.points, load.percent) for load in (each.before, each.after)]
        for name, each in changes
    }


@pytest.mark.usefixtures("full")
def test_preview_and_result_show_loads_before_and_after(client_for, people, now):
    supervisor, account_manager, colleague = people
    client, url = client_for(supervisor), reverse("portfolios:rebalance")
    page = client.get(url)
    wanted = {
        account_manager.name: [(3, 21, 210), (1, 10, 100)],
        colleague.name: [(0, 0, 0), (2, 11, 28)],
    }
    assert shown(page.context["changes"]) == wanted
    body = page.content.decode()
    assert "3 → 1" in body
    assert "210 %, over capacity" in body

    client.post(url, {"move": [move["proposal"].sent for move in page.context["moves"]]})
    job = BackgroundJob.objects.get()
    under_way = client.get(reverse("portfolios:moved", args=[job.pk]))
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)
    result = client.get(client.get(reverse("console:job", args=[job.pk])).context["page_url"])

    assert shown(under_way.context["changes"]) == {}
    assert shown(result.context["changes"]) == wanted
    assert [(label, count) for label, count, _url in result.context["counts"]] == [
        ("Changed so", 2),
        ("No change needed", 0),
        ("Refused", 0),
    ]
    assert reverse("console:job_rows", args=[job.pk]) in result.content.decode()


def test_the_result_counts_only_what_was_done(client_for, people, full, now):
    supervisor, account_manager, colleague = people
    client, url = client_for(supervisor), reverse("portfolios:rebalance")
    moves = client.get(url).context["moves"]
    Customer.objects.filter(pk=full[2].pk).update(tier="vip")
    client.post(url, {"move": [move["proposal"].sent for move in moves]})
    job = BackgroundJob.objects.get()
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)

    page = client.get(reverse("portfolios:moved", args=[job.pk]))

    # Before are the loads of when the moves were confirmed, with the VIP that one of them is by then.
    assert shown(page.context["changes"]) == {
        account_manager.name: [(3, 45, 450), (2, 35, 350)],
        colleague.name: [(0, 0, 0), (1, 10, 25)],
    }


@pytest.mark.usefixtures("full")
def test_the_result_is_for_whoever_confirmed(client_for, supervisor, now):
    client, url = client_for(supervisor), reverse("portfolios:rebalance")
    client.post(url, {"move": [client.get(url).context["moves"][0]["proposal"].sent]})
    result = reverse("portfolios:moved", args=[BackgroundJob.objects.get().pk])

    assert client.get(result).status_code == 200
    assert client_for(make_user(role=Role.SUPERVISOR, at=now)).get(result).status_code == 404


@pytest.mark.usefixtures("full")
def test_a_load_above_the_capacity_warns_in_words_and_colour(client_for, supervisor):
    body = client_for(supervisor).get(reverse("portfolios:list")).content.decode()

    assert body.count("job-bar is-over") == 1
    assert "210 %, over capacity" in body
    styles = (STYLES / "lists.css").read_text()
    for part in ("-webkit-progress-value", "-moz-progress-bar"):
        assert f".job-bar.is-over::{part} {{ background: var(--crm-bad); }}" in styles
    assert ".load-words.is-over { color: var(--crm-bad);" in styles


def contrast(one, other):
    """The contrast of two colours (WCAG 2.2, 1.4.3)."""

    def luminance(colour):
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
        return sum(share * each for share, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_warning_is_read_in_both_themes(theme):
    text = (STYLES / "tokens.css").read_text().split(f'[data-bs-theme="{theme}"] {{')[1].split("}")[0]
    lines = (line.strip().rstrip(";") for line in text.splitlines())
    tokens = dict(line.split(": ", 1) for line in lines if line.startswith("--crm-"))

    assert contrast(tokens["--crm-bad"], tokens["--crm-surface"]) >= 4.5
    assert contrast(tokens["--crm-bad"], tokens["--crm-line"]) >= 3


def test_counts_lead_to_what_they_count(client_for, supervisor, account_manager, now):
    customer = make_in("vip", account_manager=account_manager, at=now)
    long_ago = now - timedelta(days=60)
    for days in (-2, -1, 3):
        make_follow_up(customer=customer, assignee=account_manager, due_at=now + timedelta(days=days), at=long_ago)
    snoozed = make_follow_up(customer=customer, assignee=account_manager, due_at=now - timedelta(days=1), at=long_ago)
    FollowUp.objects.filter(pk=snoozed.pk).update(snoozed_until=now + timedelta(days=1))
    _late, waiting, _new = (open_for(customer, assignee=account_manager, at=at) for at in (long_ago, long_ago, now))
    wait_with_request(request=waiting, waits_for="customer", by=account_manager, at=long_ago)
    client = client_for(supervisor)

    with time_machine.travel(now, tick=False):
        page = client.get(reverse("portfolios:list"))
        [mine] = page.context["portfolios"]
        body = page.content.decode().replace("&amp;", "&")

        for url, count in (
            (f"{reverse('customers:follow_ups')}?state=open&assignee={account_manager.pk}", mine.follow_ups),
            (f"{reverse('customers:follow_ups')}?overdue=yes&assignee={account_manager.pk}", mine.overdue),
            (f"{reverse('service_requests:list')}?state=unfinished&assignee={account_manager.pk}", mine.requests),
            (f"{reverse('service_requests:list')}?overdue=yes&assignee={account_manager.pk}", mine.overdue_requests),
        ):
            assert f'href="{url}"' in body
            assert len(client.get(url).context["rows"]) == count, url
        rest = client.get(f"{reverse('customers:follow_ups')}?overdue=no").context["rows"]

    assert (mine.follow_ups, mine.overdue, mine.requests, mine.overdue_requests) == (4, 3, 3, 1)
    assert len(rest) == 1
