from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

NIGHTLY_AT = time(2, 0)
# When all have their tier; it reads shipments alone, and is in no hurry.
VALUE_AT = time(3, 0)


class TieringConfig(AppConfig):
    name = "tiering"

    def ready(self) -> None:
        import tiering.declared  # noqa: F401  declares actions, personal data and events of tiering
        from core.events.registry import receive
        from core.jobs.nightly import register
        from core.tenancy.provisioning import on_tenant_created
        from core.web import exports, navigation, notices, record_pages, trail
        from customers import panels, timeline
        from customers.follow_ups import rules
        from tiering.follow_ups import TIER_FELL
        from tiering.notices import describe_moves, move_in_words
        from tiering.panel import load_tier_panel
        from tiering.permissions import MANAGE, VIEW
        from tiering.receivers import TIER_CHANGED, tell_account_manager, tell_timeline
        from tiering.record_actions import CUSTOMER_ACTIONS
        from tiering.selectors import NIGHTLY_JOB, VALUE_JOB
        from tiering.services import create_first_policy, evaluate_last_day
        from tiering.settled import POLICY_PARTS, policy_values
        from tiering.trail import MOVED, describe_policies, tell_moves
        from tiering.value import analyse_last_day
        from tiering.views import MovesView, PolicyListView

        register(NIGHTLY_JOB, label=_("Evaluate tiers"), run=evaluate_last_day, at=NIGHTLY_AT)
        register(VALUE_JOB, label=_("Analyse the value of customers"), run=analyse_last_day, at=VALUE_AT)
        receive("customer.tier_changed", name="tiering.tell_account_manager", call=tell_account_manager)
        receive("customer.tier_changed", name="tiering.tell_timeline", call=tell_timeline)
        rules.register(TIER_FELL)
        timeline.register("customer.tier_changed", icon="crown", label=_("Tier changed"), words=move_in_words)
        notices.register(
            TIER_CHANGED,
            label=_("A customer whom you look after changed its tier"),
            icon="crown",
            permission=VIEW,
            describe=describe_moves,
        )
        trail.register_subject("tiering.tierpolicy", describe_policies, permission=VIEW)
        trail.register_source("customers.customer", action=MOVED, tell=tell_moves, permission=VIEW)
        on_tenant_created(create_first_policy)
        exports.register(MovesView)
        exports.register(PolicyListView)
        navigation.register(
            key="tiers",
            label=_("Tiers"),
            url_name="tiering:overview",
            icon="crown",
            permission=VIEW,
            order=310,
            letter="t",
        )
        navigation.register_page(
            key="moves",
            label=_("Moves between tiers"),
            url_name="tiering:moves",
            icon="arrows-exchange",
            permission=VIEW,
            order=30,
        )
        navigation.register_page(
            key="value",
            label=_("Value of customers"),
            url_name="tiering:value",
            icon="chart-dots",
            permission=VIEW,
            order=31,
        )
        navigation.register_setting(
            key="tier_policy",
            label=_("Tier policy"),
            description=_("How customers come into tiers: by rank or by amount, over which days, how fast they fall."),
            url_name="tiering:policies",
            icon="crown",
            permission=MANAGE,
            order=50,
            actions=("tier_policy.changed",),
            parts=POLICY_PARTS,
            values=policy_values,
        )
        record_pages.register_action("customers:detail", *CUSTOMER_ACTIONS)
        panels.register(
            key="tiers",
            label=_("Tier history"),
            template_name="tiering/customer_panel.html",
            permission=VIEW,
            load=load_tier_panel,
            order=95,
        )
