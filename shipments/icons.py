"""The icons of scans, by what happened."""

from shipments.enums import ScanKind

SCAN_ICONS = {
    ScanKind.PICKED_UP: "package-import",
    ScanKind.SORTED: "arrows-split",
    ScanKind.DEPARTED: "truck-delivery",
    ScanKind.ARRIVED: "building-warehouse",
    ScanKind.OUT_FOR_DELIVERY: "truck-delivery",
    ScanKind.DELIVERED: "circle-check",
    ScanKind.EXCEPTION: "alert-triangle",
}
