"""What a merge does to the facts of the customer that is kept, and how its undoing puts them back."""

import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from customers.enums import Tier
from customers.models import Customer, CustomerGroup

CHOSEN = (
    "kind",
    "company_name",
    "person_name",
    "industry",
    "region",
    "source",
    "special_needs",
    "birthday",
    "preferred_channel",
    "preferred_language",
    "account_manager",
    "group",
    "referrer",
)
REFERENCES = ("account_manager", "group", "referrer")
UNITED = ("tags", "custom_values")
# A merge takes each of these whole or not at all.
TIER = ("tier", "tier_since", "lower_tier", "lower_runs", "lower_as_of", "segment")
STAGE = ("stage", "stage_since", "stage_held_until")
SELF_SERVICE = ("self_service", "self_service_since")
STANDINGS = (TIER, STAGE, SELF_SERVICE)
# What it is and since when, which stand first, tell whether it was written since.
SINCE = 2
WRITTEN = (*CHOSEN, *UNITED, *TIER, *STAGE, *SELF_SERVICE)
RANK = {None: 0, Tier.LOW: 1, Tier.MID: 2, Tier.VIP: 3}


def facts_of(customer: Customer) -> dict[str, Any]:
    """Return the facts that a merge may change as JSON keeps them, by the names of their attributes."""
    names = [f"{name}_id" if name in REFERENCES else name for name in WRITTEN]
    return {name: plain(getattr(customer, name)) for name in names}


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID | date | Decimal) else value


def set_facts(customer: Customer, values: Mapping[str, Any]) -> None:
    """Give a customer what JSON kept."""
    for name, value in values.items():
        setattr(customer, name, Customer._meta.get_field(name).to_python(value))


def standings_taken(kept: Customer, absorbed: Customer) -> list[tuple[str, ...]]:
    """Return in which standings the kept customer takes the absorbed one's place, each by the names of its fields.

    The higher tier counts, the stage of whoever shipped, of both the one who shipped last, and what the absorbed one
    said of serving itself where the kept one was never asked.
    """
    taken = []
    if RANK[absorbed.tier] > RANK[kept.tier]:
        taken.append(TIER)
    if absorbed.last_shipment_at and (not kept.last_shipment_at or absorbed.last_shipment_at > kept.last_shipment_at):
        taken.append(STAGE)
    if kept.self_service is None and absorbed.self_service is not None:
        taken.append(SELF_SERVICE)
    return taken


def take_standings(kept: Customer, absorbed: Customer) -> None:
    for names in standings_taken(kept, absorbed):
        for name in names:
            setattr(kept, name, getattr(absorbed, name))


def put_back(kept: Customer, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Make of the kept customer what it was `before` a merge, but for what was changed since it was as `after` says.

    A query for each of group and referrer that it is to name, since they may be gone.
    """
    now = facts_of(kept)
    names = [name for name in before if name.removesuffix("_id") in CHOSEN and now[name] == after[name]]
    for standing in STANDINGS:
        was_taken = any(before[name] != after[name] for name in standing)
        if was_taken and all(now[name] == after[name] for name in standing[:SINCE]):
            names += standing
    set_facts(kept, {name: before[name] for name in names})
    brought = set(after["tags"]) - set(before["tags"])
    kept.tags = [tag for tag in kept.tags if tag not in brought]
    kept.custom_values = _values_before(kept.custom_values, before["custom_values"], after["custom_values"])
    if not CustomerGroup.objects.filter(pk=kept.group_id).exists():
        kept.group_id = None
    if not Customer.with_merged.filter(pk=kept.referrer_id).exists():
        kept.referrer_id = None


def _values_before(now: dict[str, str], before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return own values with those of the merge put back, key by key; what people changed since stays."""
    merged = {key for key in after if before.get(key) != after[key] and now.get(key) == after[key]}
    kept = {key: value for key, value in now.items() if key not in merged}
    return kept | {key: before[key] for key in merged if key in before}
