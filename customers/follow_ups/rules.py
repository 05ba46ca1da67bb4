"""Rules by which events ask for follow-ups; rooms register theirs in AppConfig.ready(), tenants decide how they act."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit import actions
from core.events.models import OutboxEvent
from core.events.registry import receive
from core.tenancy.working_time import Calendar, working_calendar
from customers.enums import Assignment, FollowUpKind, FollowUpOrigin, Priority, Tier
from customers.follow_ups import words
from customers.models import Customer, FollowUpPolicy
from customers.services.follow_ups import Add, open_follow_up

# In the place of a tier, for customers that are in none.
NO_TIER = "none"
TIERS: dict[str, str | Promise] = {**{tier.value: tier.label for tier in Tier}, NO_TIER: _("No tier")}
MOST_HOURS = 400


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a rule asks for: `parameters` are business facts, `cause` names what must be open once only.

    `kind` may differ from the rule's. `due_in`, of a rule without hours of its own, are days of the calendar. By
    `assignment` HAND it is for the `assignee`.
    """

    customer: Customer
    cause: str
    parameters: Mapping[str, Any]
    kind: str = ""
    due_in: timedelta | None = None
    assignment: str = Assignment.PORTFOLIO
    assignee: User | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """For an event of a name, a follow-up for the account manager of a customer, where `wanted` asks for one.

    `wanted(event, at)` returns None where nothing is to be done, or several where more is. `say(parameters)` is what
    it is about, in the active language, and `label` what the rule is called. With `add(kept, new)`, which joins two
    parameters, what happens while one is open for the same cause is added to it, and `happened` lists it all. `done` is
    what the timeline says of one that is done, where `say` tells what must be forgotten on demand.

    Where the tenant decided nothing else, it acts for customers of the `tiers`, and is due so many working `hours`
    after the event is received; None where `wanted` says by when.
    """

    code: str
    label: str | Promise
    event: str
    wanted: Callable[[OutboxEvent, datetime], Wanted | Iterable[Wanted] | None]
    say: words.Words
    hours: int | None
    tiers: Sequence[str] = tuple(TIERS)
    kind: FollowUpKind = FollowUpKind.CALL
    priority: Priority = Priority.NORMAL
    add: Add | None = None
    happened: words.Happened | None = None
    done: str | Promise | None = None


@dataclass(frozen=True, kw_only=True)
class RuleSetting:
    """How a rule acts for the tenant."""

    is_on: bool
    tiers: Sequence[str]
    hours: int | None
    priority: int

    def acts_for(self, customer: Customer) -> bool:
        return self.is_on and (customer.tier or NO_TIER) in self.tiers

    def due_at(self, wanted: Wanted, calendar: Calendar, at: datetime) -> datetime:
        """Return by when it is to be done, at a time at which people work."""
        if self.hours is not None:
            return calendar.add(at, timedelta(hours=self.hours))
        return calendar.add(at + (wanted.due_in or timedelta()), timedelta())


_rules: dict[str, Rule] = {}


def register(rule: Rule) -> None:
    """Add a rule; raises ValueError for a code that is taken, and KeyError for an event that is not declared."""
    words.register(rule.code, rule.say, rule.happened, rule.done)
    receive(rule.event, name=f"follow_ups.{rule.code}", call=partial(_apply, rule))
    actions.declare_fields(**{told_as(rule.code): rule.label})
    _rules[rule.code] = rule


def registered() -> Mapping[str, Rule]:
    """Return all rules by their codes, in the order of their rooms."""
    return dict(_rules)


def told_as(code: str) -> str:
    """Return what the trail calls a rule among what changed."""
    return f"rule.{code}"


def current_policy() -> FollowUpPolicy:
    """Return what the tenant decided; of one that never did, version 0, by which rules act as they were made."""
    return FollowUpPolicy.objects.order_by("-version").first() or FollowUpPolicy(version=0)


def setting_of(rule: Rule, policy: FollowUpPolicy) -> RuleSetting:
    """Return how a rule acts by a policy."""
    decided = policy.rules.get(rule.code)
    if decided is None:
        return RuleSetting(is_on=True, tiers=rule.tiers, hours=rule.hours, priority=rule.priority)
    return RuleSetting(**decided)


def _apply(rule: Rule, *, event: OutboxEvent, at: datetime) -> None:
    setting = setting_of(rule, current_policy())
    if not setting.is_on:
        return
    asked = rule.wanted(event, at) or []
    calendar: Calendar | None = None
    for wanted in [asked] if isinstance(asked, Wanted) else asked:
        if not setting.acts_for(wanted.customer):
            continue
        calendar = calendar or working_calendar()
        open_follow_up(
            customer=wanted.customer,
            kind=wanted.kind or rule.kind,
            due_at=setting.due_at(wanted, calendar, at),
            priority=setting.priority,
            assignment=wanted.assignment,
            assignee=wanted.assignee,
            code=rule.code,
            parameters=wanted.parameters,
            cause=wanted.cause,
            add=rule.add,
            origin=FollowUpOrigin.RULE,
            by=None,
            at=at,
        )
