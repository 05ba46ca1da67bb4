from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.accounts.enums import Role
from core.events.dispatching import work_off
from core.web.models import Notice
from core.web.notices import lines_of
from tests.factories.accounts import make_user
from tests.factories.customers import panels_of
from tests.factories.tiering import IN_WINDOW, make_shipped, tiering_state
from tiering.models import TierChange, TierOverride
from tiering.services import (
    OverrideExpired,
    OverrideNotWaiting,
    OverrideWaits,
    OwnOverride,
    approve_override,
    ask_for_tier,
    evaluate_tiers,
    last_whole_day,
)

pytestmark = pytest.mark.usefixtures("clock")


def test_override_is_asked_for_approved_by_another_shown_and_ended(
    tenant, now, client_for, supervisor, account_manager
):
    customer = make_shipped("a", (IN_WINDOW, "5"), at=now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    asker, client = client_for(account_manager), client_for(supervisor)
    page = reverse("customers:detail", args=[customer.pk])

    answer = asker.post(
        reverse("tiering:ask_for_tier", args=[customer.pk]),
        {"tier": "low", "reason": "Owes us", "expires_on": "2026-04-01"},
    )
    override = TierOverride.objects.get()
    address = {"pk": customer.pk, "override": override.pk}
    asked = panels_of(client, customer)
    waiting = client.get(reverse("tiering:overview")).content.decode()
    refused = asker.post(reverse("tiering:approve_override", kwargs=address))
    customer.refresh_from_db()
    before = customer.tier
    client.post(reverse("tiering:approve_override", kwargs=address))
    shown = panels_of(client, customer)
    override.refresh_from_db()
    client.post(reverse("tiering:end_override", kwargs=address))
    ended = panels_of(client, customer)
    again = client.post(reverse("tiering:end_override", kwargs=address), follow=True)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now + timedelta(minutes=1))
    history = panels_of(client, customer)

    assert (answer.status_code, answer.url) == (302, page)
    assert (override.tier, override.reason) == ("low", "Owes us")
    assert (override.asked_by, override.approved_by, override.approved_at) == (account_manager, supervisor, now)
    assert "Waits for approval:" in asked
    assert "Owes us" in waiting
    assert (refused.status_code, before) == (403, "vip")
    assert "Owes us" in shown
    assert "until 2026-04-01" in shown
    assert "the next evaluation decides" in ended
    assert "no longer set by hand" in again.content.decode()
    assert f"No longer set by hand, ended by {supervisor.name}" in history
    assert [change.to_tier for change in TierChange.objects.order_by("id")] == ["vip", "low", "vip"]


def test_nobody_approves_a_tier_they_asked_for(tenant, now, client_for, supervisor, administrator):
    customer = make_shipped("a", (IN_WINDOW, "5"), at=now)
    override = ask_for_tier(customer=customer, tier="low", reason="No", expires_on=None, by=supervisor, at=now)
    before = tiering_state()

    with pytest.raises(OwnOverride):
        approve_override(override=override, by=supervisor, at=now)
    with pytest.raises(IntegrityError, match="tier_override_four_eyes"), transaction.atomic():
        TierOverride.objects.update(approved_by=supervisor, approved_at=now)
    with pytest.raises(OverrideWaits):
        ask_for_tier(customer=customer, tier="mid", reason="No", expires_on=None, by=administrator, at=now)

    assert tiering_state() == before
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    customer.refresh_from_db()
    assert customer.tier == "vip"


def test_tier_that_waited_too_long_is_not_set(tenant, now, supervisor, administrator):
    customer = make_shipped("a", (IN_WINDOW, "5"), at=now)
    today = last_whole_day(at=now) + timedelta(days=1)
    override = ask_for_tier(customer=customer, tier="low", reason="No", expires_on=today, by=supervisor, at=now)

    with pytest.raises(OverrideExpired):
        approve_override(override=override, by=administrator, at=now + timedelta(days=1))

    assert TierChange.objects.count() == 0


def test_asker_takes_back_and_another_declines_with_a_reason(tenant, now, client_for, supervisor, account_manager):
    customer = make_shipped("a", (IN_WINDOW, "5"), at=now)
    stranger = make_user(role=Role.ACCOUNT_MANAGER, at=now)
    found = []
    for person in (stranger, account_manager, supervisor):
        override = TierOverride.objects.filter(ended_at=None).first() or ask_for_tier(
            customer=customer, tier="low", reason="No", expires_on=None, by=account_manager, at=now
        )
        page = reverse("tiering:decline_override", args=[customer.pk, override.pk])
        found.append(client_for(person).post(page, {"reason": "Not so"}).status_code)

    assert found == [403, 302, 302]
    assert list(TierOverride.objects.order_by("pk").values_list("ended_by", "refusal", "approved_at")) == [
        (account_manager.pk, "Not so", None),
        (supervisor.pk, "Not so", None),
    ]
    with pytest.raises(OverrideNotWaiting):
        approve_override(override=override, by=supervisor, at=now)
    assert TierChange.objects.count() == 0


def test_those_who_may_approve_are_told_that_a_tier_waits(tenant, now, account_manager, supervisor):
    customer = make_shipped("a", (IN_WINDOW, "5"), at=now, company_name="Harbour Foods")
    ask_for_tier(customer=customer, tier="vip", reason="Contract", expires_on=None, by=account_manager, at=now)

    work_off(tenant_id=tenant.pk, now=lambda: now)

    notice = Notice.objects.get(user=supervisor)
    assert (notice.kind, notice.subject_id) == ("tier_override_waits", customer.pk)
    assert lines_of([notice])[0].words.text == "VIP by hand waits for your approval: Harbour Foods"
    assert Notice.objects.filter(user=account_manager).count() == 0


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

    response = client_for(supervisor).post(reverse("tiering:ask_for_tier", args=[customer.pk]), typed)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert {name: response.context["form"][name].value() for name in typed} == typed
    assert tiering_state() == before
