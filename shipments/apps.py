from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class ShipmentsConfig(AppConfig):
    name = "shipments"

    def ready(self) -> None:
        import shipments.declared  # noqa: F401  declares actions and personal data of shipments
        from core.audit.erasures import register_part_of_tenant
        from core.events.registry import receive
        from core.jobs import background
        from core.partners.bulk import performing as bulk
        from core.web import exports, navigation, notices, search
        from customers import panels
        from shipments.api.bulk import (
            SCANS,
            SCANS_PER_PART,
            SHIPMENTS,
            SHIPMENTS_PER_PART,
            waybill_of,
            write_scans,
            write_shipments,
        )
        from shipments.notices import describe_exceptions
        from shipments.panel import newest_shipments, value_chart
        from shipments.parts import COUNTS, KIND, step
        from shipments.permissions import IMPORT, VIEW
        from shipments.receivers import SHIPMENT_EXCEPTION, tell_account_manager
        from shipments.search import find_shipments
        from shipments.services import erase_files
        from shipments.views import ShipmentListView

        exports.register(ShipmentListView)
        background.register(
            KIND,
            label=_("Import of shipments"),
            permission=lambda _job: IMPORT,
            step=step,
            counts=COUNTS,
            page=lambda job: reverse("shipments:import", args=[job.parameters["run"]]),
        )
        bulk.register(
            SHIPMENTS,
            label=_("Shipments sent over the API"),
            permission=IMPORT,
            number_of=waybill_of,
            one_per_number=True,
            rows_per_part=SHIPMENTS_PER_PART,
            write=write_shipments,
        )
        bulk.register(
            SCANS,
            label=_("Scans sent over the API"),
            permission=IMPORT,
            number_of=waybill_of,
            one_per_number=False,
            rows_per_part=SCANS_PER_PART,
            write=write_scans,
        )
        register_part_of_tenant(erase_files)
        receive("shipment.exception", name="shipments.tell_account_manager", call=tell_account_manager)
        notices.register(SHIPMENT_EXCEPTION, icon="alert-triangle", permission=VIEW, describe=describe_exceptions)
        panels.register(
            key="value",
            template_name="shipments/value_panel.html",
            permission=VIEW,
            load=value_chart,
            order=90,
        )
        panels.register(
            key="shipments",
            template_name="shipments/customer_panel.html",
            permission=VIEW,
            load=newest_shipments,
        )
        navigation.register(
            key="shipments",
            label=_("Shipments"),
            url_name="shipments:list",
            icon="package",
            permission=VIEW,
            order=300,
            letter="w",
        )
        search.register(
            key="shipments",
            label=_("Shipments"),
            icon="package",
            permission=VIEW,
            find=find_shipments,
            order=20,
        )
