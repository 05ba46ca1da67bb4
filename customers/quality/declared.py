"""What the product knows of data quality: what is kept of customers, and what is personal in it."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.crypto.register import classify
from customers import relations
from customers.models import CustomerFault
from customers.relations import Relation

relations.register(
    "faults",
    Relation(
        label=_("What is to mend"),
        model=CustomerFault,
        rows=lambda customer: customer.faults.all(),
        stays=_("Both are judged anew."),
        goes_along=Q(),
    ),
)

classify("customers.CustomerFault", business="customer fault part_id")
classify("customers.ChangedCustomer", business="customer_id transaction pk")
