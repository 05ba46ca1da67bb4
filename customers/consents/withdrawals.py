"""What stops at once where a consent is withdrawn; rooms register theirs in AppConfig.ready()."""

from collections.abc import Callable, Iterable
from datetime import datetime

from customers.models import Customer

Stop = Callable[..., object]

_stops: dict[str, list[Stop]] = {}


def register(purpose: str, stop: Stop) -> None:
    """Have `stop(customer=…, at=…)` called in the transaction of every withdrawal from the purpose of this key."""
    _stops.setdefault(purpose, []).append(stop)


def stop_all(purposes: Iterable[str], *, customer: Customer, at: datetime) -> None:
    """Call what is to stop for these purposes."""
    for purpose in sorted(set(purposes)):
        for stop in _stops.get(purpose, ()):
            stop(customer=customer, at=at)
