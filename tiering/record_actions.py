"""What may be done about tiers on a customer's page."""

from django.utils.translation import gettext_lazy as _

from core.web.records import Action, at
from tiering.permissions import MANAGE

CUSTOMER_ACTIONS = (
    Action(
        name="set_tier",
        label=_("Set the tier by hand"),
        icon="hand-stop",
        url=at("tiering:set_override"),
        permission=MANAGE,
        order=30,
        is_in_header=False,
    ),
)
