"""What may be done with behaviour: taken in, forgotten, counted, and told of."""

from behaviour.services.forgetting import forget_behaviour, keep_while_agreed, tidy_behaviour
from behaviour.services.recording import (
    EventIdTaken,
    HappenedTooLongAgo,
    NoSuchCustomer,
    NotAgreed,
    NotYetHappened,
    SentEvent,
    record_event,
    record_events,
)

__all__ = [
    "EventIdTaken",
    "HappenedTooLongAgo",
    "NoSuchCustomer",
    "NotAgreed",
    "NotYetHappened",
    "SentEvent",
    "forget_behaviour",
    "keep_while_agreed",
    "record_event",
    "record_events",
    "tidy_behaviour",
]
