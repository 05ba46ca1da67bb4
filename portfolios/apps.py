from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# When all have their tier, and before what a new stage asks of an account manager.
ASSIGN_AT = time(2, 10)
RETURN_AT = time(2, 15)


class PortfoliosConfig(AppConfig):
    name = "portfolios"

    def ready(self) -> None:
        import portfolios.declared  # noqa: F401  declares actions, personal data, a relation and an event
        from core.events.registry import receive
        from core.jobs import nightly
        from core.web import exports, navigation, record_pages, trail
        from core.web.lists import actions
        from customers.follow_ups import rules
        from portfolios.bulk import MOVES
        from portfolios.follow_ups import RETURN_DUE, withdraw_return
        from portfolios.permissions import MANAGE, VIEW
        from portfolios.record_actions import CUSTOMER_ACTIONS
        from portfolios.services import assign_unowned, return_silent
        from portfolios.settled import POLICY_PARTS, policy_values
        from portfolios.trail import describe_policies
        from portfolios.views.pool import PoolView

        nightly.register("portfolios.assign", label=_("Assign customers"), run=assign_unowned, at=ASSIGN_AT)
        nightly.register(
            "portfolios.return", label=_("Return silent customers to the pool"), run=return_silent, at=RETURN_AT
        )
        rules.register(RETURN_DUE)
        receive("customer.handed_over", name="portfolios.withdraw_return", call=withdraw_return)
        trail.register_subject("portfolios.portfoliopolicy", describe_policies, permission=MANAGE)
        exports.register(PoolView)
        actions.register(MOVES)
        record_pages.register_action("customers:detail", *CUSTOMER_ACTIONS)
        navigation.register(
            key="portfolios",
            label=_("Portfolios"),
            url_name="portfolios:list",
            icon="briefcase",
            permission=VIEW,
            order=220,
            letter="f",
        )
        navigation.register_page(
            key="pool",
            label=_("Pool of customers"),
            url_name="portfolios:pool",
            icon="hand-grab",
            permission=VIEW,
            order=21,
        )
        navigation.register_page(
            key="staffing",
            label=_("People by tier"),
            url_name="portfolios:staffing",
            icon="users-group",
            permission=VIEW,
            order=32,
        )
        navigation.register_page(
            key="rebalance",
            label=_("Rebalance portfolios"),
            url_name="portfolios:rebalance",
            icon="scale",
            permission=MANAGE,
            order=33,
        )
        navigation.register_page(
            key="assign_customers",
            label=_("Assign customers"),
            url_name="portfolios:assign",
            icon="user-check",
            permission=MANAGE,
            order=34,
        )
        navigation.register_setting(
            key="portfolio_policy",
            label=_("Rules of portfolios and the pool"),
            description=_(
                "How much a portfolio holds, who is assigned by night, and who may be claimed from the pool."
            ),
            url_name="portfolios:policy",
            icon="briefcase",
            permission=MANAGE,
            order=54,
            actions=("portfolio_policy.changed",),
            parts=POLICY_PARTS,
            values=policy_values,
        )
