from django.apps import AppConfig


class ShipmentsConfig(AppConfig):
    name = "shipments"

    def ready(self) -> None:
        from customers import panels
        from shipments.panel import newest_shipments
        from shipments.permissions import VIEW

        panels.register(
            key="shipments",
            template_name="shipments/customer_panel.html",
            permission=VIEW,
            load=newest_shipments,
        )
