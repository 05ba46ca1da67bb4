from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories.customers import panels_of
from tests.factories.tiering import IN_WINDOW, make_shipped, tiering_state
from tiering.models import TierChange, TierOverride
from tiering.services import evaluate_tiers, last_whole_day

pytestmark = pytest.mark.usefixtures("clock")


def test_override_is_set_shown_and_ended_by_hand(tenant, now, client_for, supervisor):
    customer = make_shipped("a", (IN_WINDOW, "5"), at=now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(supervisor)
    page = reverse("customers:detail", args=[customer.pk])

    answer = client.post(
        reverse("tiering:set_override", args=[customer.pk]),
        {"tier": "low", "reason": "Owes us", "expires_on": "2026-04-01"},
    )
    shown = panels_of(client, customer)
    override = TierOverride.objects.get()
    client.post(reverse("tiering:end_override", args=[customer.pk, override.pk]))
    ended = panels_of(client, customer)
    again = client.post(reverse("tiering:end_override", args=[customer.pk, override.pk]), follow=True)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now + timedelta(minutes=1))
    history = panels_of(client, customer)

    assert (answer.status_code, answer.url) == (302, page)
    assert (override.tier, override.reason, override.approved_by) == ("low", "Owes us", supervisor)
    assert "Owes us" in shown
    assert "until 2026-04-01" in shown
    assert "the next evaluation decides" in ended
    assert "no longer set by hand" in again.content.decode()
    assert f"No longer set by hand, ended by {supervisor.name}" in history
    assert [change.to_tier for change in TierChange.objects.order_by("id")] == ["vip", "low", "vip"]


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
    before = tiering_state()

    response = client_for(supervisor).post(reverse("tiering:set_override", args=[customer.pk]), typed)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert {name: response.context["form"][name].value() for name in typed} == typed
    assert tiering_state() == before
