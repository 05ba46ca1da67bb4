"""Leads, what they choose from, and the history of stages over the API."""

from lifecycle.api.choices import LeadSourceViewSet, LostReasonViewSet
from lifecycle.api.leads import LeadViewSet
from lifecycle.api.stages import StageChangeViewSet

__all__ = ["LeadSourceViewSet", "LeadViewSet", "LostReasonViewSet", "StageChangeViewSet"]
