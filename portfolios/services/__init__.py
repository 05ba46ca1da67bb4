"""Every write to portfolios and the pool."""

from portfolios.services.capacities import BadCapacity, CapacityChanged, capacity_of, set_capacity
from portfolios.services.handing import AlreadyThere, hand_over
from portfolios.services.moving import TierChangedMeanwhile, assign_unowned, perform_move
from portfolios.services.policies import BadRule, PolicyChanged, WarnedTooLate, create_policy, current_policy
from portfolios.services.pool import (
    RELEASE_REASONS,
    AlreadyClaimed,
    ClaimsUsedUp,
    NoRoom,
    NotInPool,
    NotYours,
    RecentlyLost,
    TierNotServed,
    check_claim,
    check_release,
    claim_customer,
    claims_left,
    may_release,
    release_customer,
)
from portfolios.services.returning import return_silent

__all__ = [
    "RELEASE_REASONS",
    "AlreadyClaimed",
    "AlreadyThere",
    "BadCapacity",
    "BadRule",
    "CapacityChanged",
    "ClaimsUsedUp",
    "NoRoom",
    "NotInPool",
    "NotYours",
    "PolicyChanged",
    "RecentlyLost",
    "TierChangedMeanwhile",
    "TierNotServed",
    "WarnedTooLate",
    "assign_unowned",
    "capacity_of",
    "check_claim",
    "check_release",
    "claim_customer",
    "claims_left",
    "create_policy",
    "current_policy",
    "hand_over",
    "may_release",
    "perform_move",
    "release_customer",
    "return_silent",
    "set_capacity",
]
