"""Whatever points at a customer stands in the register of relations, so that no copy and no erasure forgets it."""

from collections.abc import Collection

from django.apps import apps
from django.db import models

from core.tenancy.models import TenantModel
from customers.models import Customer
from customers.relations import relations

# What hangs on a customer and is in no copy, each with the reason.
LEFT_OUT: dict[type[models.Model], str] = {}


def hanging_on(owner: type[models.Model], candidates: Collection[type[models.Model]]) -> set[type[models.Model]]:
    """Return the models that point at the owner, or at what does."""
    found: set[type[models.Model]] = set()
    owners = {owner}
    while owners:
        owners = {
            model
            for model in candidates
            for field in model._meta.local_fields
            if isinstance(field, models.ForeignKey) and field.related_model in owners and model not in found
        }
        found |= owners
    return found - {owner}


def forgotten(owner: type[models.Model], candidates: Collection[type[models.Model]]) -> set[type[models.Model]]:
    return hanging_on(owner, candidates) - {relation.model for relation in relations()} - set(LEFT_OUT)


def tenant_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


def test_everything_that_hangs_on_a_customer_is_registered():
    assert forgotten(Customer, tenant_models()) == set()


def test_the_list_of_what_is_left_out_has_no_stale_entry():
    assert set(LEFT_OUT) <= hanging_on(Customer, tenant_models())


def test_the_guard_finds_what_nobody_registered():
    class Bad(models.Model):
        customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "tests"
            managed = False

    try:
        assert forgotten(Customer, [Bad]) == {Bad}
    finally:
        del apps.all_models["tests"]["bad"]
