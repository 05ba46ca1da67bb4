"""What portfolios declare: actions in the audit trail, what their fields hold of a person, and an event."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.relations import Relation
from portfolios.models import ReturnWarning
from portfolios.words import RULES

actions.declare("portfolio_policy.changed", _("Rules of portfolios and the pool changed"))
actions.declare("capacity.set", _("Capacity of a portfolio set"))
actions.declare_fields(
    points=_("Points"),
    tiers=_("Tiers served"),
    absent_until=_("Absent until"),
    return_warnings=_("Warnings before a return to the pool"),
    **RULES,
)

classify(
    "portfolios.PortfolioPolicy",
    business="""version weight_vip weight_mid weight_low capacity assigned_tiers pool_tiers pool_stages claims_a_day
        rest_days silent_days warn_days created_by created_at""",
)
classify("portfolios.Capacity", business="user points tiers absent_until version")
classify("portfolios.ReturnWarning", business="customer due_on warned_at")

relations.register(
    "return_warnings",
    Relation(
        label=_("Warnings before a return to the pool"),
        model=ReturnWarning,
        rows=lambda customer: ReturnWarning.objects.filter(customer=customer),
        stays=_("They are about the account manager of one of the two; the next night warns anew."),
        goes_along=Q(),
    ),
)

registry.declare(
    "customer.return_due",
    version=1,
    subject="the customer",
    payload={
        "number": registry.text("the customer's number"),
        "manager_id": registry.record_id("the id of its account manager"),
        "due_on": registry.day("the day on which it returns to the pool if nobody speaks with it"),
    },
    doc="Nobody has spoken with a customer for long; it returns to the pool unless somebody does.",
)
