"""Rules by which events ask for follow-ups; rooms register theirs in AppConfig.ready()."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils.functional import Promise

from core.accounts.models import User
from core.events.models import OutboxEvent
from core.events.registry import receive
from customers.enums import Assignment, FollowUpKind, FollowUpOrigin, Priority
from customers.follow_ups import words
from customers.models import Customer
from customers.services.follow_ups import Add, open_follow_up


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a rule asks for: `parameters` are business facts, `cause` names what must be open once only.

    `kind` and `due_in` may differ from the rule's. By `assignment` HAND it is for the `assignee`.
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
    it is about, in the active language. It is due `due_in` after the event is received. With `add(kept, new)`, which
    joins two parameters, what happens while one is open for the same cause is added to it, and `happened` lists it all.
    `done` is what the timeline says of one that is done, where `say` tells what must be forgotten on demand.
    """

    code: str
    event: str
    wanted: Callable[[OutboxEvent, datetime], Wanted | Iterable[Wanted] | None]
    say: words.Words
    due_in: timedelta
    kind: FollowUpKind = FollowUpKind.CALL
    priority: Priority = Priority.NORMAL
    add: Add | None = None
    happened: words.Happened | None = None
    done: str | Promise | None = None


def register(rule: Rule) -> None:
    """Add a rule; raises ValueError for a code that is taken, and KeyError for an event that is not declared."""
    words.register(rule.code, rule.say, rule.happened, rule.done)
    receive(rule.event, name=f"follow_ups.{rule.code}", call=partial(_apply, rule))


def _apply(rule: Rule, *, event: OutboxEvent, at: datetime) -> None:
    asked = rule.wanted(event, at) or []
    for wanted in [asked] if isinstance(asked, Wanted) else asked:
        open_follow_up(
            customer=wanted.customer,
            kind=wanted.kind or rule.kind,
            due_at=at + (rule.due_in if wanted.due_in is None else wanted.due_in),
            priority=rule.priority,
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
