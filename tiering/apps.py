from datetime import time

from django.apps import AppConfig

NIGHTLY_AT = time(2, 0)


class TieringConfig(AppConfig):
    name = "tiering"

    def ready(self) -> None:
        import tiering.permissions  # noqa: F401  declares them
        from core.events.registry import declare
        from core.jobs.nightly import register
        from core.tenancy.provisioning import on_tenant_created
        from tiering.services import create_first_policy, evaluate_last_day

        declare(
            "customer.tier_changed",
            version=1,
            payload={
                "number": "the customer's number",
                "from": "the tier before, null when there was none",
                "to": "the tier now: vip, mid or low",
                "reason": "evaluation, override or override_ended",
                "as_of": "the last date that counted",
            },
            doc="A customer moved from one tier to another, or got the first one.",
        )
        register("tiering.evaluate", run=evaluate_last_day, at=NIGHTLY_AT)
        on_tenant_created(create_first_policy)
