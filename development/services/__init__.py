"""Every write to customer development."""

from development.services.moving import (
    LostForNoReason,
    MoveNotAllowed,
    move_opportunity,
    remind_of_close_dates,
)
from development.services.opening import (
    OpportunityChanged,
    OpportunityClosed,
    OwnerMayNot,
    hand_over_opportunity,
    open_opportunity,
    update_opportunity,
)
from development.services.settled import (
    BadChance,
    CompetitorChanged,
    CompetitorNameTaken,
    RulesChanged,
    TooManyCompetitors,
    add_competitor,
    retire_competitor,
    revive_competitor,
    rules_in_force,
    set_chances,
    update_competitor,
)

__all__ = [
    "BadChance",
    "CompetitorChanged",
    "CompetitorNameTaken",
    "LostForNoReason",
    "MoveNotAllowed",
    "OpportunityChanged",
    "OpportunityClosed",
    "OwnerMayNot",
    "RulesChanged",
    "TooManyCompetitors",
    "add_competitor",
    "hand_over_opportunity",
    "move_opportunity",
    "open_opportunity",
    "remind_of_close_dates",
    "retire_competitor",
    "revive_competitor",
    "rules_in_force",
    "set_chances",
    "update_competitor",
    "update_opportunity",
]
