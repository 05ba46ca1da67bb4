"""What may be done about who looks after a customer, on its page."""

from django.utils.translation import gettext_lazy as _

from core.web.record_pages import Action, at
from portfolios.permissions import CLAIM, MANAGE
from portfolios.services import may_release

CUSTOMER_ACTIONS = (
    Action(
        name="hand_over",
        label=_("Hand over to…"),
        icon="user-share",
        url=at("portfolios:hand_over"),
        permission=MANAGE,
        order=34,
    ),
    Action(
        name="claim",
        label=_("Claim"),
        icon="hand-grab",
        url=at("portfolios:claim"),
        permission=CLAIM,
        order=35,
        applies=lambda customer, _user: customer.account_manager_id is None,
    ),
    Action(
        name="release",
        label=_("Release to the pool"),
        icon="user-minus",
        url=at("portfolios:release"),
        permission=CLAIM,
        order=36,
        applies=may_release,
    ),
)
