"""What may be decided about shipments."""

from shipments.services.policies import BadHours, PolicyChanged, create_policy, current_policy

__all__ = ["BadHours", "PolicyChanged", "create_policy", "current_policy"]
