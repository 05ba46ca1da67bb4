"""What needs declare: actions in the audit trail, what their fields hold of a person, and where they are kept."""

from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify
from customers import relations
from customers.enums import NeedKind
from customers.models import CustomerNeed
from customers.needs.kinds import NAMES, value_in_words
from customers.relations import Relation

actions.declare("need.added", _("Special need added"))
actions.declare("need.updated", _("Special need changed"))
actions.declare("need.removed", _("Special need removed"))
actions.declare_fields(need_kind=_("Special need"), needs=_("Special needs"))
actions.declare_values("need_kind", lambda: dict(NeedKind.choices))
actions.declare_keys("details", lambda: actions.Keys(NAMES, value_in_words))

classify("customers.CustomerNeed", business="customer kind details added_to version", personal="text")

relations.register(
    "needs",
    Relation(
        label=_("Special needs"),
        model=CustomerNeed,
        rows=lambda customer: customer.needs.all(),
        personal=lambda customer: customer.needs.count(),
        erase=lambda customer: customer.needs.all().delete(),
        moves="customer",
    ),
)
