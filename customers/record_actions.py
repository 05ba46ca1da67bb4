"""What may be done on a customer's page."""

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.web.record_pages import Action, RecordPage, at
from customers.models import Customer
from customers.permissions import CONSENTS_VIEW, COPY, EDIT, ERASE, LOG, MERGE, VIEW


def find_customer(pk: uuid.UUID, user: Any) -> Customer | None:
    return Customer.objects.filter(pk=pk).first()


CUSTOMER_PAGE = RecordPage(
    url_name="customers:detail",
    permission=VIEW,
    load=find_customer,
    name_of=lambda customer: customer.display_name,
)

CUSTOMER_ACTIONS = (
    Action(
        name="edit",
        label=_("Edit"),
        icon="edit",
        url=at("customers:update"),
        permission=EDIT,
        order=10,
        classes="btn-primary",
    ),
    Action(
        name="note",
        label=_("Write down a contact"),
        icon="message-plus",
        url=at("customers:record_interaction"),
        permission=LOG,
        order=20,
        is_in_header=False,
    ),
    Action(
        name="add_contact",
        label=_("Add a contact"),
        icon="user-plus",
        url=at("customers:create_contact"),
        permission=EDIT,
        order=40,
        is_in_header=False,
    ),
    Action(
        name="add_address",
        label=_("Add an address"),
        icon="map-pin-plus",
        url=at("customers:create_address"),
        permission=EDIT,
        order=50,
        is_in_header=False,
    ),
    Action(
        name="timeline",
        label=_("Search the timeline"),
        icon="filter",
        url=at("customers:interactions"),
        permission=VIEW,
        order=60,
        is_in_header=False,
    ),
    Action(name="merge", label=_("Merge…"), icon="arrow-merge", url=at("customers:merge"), permission=MERGE, order=70),
    Action(
        name="copy",
        label=_("Copy of personal data…"),
        icon="download",
        url=at("customers:copy"),
        permission=COPY,
        order=80,
    ),
    Action(
        name="erase",
        label=_("Erase…"),
        icon="eraser",
        url=at("customers:erase"),
        permission=ERASE,
        order=90,
        classes="btn-outline-danger",
    ),
)

CONSENTS = Action(
    name="consents",
    label=_("Consents and preferences"),
    icon="shield-check",
    url=at("customers:consents"),
    permission=CONSENTS_VIEW,
    order=65,
    is_in_header=False,
)
