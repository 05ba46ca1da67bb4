"""Follow-ups for tests, made through the service; a scope must be open."""

from datetime import datetime, timedelta
from typing import Any

from customers.models import FollowUp
from customers.services.follow_ups import open_follow_up


def make_follow_up(*, at: datetime, due_in: timedelta = timedelta(hours=3), **facts: Any) -> FollowUp:
    """A follow-up that was opened before it was due, however long ago that was."""
    due_at = facts.pop("due_at", at + due_in)
    opened_at = min(at, due_at - timedelta(hours=1))
    given = {"customer": None, "kind": "call", "subject": "Ask how it went", "by": None, **facts}
    return open_follow_up(due_at=due_at, at=opened_at, **given)


def make_many(count: int, *, at: datetime, **facts: Any) -> None:
    """So many like one made by the service, in one statement."""
    first = make_follow_up(at=at, **facts)
    names = [field.attname for field in FollowUp._meta.concrete_fields if field.name not in ("id", "subject")]
    FollowUp.objects.bulk_create(
        FollowUp(subject="Ask again", **{name: getattr(first, name) for name in names}) for _ in range(count - 1)
    )
