from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

NIGHTLY_AT = time(2, 0)


class TieringConfig(AppConfig):
    name = "tiering"

    def ready(self) -> None:
        import tiering.declared  # noqa: F401  declares actions and personal data of tiering
        from core.events.registry import declare
        from core.jobs.nightly import register
        from core.tenancy.provisioning import on_tenant_created
        from core.web import exports, navigation
        from customers import panels
        from tiering.panel import load_tier_panel
        from tiering.permissions import VIEW
        from tiering.selectors import NIGHTLY_JOB
        from tiering.services import create_first_policy, evaluate_last_day
        from tiering.views import MovesView

        declare(
            "customer.tier_changed",
            version=1,
            payload={
                "number": "the customer's number",
                "from": "the tier before, null when there was none",
                "to": "the tier now: vip, mid or low, null when no shipment is left",
                "reason": "evaluation, override or override_ended",
                "as_of": "the last date that counted",
            },
            doc="A customer moved from one tier to another, or got the first one.",
        )
        register(NIGHTLY_JOB, run=evaluate_last_day, at=NIGHTLY_AT)
        on_tenant_created(create_first_policy)
        exports.register(MovesView)
        navigation.register(
            key="tiers",
            label=_("Tiers"),
            url_name="tiering:overview",
            icon="crown",
            permission=VIEW,
            order=310,
            letter="t",
        )
        panels.register(
            key="tiers",
            template_name="tiering/customer_panel.html",
            permission=VIEW,
            load=load_tier_panel,
            order=95,
        )
