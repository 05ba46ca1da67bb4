"""Every write to service requests and to the policy of their deadlines."""

from service_requests.services.opening import (
    AssigneeCannotWork,
    DepartmentClosed,
    NothingAsked,
    ShipmentOfAnother,
    TextTooLong,
    open_request,
)
from service_requests.services.policies import (
    BadHours,
    ClosesBeforeItOpens,
    NobodyWorks,
    PolicyChanged,
    TooManyDates,
    create_first_policy,
    create_policy,
    current_policy,
)
from service_requests.services.working import (
    NothingSaid,
    RequestClosed,
    RequestNotWaiting,
    RequestWaits,
    close_request,
    hand_over_request,
    move_request,
    resume_request,
    take_request,
    wait_with_request,
)

__all__ = [
    "AssigneeCannotWork",
    "BadHours",
    "ClosesBeforeItOpens",
    "DepartmentClosed",
    "NobodyWorks",
    "NothingAsked",
    "NothingSaid",
    "PolicyChanged",
    "RequestClosed",
    "RequestNotWaiting",
    "RequestWaits",
    "ShipmentOfAnother",
    "TextTooLong",
    "TooManyDates",
    "close_request",
    "create_first_policy",
    "create_policy",
    "current_policy",
    "hand_over_request",
    "move_request",
    "open_request",
    "resume_request",
    "take_request",
    "wait_with_request",
]
