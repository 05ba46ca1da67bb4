"""What customers are entitled to by their tier, for rooms to the left of tiering, which says it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

_readers: dict[str, Callable[..., Any]] = {}


def register_head_start(reader: Callable[[str | None], timedelta]) -> None:
    """Say by whom the head start of a tier is told; raises ValueError where somebody says it already."""
    _register("head start", reader)


def register_managed_tiers(reader: Callable[[], frozenset[str]]) -> None:
    """Say by whom it is told which tiers have an account manager; raises ValueError where somebody says it already."""
    _register("account manager", reader)


def head_start_of(tier: str | None) -> timedelta:
    """Return by how much what a customer of this tier asks for stands earlier in a queue; one query at most."""
    return _readers["head start"](tier) if "head start" in _readers and tier else timedelta(0)


def managed_tiers() -> frozenset[str]:
    """Return the tiers whose customers are entitled to an account manager of their own; one query at most."""
    return _readers["account manager"]() if "account manager" in _readers else frozenset()


def _register(what: str, reader: Callable[..., Any]) -> None:
    if _readers.setdefault(what, reader) is not reader:
        raise ValueError(f"The {what} of tiers is told by somebody already.")
