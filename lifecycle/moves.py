"""Every move from one stage of the lifecycle to another that there may be, and when it is made.

The nightly statement is put together from this table, so it makes no other. `when` is SQL over a row of `measured`
(lifecycle.statement): of the moves from a customer's stage the first whose condition holds is made, and one a day at
most. Days are the tenant's; `as_of` is the last whole one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.enums import Stage
from lifecycle.enums import MoveCause

EVALUATION, SHIPMENT, HAND = MoveCause.EVALUATION, MoveCause.SHIPMENT, MoveCause.HAND

HAS_SHIPPED = "first_day <= as_of"
# Its shipments came to another customer, or their import was undone.
SHIPS_NO_MORE = "first_day is null and had_shipped"
SHIPS_AGAIN = "last_day > stage_since"
SILENT = "not is_held and silent_days >= lost_after"
GROWS = "not is_held and first_day is not null and contribution > 0 and contribution * 100 >= usual * growing_at"
FALLS = "not is_held and first_day is not null and (contribution <= 0 or contribution * 100 <= usual * declining_at)"
STEADY = "not is_held and first_day is not null"
GROWN_UP = "age_days >= new_days"
BACK_LONG_ENOUGH = "stage_days >= won_back_days"
STAYED_LONG_ENOUGH = "stage_days >= least_days"

FIRST_SHIPMENT = _("The first shipment.")
NO_SHIPMENT_LEFT = _("No shipment is left: they came to another customer.")
SILENCE = _("Silent for longer than its own rhythm, or the fixed days, allow.")
SHIPPED_AGAIN = _("A shipment after it was lost.")
MORE = _("The window brought more than its usual by the share of growth.")
LESS = _("The window brought less than its usual by the share of decline.")
ALIKE = _("The window brought about what is usual for it.")


@dataclass(frozen=True)
class Move:
    """One allowed move: what makes it, the rule in words, and for the evaluation its condition."""

    before: Stage
    after: Stage
    causes: frozenset[MoveCause]
    rule: str | Promise
    when: str


def _by_trend(before: Stage, once: str) -> Iterable[Move]:
    """Yield the moves by what the window brought; `once` is what must hold before any is made."""
    for after, condition, rule in (
        (Stage.GROWING, GROWS, MORE),
        (Stage.DECLINING, FALLS, LESS),
        (Stage.MATURE, STEADY, ALIKE),
    ):
        if after != before:
            others = [] if after != Stage.MATURE else [f"not ({GROWS})", f"not ({FALLS})"]
            when = " and ".join([once, f"({condition})", *others])
            yield Move(before, after, frozenset({EVALUATION, HAND}), rule, when)


def _all_moves() -> Iterable[Move]:
    yield Move(Stage.LEAD, Stage.NEW, frozenset({EVALUATION, SHIPMENT, HAND}), FIRST_SHIPMENT, HAS_SHIPPED)
    yield Move(Stage.LOST, Stage.WON_BACK, frozenset({EVALUATION, SHIPMENT, HAND}), SHIPPED_AGAIN, SHIPS_AGAIN)
    for stage in Stage:
        if stage != Stage.LEAD:
            yield Move(stage, Stage.LEAD, frozenset({EVALUATION}), NO_SHIPMENT_LEFT, SHIPS_NO_MORE)
    for stage in (Stage.NEW, Stage.GROWING, Stage.MATURE, Stage.DECLINING, Stage.WON_BACK):
        yield Move(stage, Stage.LOST, frozenset({EVALUATION, HAND}), SILENCE, SILENT)
    yield from _by_trend(Stage.NEW, GROWN_UP)
    yield from _by_trend(Stage.WON_BACK, BACK_LONG_ENOUGH)
    for stage in (Stage.GROWING, Stage.MATURE, Stage.DECLINING):
        yield from _by_trend(stage, STAYED_LONG_ENOUGH)


MOVES = tuple(_all_moves())
ALLOWED = {(move.before, move.after): move for move in MOVES}


def is_allowed(before: str, after: str, *, by: MoveCause) -> bool:
    """Tell whether the table has the move, for this cause."""
    move = ALLOWED.get((Stage(before), Stage(after)))
    return move is not None and by in move.causes


def reachable_by_hand(stage: str) -> list[Stage]:
    """Return the stages into which somebody may put a customer of this one, in their order."""
    return [after for after in Stage if is_allowed(stage, after, by=HAND)]
