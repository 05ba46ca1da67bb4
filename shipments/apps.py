from datetime import time

from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

FORGETTING_AT = time(3, 0)


class ShipmentsConfig(AppConfig):
    name = "shipments"

    def ready(self) -> None:
        import shipments.declared  # noqa: F401  declares actions and personal data of shipments
        from core.audit.erasures import register_part_of_tenant
        from core.events.registry import receive
        from core.imports.kinds import ElsewhereKind, register_elsewhere
        from core.jobs import background, nightly
        from core.partners.bulk import performing as bulk
        from core.web import exports, navigation, notices, record_pages, search, trail
        from customers import panels
        from customers.follow_ups import rules
        from shipments.api.bulk import (
            SCANS,
            SCANS_PER_PART,
            SHIPMENTS,
            SHIPMENTS_PER_PART,
            waybill_of,
            write_scans,
            write_shipments,
        )
        from shipments.follow_ups import EXCEPTION_OF_VIP
        from shipments.notices import describe_exceptions
        from shipments.panel import newest_shipments, value_chart
        from shipments.parts import COUNTS, KIND, may_go_on, note_stop, step
        from shipments.permissions import IMPORT, VIEW
        from shipments.receivers import SHIPMENT_EXCEPTION, tell_account_manager
        from shipments.record_actions import IMPORT_ACTIONS, IMPORT_PAGE, SHIPMENT_ACTIONS, SHIPMENT_PAGE
        from shipments.search import find_shipments
        from shipments.services import erase_files, forget_files
        from shipments.trail import describe_imports, describe_shipments
        from shipments.views import ImportListView, ShipmentListView

        rules.register(EXCEPTION_OF_VIP)
        exports.register(ShipmentListView)
        exports.register(ImportListView)
        background.register(
            KIND,
            label=_("Import of shipments"),
            permission=lambda _job: IMPORT,
            step=step,
            counts=COUNTS,
            page=lambda job: reverse("shipments:import", args=[job.parameters["run"]]),
            may_repeat=may_go_on,
        )
        background.tell_ends(note_stop)
        register_elsewhere(
            ElsewhereKind(
                name="shipments",
                label=_("Shipments"),
                text=_("Known by their waybill number. They have a page of imports of their own."),
                icon="package",
                permission=IMPORT,
                order=40,
                url_name="shipments:upload",
            )
        )
        nightly.register(
            "shipments.forget_files", label=_("Forget files of imports"), run=forget_files, at=FORGETTING_AT
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
        trail.register_subject("shipments.shipment", describe_shipments, permission=VIEW)
        trail.register_subject("shipments.importrun", describe_imports, permission=IMPORT)
        receive("shipment.exception", name="shipments.tell_account_manager", call=tell_account_manager)
        notices.register(
            SHIPMENT_EXCEPTION,
            label=_("Trouble with a shipment of a customer whom you look after"),
            icon="alert-triangle",
            permission=VIEW,
            describe=describe_exceptions,
        )
        panels.register(
            key="value",
            label=_("Value over time"),
            template_name="shipments/value_panel.html",
            permission=VIEW,
            load=value_chart,
            is_for=lambda customer: customer.last_shipment_at is not None,
            order=90,
        )
        panels.register(
            key="shipments",
            label=_("Newest shipments"),
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
        navigation.register_page(
            key="imports", label=_("Imports"), url_name="shipments:imports", icon="history", permission=IMPORT, order=20
        )
        navigation.register_creation(
            key="import",
            label=_("Import shipments"),
            url_name="shipments:upload",
            icon="upload",
            permission=IMPORT,
            order=20,
        )
        record_pages.register(SHIPMENT_PAGE)
        record_pages.register_action("shipments:detail", *SHIPMENT_ACTIONS)
        record_pages.register(IMPORT_PAGE)
        record_pages.register_action("shipments:import", *IMPORT_ACTIONS)
        search.register(
            key="shipments",
            label=_("Shipments"),
            icon="package",
            permission=VIEW,
            find=find_shipments,
            order=20,
        )
