"""Rules by which events ask for follow-ups; rooms register theirs in AppConfig.ready()."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.events.models import OutboxEvent
from core.events.registry import receive
from customers.enums import Assignment, FollowUpKind, FollowUpOrigin, Priority
from customers.follow_ups import words
from customers.models import Customer
from customers.services.follow_ups import Add, open_follow_up


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a rule asks for: `parameters` are business facts, `cause` names what must be open once only."""

    customer: Customer
    cause: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """For an event of a name, a follow-up for the account manager of a customer, where `wanted` asks for one.

    `wanted(event, at)` returns None where nothing is to be done. `say(parameters)` is what it is about, in the active
    language. It is due `due_in` after the event is received. With `add(kept, new)`, which joins two parameters, what
    happens while one is open for the same cause is added to it, and `happened` lists it all.
    """

    code: str
    event: str
    wanted: Callable[[OutboxEvent, datetime], Wanted | None]
    say: words.Words
    due_in: timedelta
    kind: FollowUpKind = FollowUpKind.CALL
    priority: Priority = Priority.NORMAL
    add: Add | None = None
    happened: words.Happened | None = None


def register(rule: Rule) -> None:
    """Add a rule; raises ValueError for a code that is taken, and KeyError for an event that is not declared."""
    words.register(rule.code, rule.say, rule.happened)
    receive(rule.event, name=f"follow_ups.{rule.code}", call=partial(_apply, rule))


def _apply(rule: Rule, *, event: OutboxEvent, at: datetime) -> None:
    wanted = rule.wanted(event, at)
    if wanted is None:
        return
    open_follow_up(
        customer=wanted.customer,
        kind=rule.kind,
        due_at=at + rule.due_in,
        priority=rule.priority,
        assignment=Assignment.PORTFOLIO,
        code=rule.code,
        parameters=wanted.parameters,
        cause=wanted.cause,
        add=rule.add,
        origin=FollowUpOrigin.RULE,
        by=None,
        at=at,
    )
