"""The shapes in which customers are read."""

from django.db.models import Prefetch, QuerySet

from customers.models import Address, Contact, Customer


def for_list(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Bring what a list shows, in one query; personal fields that it does not show stay in the database."""
    return customers.select_related("account_manager").defer("special_needs", "birthday")


def for_record(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Bring the account manager, contacts with their points, and addresses: four queries, main ones first."""
    return customers.select_related("account_manager").prefetch_related(
        Prefetch(
            "contacts",
            queryset=Contact.objects.order_by("-is_primary", "created_at", "id").prefetch_related("points"),
        ),
        Prefetch("addresses", queryset=Address.objects.order_by("-is_primary", "id")),
    )


def prefix_of(customers: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Leave the customers whose number begins with `text`, letter for letter."""
    return customers.filter(number__prefix=text).order_by("number")
