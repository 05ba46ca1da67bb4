"""What a team was in charge of, when the team is closed."""

import pytest
from django.apps import apps
from django.urls import reverse

from core.accounts.charges import charges, charges_of, in_words, register
from core.accounts.models import Team
from core.accounts.services import TeamInCharge, close_team, create_team
from core.audit.models import AuditEvent
from customers.models import FollowUp
from customers.services.follow_ups import open_follow_up
from lifecycle.models import LifecyclePolicy, PlaybookStep
from lifecycle.services import create_policy as put_lifecycle_in_force
from lifecycle.services import current_policy as lifecycle_rules
from lifecycle.services.policies import NUMBERS
from service_requests.enums import RequestState
from service_requests.models import ServiceRequest
from service_requests.services import close_request, open_request
from tests.factories.customers import make_customer
from tiering.models import TierTeam
from tiering.querysets import serving
from tiering.services import mark_of, set_tier_teams

# Where a team is only where somebody belongs.
NOT_IN_CHARGE = {"accounts.User", "accounts.Invitation"}


@pytest.fixture
def teams(tenant, administrator, now):
    return [create_team(name=name, by=administrator, at=now) for name in ("Gold", "Silver")]


@pytest.fixture
def busy(teams, supervisor, agent, administrator, now):
    """The first team serves VIPs and, with the second, mid customers; it has one open of each kind."""
    gold, silver = teams
    set_tier_teams(teams={"vip": [gold], "mid": [gold, silver]}, seen=mark_of(serving()), by=supervisor, at=now)
    customer = make_customer(at=now)
    done, waits = (open_request(customer=customer, kind="chase", text="Where?", by=agent, at=now) for _each in range(2))
    ServiceRequest.objects.update(team=gold)
    close_request(
        request=ServiceRequest.objects.get(pk=done.pk), state=RequestState.DECLINED, outcome="no", by=agent, at=now
    )
    open_follow_up(customer=customer, subject="Call", kind="call", due_at=now, team=gold, by=supervisor, at=now)
    PlaybookStep.objects.create(stage="new", kind="call", words="Welcome", due_days=1, for_whom="team", team=gold)
    rules = lifecycle_rules()
    numbers = {name: getattr(rules, name) for name in NUMBERS}
    put_lifecycle_in_force(
        assignment=rules.assignment, team=gold, replaces=rules.version, by=administrator, at=now, **numbers
    )
    return {"done": done.pk, "waits": waits.pk}


def kept():
    models = (Team, ServiceRequest, FollowUp, TierTeam, PlaybookStep, LifecyclePolicy, AuditEvent)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_what_a_closed_team_was_in_charge_of_goes_to_the_other(busy, teams, administrator, now):
    gold, silver = teams

    close_team(team=gold, to=silver, by=administrator, at=now)

    assert serving() == {"vip": [silver], "mid": [silver], "low": []}
    assert ServiceRequest.objects.get(pk=busy["waits"]).team == silver
    assert ServiceRequest.objects.get(pk=busy["done"]).team == gold
    assert FollowUp.objects.get().team == silver
    assert PlaybookStep.objects.get(team=silver).version == 2
    assert (lifecycle_rules().team, lifecycle_rules().version) == (silver, 3)
    assert AuditEvent.objects.get(action="team.closed").details == {
        "service_requests": 1,
        "follow_ups": 1,
        "tiers": 2,
        "playbook_steps": 1,
        "leads": 1,
    }
    assert AuditEvent.objects.filter(action="tier.teams_set").latest("happened_at", "id").details["changed"] == [
        "teams_mid",
        "teams_vip",
    ]


def test_team_in_charge_of_something_is_not_closed_for_nobody(busy, teams, client_for, administrator, now):
    gold, _silver = teams
    before = kept()
    client, page = client_for(administrator), reverse("console:close_team", args=[gold.pk])

    asked = client.get(page).content.decode()
    refused = client.post(page, {"to": ""})
    with pytest.raises(TeamInCharge):
        close_team(team=gold, to=None, by=administrator, at=now)

    said = "1 follow-up, 1 service request, 2 tiers, 1 step of a playbook, the leads that come in"
    assert sorted(in_words(charges_of(gold)).split(", ")) == sorted(said.split(", "))
    assert in_words(charges_of(gold)) in asked
    assert refused.status_code == 422
    assert in_words(charges_of(gold)) in refused.content.decode()
    assert kept() == before


def test_every_key_to_a_team_is_moved_when_it_is_closed():
    leading = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.remote_field is not None and field.remote_field.model is Team
    }
    assert leading == {charge.model._meta.label for charge in charges().values()} | NOT_IN_CHARGE


def test_two_charges_of_one_name_are_refused():
    first = charges()["tiers"]
    with pytest.raises(ValueError, match="tiers"):
        register(type(first)(**{**vars(first), "model": FollowUp}))
