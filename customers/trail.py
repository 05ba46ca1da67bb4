import uuid
from collections.abc import Collection

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.audit.actions import Keys
from customers.follow_ups.querysets import for_list
from customers.follow_ups.words import show
from customers.models import (
    ContactPoint,
    Customer,
    CustomerGroup,
    CustomField,
    FollowUp,
    FollowUpPolicy,
    Interaction,
    Purpose,
)
from customers.querysets import for_search


def describe_customers(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Return names, masked as everywhere, and addresses of customers, for the audit trail."""
    customers = for_search(Customer.with_merged.filter(pk__in=ids))
    return {
        customer.pk: (f"{customer.display_name} {customer.number}", reverse("customers:detail", args=[customer.pk]))
        for customer in customers
    }


def describe_groups(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    names = CustomerGroup.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, f"{reverse('customers:list')}?{urlencode({'group': name})}") for pk, name in names}


def describe_interactions(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Return whose timeline entries stand in, and where it is."""
    entries = Interaction.objects.filter(pk__in=ids).only("tenant", "customer")
    owners = {entry.pk: entry.customer_id for entry in entries}
    named = describe_customers(set(owners.values()))
    return {pk: (named[owner][0], reverse("customers:interactions", args=[owner])) for pk, owner in owners.items()}


def describe_custom_fields(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    fields = CustomField.objects.filter(pk__in=ids).values_list("pk", "label")
    return {pk: (label, reverse("customers:update_custom_field", args=[pk])) for pk, label in fields}


def custom_field_keys() -> Keys:
    """Return what the tenant calls its own fields, those that were retired, too."""
    return Keys(dict(CustomField.objects.values_list("key", "label")))


def describe_follow_ups(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Return what is to be done, masked, and where it stands."""
    shown = show(for_list(FollowUp.objects.filter(pk__in=ids)))
    return {each.pk: (each.subject, reverse("customers:follow_up", args=[each.pk])) for each in shown}


def describe_follow_up_policies(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    policies = FollowUpPolicy.objects.filter(pk__in=ids).values_list("pk", "version")
    page = reverse("customers:follow_up_rules")
    return {pk: (_("Version %(version)s") % {"version": version}, page) for pk, version in policies}


def describe_points(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Return contact points, masked, and the page of their customers; those that were removed are left out."""
    points = ContactPoint.objects.filter(pk__in=ids).select_related("contact")
    pages = {point.pk: reverse("customers:detail", args=[point.contact.customer_id]) for point in points}
    return {point.pk: (point.masked_value, pages[point.pk]) for point in points}


def describe_purposes(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    purposes = Purpose.objects.filter(pk__in=ids)
    return {purpose.pk: (purpose.name, reverse("customers:update_purpose", args=[purpose.pk])) for purpose in purposes}
