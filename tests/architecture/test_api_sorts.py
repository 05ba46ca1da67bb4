"""Every sort of the API is by a column that is never null, and that an index serves where a list is long."""

import pytest
from django.db import models

from core.partners.bulk.views import JobResultViewSet
from core.partners.views import Sort
from courier_crm.api_urls import router
from customers.models import Customer

RESOURCES = [
    (prefix, resource)
    for prefix, resource, _name in router.registry
    if hasattr(resource, "list") and resource is not JobResultViewSet
]


def indexed(model: type[models.Model]) -> set[str]:
    """Return the columns that an index begins with, after the tenant."""
    unique = [each.fields for each in model._meta.constraints if isinstance(each, models.UniqueConstraint)]
    begun = [fields for fields in (*(index.fields for index in model._meta.indexes), *unique) if fields]
    return {fields[1] for fields in begun if fields[0] == "tenant" and len(fields) > 1}


def unfit(resource: type) -> list[str]:
    """Return the sorts that lose rows, or that read every row to find the first."""
    model = resource.model
    columns = {sort.name: model._meta.get_field(sort.field) for sort in resource.sorts}
    return [name for name, column in columns.items() if column.null or column.attname not in indexed(model)]


@pytest.mark.parametrize(("prefix", "resource"), RESOURCES)
def test_sorts_are_never_null_and_indexed(prefix, resource):
    # What hangs on one record is few.
    if "<" in prefix:
        assert [sort.name for sort in resource.sorts if resource.model._meta.get_field(sort.field).null] == []
    else:
        assert unfit(resource) == []
    assert resource.default_sort.removeprefix("-") in [sort.name for sort in resource.sorts]


class CarelessResource:
    """A bad example: sorts that lose rows, and that no index serves."""

    model = Customer
    sorts = (Sort("number"), Sort("last_shipment_at"), Sort("industry"))


def test_a_bad_example_is_found():
    assert unfit(CarelessResource) == ["last_shipment_at", "industry"]
