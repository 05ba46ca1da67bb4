"""Deciding how the rules act that open follow-ups."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from core.tenancy.turns import wait_for_turn
from customers.enums import Priority
from customers.follow_ups.rules import (
    MOST_HOURS,
    TIERS,
    Rule,
    RuleSetting,
    current_policy,
    registered,
    setting_of,
    told_as,
)
from customers.models import FollowUpPolicy


class BadRule(DomainError):
    code = "bad_rule"
    message = _("A rule names an unknown tier or priority, or hours outside the limits.")


class PolicyChanged(DomainError):
    code = "policy_changed"
    message = _("Somebody else has put other rules in force meanwhile. Look at them first.")


@transaction.atomic
def create_policy(*, rules: Mapping[str, RuleSetting], replaces: int, by: User, at: datetime) -> FollowUpPolicy:
    """Let the rules, by their codes, act like this from now on; follow-ups that are open stay as they are.

    `replaces` is the version that its author has seen in force. Raises BadRule, or PolicyChanged if another version
    is in force by now.
    """
    known = registered()
    if set(rules) != set(known) or not all(_is_right(known[code], each) for code, each in rules.items()):
        raise BadRule
    wait_for_turn("follow_up_policy")
    in_force = current_policy()
    if replaces != in_force.version:
        raise PolicyChanged
    decided = {code: {**asdict(each), "tiers": list(each.tiers)} for code, each in rules.items()}
    policy = FollowUpPolicy(version=in_force.version + 1, rules=decided, created_by=by, created_at=at)
    policy.save(force_insert=True)
    changed = [told_as(code) for code, rule in known.items() if _differs(rule, in_force, policy)]
    details = {"version": policy.version, "changed": changed}
    record("follow_up_policy.changed", of=policy, by=by, at=at, details=details)
    return policy


def _is_right(rule: Rule, setting: RuleSetting) -> bool:
    if (rule.hours is None) != (setting.hours is None):
        return False
    is_in_time = setting.hours is None or 1 <= setting.hours <= MOST_HOURS
    return is_in_time and set(setting.tiers) <= set(TIERS) and setting.priority in Priority.values


def _differs(rule: Rule, older: FollowUpPolicy, newer: FollowUpPolicy) -> bool:
    before, after = ({**asdict(setting_of(rule, each))} for each in (older, newer))
    return {**before, "tiers": set(before["tiers"])} != {**after, "tiers": set(after["tiers"])}
