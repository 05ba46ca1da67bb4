"""Shipments and their scans over the API."""

from shipments.api.scans import ScanEventViewSet
from shipments.api.shipments import ShipmentViewSet

__all__ = ["ScanEventViewSet", "ShipmentViewSet"]
