"""Behaviour by the thousand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rest_framework.exceptions import ValidationError

from behaviour.services import SentEvent, record_events
from behaviour.taken import BehaviourEventRow
from core.partners.bulk.kinds import RowResult
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError

BEHAVIOUR_EVENTS = "behaviour_events"
ROWS_PER_PART = 1000
REFUSALS = {
    "no_such_customer": (400, "/customer_number"),
    "not_yet_happened": (400, "/happened_at"),
    "happened_too_long_ago": (400, "/happened_at"),
    "event_id_taken": (409, "/event_id"),
}


def event_id_of(row: Mapping[str, Any]) -> str:
    """Return the partner's id of a row, as far as it is one."""
    text = row.get("event_id")
    return text.strip()[:64] if isinstance(text, str) else ""


def write_events(*, rows: Sequence[Mapping[str, Any]], by: ApiKey, at: datetime) -> list[RowResult]:
    """Keep the events of those who agreed, no id twice; return what became of each."""
    serializer = BehaviourEventRow()
    taken: list[SentEvent | RowResult] = []
    for row in rows:
        try:
            taken.append(serializer.run_validation(row))
        except ValidationError as error:
            taken.append(RowResult.of(error, {}))
    record_events(sent=[each for each in taken if isinstance(each, SentEvent)], at=at)
    return [each if isinstance(each, RowResult) else _result(each) for each in taken]


def _result(sent: SentEvent) -> RowResult:
    if isinstance(sent.outcome, DomainError):
        return RowResult.of(sent.outcome, REFUSALS)
    return RowResult(sent.outcome)
