"""Teams that serve tiers: who says so, and what comes to them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.services import close_team, create_department, create_team
from core.audit.models import AuditEvent
from core.events.dispatching import work_off
from core.web.models import Notice
from core.web.notices import lines_of
from customers.enums import Assignment, FollowUpKind
from customers.models import Customer, FollowUp
from customers.services.follow_ups import open_follow_up
from portfolios.planning import propose_assignments
from portfolios.selectors import load_portfolios
from portfolios.services import assign_unowned
from portfolios.services import current_policy as portfolio_rules
from service_requests.models import ServiceRequest
from service_requests.services import move_request, open_request
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer
from tiering.models import TierTeam
from tiering.querysets import serving
from tiering.services import TeamGone, TeamsChanged, mark_of, set_tier_teams


@pytest.fixture
def teams(tenant, administrator, now):
    return [create_team(name=name, department=None, by=administrator, at=now) for name in ("Gold", "Silver")]


@pytest.fixture
def gold(teams, supervisor, now):
    """VIPs are served by the first team, mid customers by both, low ones by everybody."""
    say({"vip": teams[:1], "mid": teams}, supervisor, now)
    return teams[0]


def say(teams, by, at):
    set_tier_teams(teams=teams, seen=mark_of(serving()), by=by, at=at)


def make_in(tier, at, **facts):
    customer = make_customer(at=at, **facts)
    Customer.objects.filter(pk=customer.pk).update(tier=tier)
    return Customer.objects.get(pk=customer.pk)


def make_member(team, role, at):
    person = make_user(role=role, at=at)
    person.team = team
    person.save(update_fields=["team"])
    return person


def wish_of(customer, by, at, **facts):
    return open_request(customer=customer, kind="chase", text="Where?", by=by, at=at, **facts)


def test_supervisor_says_which_teams_serve_which_tiers(teams, client_for, supervisor, agent):
    client, page = client_for(supervisor), reverse("tiering:teams")
    one, other = teams

    first = client.get(page).context["form"]
    saved = client.post(page, {"vip": [one.pk], "mid": [one.pk, other.pk], "seen": first["seen"].value()})
    again = client.get(page)

    assert saved.status_code == 302
    assert {tier: [*chosen] for tier, chosen in serving().items()} == {"vip": [one], "mid": [one, other], "low": []}
    assert again.context["form"]["vip"].value() == [one.pk]
    [event] = AuditEvent.objects.filter(action="tier.teams_set")
    assert event.details == {"changed": ["teams_vip", "teams_mid"]}
    assert "Teams that serve tiers set" in again.content.decode()
    settings = client.get(reverse("console:home")).content.decode()
    assert "Teams that serve mid customers" in settings
    assert client_for(agent).get(page).status_code == 403


def test_second_of_two_is_told_and_a_closed_team_is_none_to_choose(gold, teams, client_for, supervisor, now):
    seen, administrator = mark_of(serving()), make_user(role=Role.ADMINISTRATOR, at=now)
    say({"vip": teams[1:]}, administrator, now)
    kept = list(TierTeam.objects.order_by("pk").values())

    response = client_for(supervisor).post(reverse("tiering:teams"), {"vip": [gold.pk], "seen": seen})
    with pytest.raises(TeamsChanged):
        set_tier_teams(teams={}, seen=seen, by=supervisor, at=now)
    other = create_team(name="Bronze", by=administrator, at=now)
    closed = close_team(team=other, to=None, by=administrator, at=now)
    with pytest.raises(TeamGone):
        say({"vip": [closed]}, supervisor, now)

    assert response.status_code == 422
    assert "Somebody else has said meanwhile" in response.content.decode()
    assert list(TierTeam.objects.order_by("pk").values()) == kept


def test_saying_the_same_again_tells_nothing(gold, teams, supervisor, now):
    say({"mid": teams, "vip": [gold]}, supervisor, now)

    assert AuditEvent.objects.filter(action="tier.teams_set").count() == 1


def test_request_that_names_nobody_comes_to_the_team_with_the_fewest(gold, teams, agent, administrator, now):
    desk = create_department(name="Desk", by=administrator, at=now)
    mid = make_in("mid", now)

    first = wish_of(make_in("vip", now), agent, now)
    second, third = wish_of(mid, agent, now), wish_of(mid, agent, now)
    named = [wish_of(mid, agent, now, department=desk), wish_of(mid, agent, now, assignee=agent)]
    others = [wish_of(make_in(tier, now), agent, now) for tier in ("low", None)]

    assert first.team == gold
    assert (second.team, third.team) == (teams[1], gold)
    assert [each.team for each in (*named, *others)] == [None] * 4


def test_request_goes_from_the_team_to_a_department(gold, agent, administrator, now):
    desk = create_department(name="Desk", by=administrator, at=now)
    request = wish_of(make_in("vip", now), agent, now)

    taken = move_request(request=request, department=None, assignee=agent, by=agent, at=now)
    moved = move_request(request=request, department=desk, assignee=None, by=agent, at=now)

    assert (taken.team, moved.team, moved.department) == (gold, None, desk)


def test_people_of_the_team_are_told_and_find_it_in_their_queue(gold, teams, client_for, agent, now):
    mate, other = make_member(gold, Role.AGENT, now), make_member(teams[1], Role.AGENT, now)
    request = wish_of(make_in("vip", now), agent, now)
    wish_of(make_in("low", now), agent, now)
    work_off(tenant_id=gold.tenant_id, now=lambda: now)
    client = client_for(mate)

    [notice] = Notice.objects.filter(kind="service_request_in_charge")
    queue = client.get(reverse("service_requests:list"), {"team": gold.pk})
    page = client.get(reverse("service_requests:detail", args=[request.pk])).content.decode()

    assert (notice.user, other.team) == (mate, teams[1])
    assert lines_of([notice])[0].words.text == f"{request.number} came to your team: Chase a parcel"
    assert [row.pk for row in queue.context["rows"]] == [request.pk]
    assert "It served the customer&#x27;s tier" in page or "It served the customer's tier" in page


def test_follow_up_of_a_customer_without_manager_waits_in_the_team(gold, account_manager, supervisor, now):
    def ask(customer, **facts):
        due = now + timedelta(days=1)
        made = {"kind": FollowUpKind.CALL, "subject": "Call", "by": supervisor, "at": now}
        return open_follow_up(customer=customer, due_at=due, **made, **facts)

    nobodys, managed = make_in("vip", now), make_in("vip", now, account_manager=account_manager)

    waits = ask(nobodys, assignment=Assignment.PORTFOLIO)
    theirs = ask(managed, assignment=Assignment.PORTFOLIO)
    by_hand = ask(nobodys)
    low = ask(make_in("low", now), assignment=Assignment.PORTFOLIO)

    assert [(each.assignee, each.team) for each in (waits, theirs, by_hand, low)] == [
        (None, gold),
        (account_manager, None),
        (None, None),
        (None, None),
    ]
    assert FollowUp.objects.count() == 4


def test_customers_are_assigned_to_people_of_the_teams_alone(gold, teams, client_for, supervisor, now):
    inside_it, elsewhere = make_member(gold, Role.ACCOUNT_MANAGER, now), make_member(None, Role.ACCOUNT_MANAGER, now)
    for number in ("V-1", "V-2"):
        make_in("vip", now, number=number)

    proposed = propose_assignments(policy=portfolio_rules(), at=now)
    assign_unowned(business_date=now.date(), at=now)
    serves = {each.person: each.serves for each in load_portfolios(policy=portfolio_rules())}
    page = client_for(supervisor).get(reverse("portfolios:staffing"))

    assert {each.taker for each in proposed.proposals} == {inside_it}
    assert set(Customer.objects.values_list("account_manager", flat=True)) == {inside_it.pk}
    assert (serves[inside_it], serves[elsewhere]) == ({"vip", "mid", "low", "none"}, {"low", "none"})
    assert [(need.tier, served) for _label, need, served in page.context["needs"]] == [
        ("vip", [gold]),
        ("mid", teams),
        ("low", []),
        ("none", []),
    ]


def test_teams_of_another_tenant_serve_nobody_here(tenant, other_tenant, supervisor, agent, now):
    with inside(other_tenant, leaving=tenant):
        boss = make_user(role=Role.SUPERVISOR, at=now)
        theirs = create_team(name="Theirs", department=None, by=boss, at=now)
        say({"vip": [theirs]}, boss, now)

    assert serving() == {"vip": [], "mid": [], "low": []}
    assert wish_of(make_in("vip", now), agent, now).team is None
    assert ServiceRequest.objects.count() == 1
