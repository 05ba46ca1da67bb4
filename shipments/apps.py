from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShipmentsConfig(AppConfig):
    name = "shipments"

    def ready(self) -> None:
        import shipments.declared  # noqa: F401  declares actions and personal data of shipments
        from core.events.registry import receive
        from core.imports import kinds
        from core.partners.bulk import performing as bulk
        from core.web import exports, navigation, notices, record_pages, search, trail
        from customers import numbered, panels
        from customers.follow_ups import rules
        from customers.numbered import Numbered
        from shipments.api.bulk import (
            SCANS,
            SCANS_PER_PART,
            SHIPMENTS,
            SHIPMENTS_PER_PART,
            waybill_of,
            write_scans,
            write_shipments,
        )
        from shipments.follow_ups import EXCEPTION_OF_VALUED
        from shipments.imports.scans import SCANS as FILES_OF_SCANS
        from shipments.imports.shipments import SHIPMENTS as FILES_OF_SHIPMENTS
        from shipments.notices import describe_exceptions
        from shipments.panel import newest_shipments, value_chart
        from shipments.permissions import CONFIGURE, IMPORT, VIEW
        from shipments.receivers import SHIPMENT_EXCEPTION, tell_account_manager
        from shipments.record_actions import SHIPMENT_ACTIONS, SHIPMENT_PAGE
        from shipments.search import customers_of_waybills, find_shipments, shipments_by_id
        from shipments.settled import POLICY_PARTS, policy_values
        from shipments.trail import describe_policies, describe_shipments
        from shipments.views.shipments import ShipmentListView

        rules.register(EXCEPTION_OF_VALUED)
        exports.register(ShipmentListView)
        kinds.register(FILES_OF_SHIPMENTS)
        kinds.register(FILES_OF_SCANS)
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
        trail.register_subject("shipments.shipment", describe_shipments, permission=VIEW)
        trail.register_subject("shipments.shipmentpolicy", describe_policies, permission=CONFIGURE)
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
        navigation.register_setting(
            key="shipment_policy",
            label=_("Late and silent shipments"),
            description=_("How long after its promise a shipment is late, and how long without a sign it is silent."),
            url_name="shipments:policy",
            icon="clock-exclamation",
            permission=CONFIGURE,
            order=55,
            actions=("shipment_policy.changed",),
            parts=POLICY_PARTS,
            values=policy_values,
        )
        record_pages.register(SHIPMENT_PAGE)
        record_pages.register_action("shipments:detail", *SHIPMENT_ACTIONS)
        search.register(
            key="shipments",
            label=_("Shipments"),
            icon="package",
            permission=VIEW,
            find=find_shipments,
            page="shipments:detail",
            bring=shipments_by_id,
            order=20,
        )
        numbered.register(Numbered(kind="waybill", permission=VIEW, rows=customers_of_waybills))
