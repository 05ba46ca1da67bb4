from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

NIGHTLY_AT = time(2, 0)
# When all have their tier; it reads shipments alone, and is in no hurry.
VALUE_AT = time(3, 0)


class TieringConfig(AppConfig):
    name = "tiering"

    def ready(self) -> None:
        import tiering.declared  # noqa: F401  declares actions, personal data and events of tiering
        from core.events.registry import receive
        from core.jobs import background
        from core.jobs.nightly import register
        from core.tenancy.provisioning import on_tenant_created
        from core.web import exports, navigation, notices, record_pages, trail
        from customers import entitlements, panels, timeline
        from customers.follow_ups import rules
        from tiering import movers, receivers, segments, trials
        from tiering import notices as words
        from tiering.follow_ups import TIER_FELL
        from tiering.panel import load_tier_panel
        from tiering.permissions import APPROVE, MANAGE, VIEW
        from tiering.record_actions import CUSTOMER_ACTIONS, POLICY_ACTIONS, POLICY_PAGE
        from tiering.selectors import VALUE_JOB, head_start_of, managed_tiers, teams_of
        from tiering.services import NIGHTLY_JOB, TRIAL_JOB, create_first_policy, evaluate_last_day
        from tiering.settled import POLICY_PARTS, TEAM_PARTS, policy_values, team_values
        from tiering.trail import MOVED, describe_policies, tell_moves
        from tiering.value import analyse_last_day
        from tiering.views.overview import MovesView
        from tiering.views.policies import PolicyListView

        register(NIGHTLY_JOB, label=_("Evaluate tiers"), run=evaluate_last_day, at=NIGHTLY_AT)
        register(VALUE_JOB, label=_("Analyse the value of customers"), run=analyse_last_day, at=VALUE_AT)
        for event, name, call in (
            ("customer.tier_changed", "tell_account_manager", receivers.tell_account_manager),
            ("customer.tier_changed", "tell_timeline", receivers.tell_timeline),
            ("tier_policy.submitted", "tell_approvers", receivers.tell_approvers),
            ("tier_policy.approved", "tell_author_of_approval", receivers.tell_author),
            ("tier_policy.declined", "tell_author_of_refusal", receivers.tell_author),
            ("tier_override.asked", "tell_approvers_of_override", receivers.tell_approvers_of_override),
            ("tiers.managers_missing", "tell_of_missing_managers", receivers.tell_of_missing_managers),
        ):
            receive(event, name=f"tiering.{name}", call=call)
        self._register_charge()
        entitlements.register_head_start(head_start_of)
        entitlements.register_teams(teams_of)
        entitlements.register_managed_tiers(managed_tiers)
        segments.register_doubt("refused_shipment", segments.REFUSED_SHIPMENT)
        segments.register_doubt("declined_request", segments.DECLINED_REQUEST)
        rules.register(TIER_FELL)
        timeline.register("customer.tier_changed", icon="crown", label=_("Tier changed"), words=words.move_in_words)
        for kind, label, permission, describe in (
            (
                receivers.POLICY_WAITS,
                _("A tier policy waits for your approval"),
                APPROVE,
                words.describe_waiting_policies,
            ),
            (
                receivers.POLICY_DECIDED,
                _("A tier policy of yours was decided on"),
                VIEW,
                words.describe_decided_policies,
            ),
            (
                receivers.OVERRIDE_WAITS,
                _("A tier by hand waits for your approval"),
                APPROVE,
                words.describe_waiting_overrides,
            ),
            (
                receivers.MANAGERS_MISSING,
                _("Customers lack the account manager that their tier gives them"),
                MANAGE,
                words.describe_missing_managers,
            ),
        ):
            notices.register(kind, label=label, icon="crown", permission=permission, describe=describe)
        notices.register(
            receivers.TIER_CHANGED,
            label=_("A customer whom you look after changed its tier"),
            icon="crown",
            permission=VIEW,
            describe=words.describe_moves,
        )
        trail.register_subject("tiering.tierpolicy", describe_policies, permission=VIEW)
        trail.register_source("customers.customer", action=MOVED, tell=tell_moves, permission=VIEW)
        on_tenant_created(create_first_policy)
        exports.register(MovesView)
        exports.register(PolicyListView)
        background.register(
            TRIAL_JOB,
            label=_("Trial of a tier policy"),
            permission=trials.permission_of,
            step=trials.step,
            page=trials.page_of_job,
        )
        background.register(
            movers.KIND,
            label=_("Who would move by a tier policy"),
            permission=movers.permission_of,
            step=movers.step,
            file_name=movers.file_name,
        )
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
            actions=("tier_policy.approved",),
            parts=POLICY_PARTS,
            values=policy_values,
        )
        navigation.register_setting(
            key="tier_teams",
            label=_("Teams by tier"),
            description=_("Which teams serve which tier: who is assigned its customers, and gets what they ask for."),
            url_name="tiering:teams",
            icon="users-group",
            permission=MANAGE,
            order=51,
            actions=("tier.teams_set",),
            parts=TEAM_PARTS,
            values=team_values,
        )
        record_pages.register(POLICY_PAGE)
        record_pages.register_action("tiering:policy", *POLICY_ACTIONS)
        record_pages.register_action("customers:detail", *CUSTOMER_ACTIONS)
        panels.register(
            key="tiers",
            label=_("Tier history"),
            template_name="tiering/customer_panel.html",
            permission=VIEW,
            load=load_tier_panel,
            order=95,
        )

    @staticmethod
    def _register_charge() -> None:
        from core.accounts import charges
        from tiering.models import TierTeam
        from tiering.services import pass_on_tiers

        charges.register(
            charges.Charge(
                name="tiers",
                words=lambda count: ngettext("%(count)s tier", "%(count)s tiers", count),
                model=TierTeam,
                move=pass_on_tiers,
            )
        )
