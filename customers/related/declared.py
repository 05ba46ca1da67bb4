"""What the product knows of groups and referrers: actions in the audit trail, and what a merge moves."""

from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify
from customers import relations
from customers.models import Customer
from customers.querysets import selves
from customers.relations import Relation
from customers.turns import wait_for_referrers

actions.declare("customer_group.added", _("Group of customers made"))
actions.declare("customer_group.renamed", _("Group of customers renamed"))
actions.declare("customer_group.deleted", _("Group of customers deleted"))
actions.declare_fields(group=_("Group"), referrer=_("Referrer"))

relations.register(
    "brought",
    Relation(
        label=_("Customers that it brought"),
        model=Customer,
        rows=lambda customer: Customer.objects.filter(referrer__in=selves(customer)),
        # They are others, of whom the copy tells no more than who they are.
        left_out=frozenset(field.name for field in Customer._meta.concrete_fields) - {"id", "number"},
        moves="referrer",
        wait=wait_for_referrers,
    ),
)

classify("customers.CustomerGroup", business="name")
classify("customers.CustomerSeries", business="last")
