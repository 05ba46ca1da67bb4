"""Everything that writes tiers, their policy and what is set by hand."""

from tiering.services.evaluation import (
    BadDate,
    DateAhead,
    Evaluation,
    Move,
    PlacedCustomer,
    evaluate_last_day,
    evaluate_tiers,
    last_whole_day,
)
from tiering.services.overrides import OverrideEnded, OverrideExpired, ReasonMissing, end_override, set_override
from tiering.services.policies import (
    BadAmounts,
    BadDemotionRuns,
    BadPolicy,
    BadWeights,
    BadWindow,
    PolicyChanged,
    SharesTooLarge,
    create_first_policy,
    create_policy,
    current_policy,
    draft_policy,
)

__all__ = [
    "BadAmounts",
    "BadDate",
    "BadDemotionRuns",
    "BadPolicy",
    "BadWeights",
    "BadWindow",
    "DateAhead",
    "Evaluation",
    "Move",
    "OverrideEnded",
    "OverrideExpired",
    "PlacedCustomer",
    "PolicyChanged",
    "ReasonMissing",
    "SharesTooLarge",
    "create_first_policy",
    "create_policy",
    "current_policy",
    "draft_policy",
    "end_override",
    "evaluate_last_day",
    "evaluate_tiers",
    "last_whole_day",
    "set_override",
]
