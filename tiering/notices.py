import uuid
from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.web.models import Notice
from core.web.notices import Words
from customers.enums import Tier
from customers.models import Customer
from customers.querysets import for_search
from tiering.enums import MoveReason, PolicyState


def describe_moves(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say in words which customer went from which tier to which; one query."""
    customers = for_search(Customer.objects).in_bulk({notice.subject_id for notice in notices})
    return {
        notice.pk: _words(customers[notice.subject_id], notice.facts)
        for notice in notices
        if notice.subject_id in customers
    }


def _words(customer: Customer, facts: dict[str, str | None]) -> Words:
    text = _("%(customer)s moved from %(before)s to %(after)s") % {
        "customer": customer.display_name,
        "before": _tier(facts["from"]),
        "after": _tier(facts["to"]),
    }
    return Words(text, reverse("customers:detail", args=[customer.pk]), str(MoveReason(facts["reason"]).label))


def move_in_words(facts: Mapping[str, str | None]) -> str:
    """Say a move as a customer's timeline tells it."""
    return _("%(before)s → %(after)s: %(reason)s") % {
        "before": _tier(facts["from"]),
        "after": _tier(facts["to"]),
        "reason": MoveReason(facts["reason"]).label,
    }


def _tier(tier: str | None) -> str:
    return str(Tier(tier).label) if tier else _("no tier")


def describe_waiting_policies(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say which version of the policy waits; no query."""
    return {
        notice.pk: Words(
            _("Version %(version)s of the tier policy waits for your approval") % notice.facts,
            reverse("tiering:policy", args=[notice.subject_id]),
        )
        for notice in notices
    }


def describe_decided_policies(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say what became of a version that the reader wrote; no query."""
    return {
        notice.pk: Words(
            _("Version %(version)s of the tier policy: %(state)s")
            % {"version": notice.facts["version"], "state": PolicyState(notice.facts["state"]).label},
            reverse("tiering:policy", args=[notice.subject_id]),
        )
        for notice in notices
    }


def describe_waiting_overrides(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say for which customer a tier is asked; one query."""
    customers = for_search(Customer.objects).in_bulk({notice.subject_id for notice in notices})
    return {
        notice.pk: Words(
            _("%(tier)s by hand waits for your approval: %(customer)s")
            % {
                "tier": _tier(notice.facts["tier"]),
                "customer": customers[notice.subject_id].display_name,
            },
            reverse("customers:detail", args=[notice.subject_id]),
        )
        for notice in notices
        if notice.subject_id in customers
    }


def describe_missing_managers(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say how many customers lack an account manager; no query."""
    return {
        notice.pk: Words(
            ngettext(
                "%(customers)s customer lacks the account manager that its tier gives it",
                "%(customers)s customers lack the account manager that their tier gives them",
                notice.facts["customers"],
            )
            % notice.facts,
            reverse("tiering:overview") + "#entitlements",
        )
        for notice in notices
    }
