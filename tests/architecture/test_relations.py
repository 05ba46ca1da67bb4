"""What is kept of customers: every foreign key that leads to one, at once or by what hangs on it, is registered."""

import pytest
from django.apps import apps
from django.db import models

from core.tenancy.models import TenantForeignKey, TenantModel
from customers.models import ChangedCustomer, Customer, CustomerToken, FilteredValue
from customers.relations import Relation, copied, erased, register, relations

# Led to a customer, and no relation of it, each with the reason.
NOT_KEPT = {
    CustomerToken: "keyed hashes of what other relations keep, made anew whenever that changes",
    ChangedCustomer: "says for a minute that a customer's quality is to be judged again, and nothing of the customer",
    FilteredValue: "the values of some of the customer's own fields once more, which triggers keep the same",
}


def leading_to(model: type[models.Model], among: list[type[models.Model]]) -> set[type[models.Model]]:
    """Return the models whose rows hang on a row of this one: by a foreign key, or by a bare id named after it."""
    return {
        other
        for other in among
        if any(
            field.remote_field.model is model if field.many_to_one else field.name == f"{model._meta.model_name}_id"
            for field in other._meta.local_fields
        )
    }


def hanging_on_customers(among: list[type[models.Model]]) -> set[type[models.Model]]:
    found: set[type[models.Model]] = set()
    waiting = {Customer}
    while waiting:
        found |= waiting
        waiting = {each for model in waiting for each in leading_to(model, among)} - found
    return found


def unregistered(among: list[type[models.Model]]) -> set[str]:
    known = {relation.model for relation in relations().values()} | set(NOT_KEPT)
    return {model._meta.label for model in hanging_on_customers(among) - known}


def test_all_that_hangs_on_a_customer_is_registered():
    assert unregistered(apps.get_models()) == set()
    assert len(hanging_on_customers(apps.get_models())) > 8


def not_merged(among: list[type[models.Model]]) -> set[str]:
    """Return the foreign keys to a customer of which no relation says whether a merge moves the row or leaves it."""
    known = {(relation.model, relation.moves) for relation in relations().values() if relation.moves}
    left = {relation.model for relation in relations().values() if relation.stays}
    return {
        str(field)
        for model in among
        for field in model._meta.local_fields
        if field.many_to_one and field.remote_field.model is Customer
        if (model, field.name) not in known and model not in left
    }


def test_a_merge_moves_or_leaves_every_row_that_names_a_customer():
    assert not_merged(apps.get_models()) == set()
    assert {key for key, relation in relations().items() if bool(relation.moves) == bool(relation.stays)} == set()


def test_the_list_of_what_is_not_kept_has_no_stale_entry():
    assert set(NOT_KEPT) - hanging_on_customers(apps.get_models()) == set()


def test_every_relation_is_erased_or_copied():
    assert {key for key in relations() if key not in erased() and key not in copied()} == set()
    assert {key for key, relation in relations().items() if relation.erase and relation.personal is None} == set()


def test_what_a_copy_leaves_out_is_there():
    for relation in copied().values():
        assert relation.left_out <= {field.name for field in relation.model._meta.concrete_fields}


def test_a_key_is_registered_once():
    with pytest.raises(ValueError, match="'contacts' already"):
        register("contacts", Relation(label="Contacts again", model=Customer))


def test_the_guard_finds_what_nobody_registered():
    class Parcel(TenantModel):
        customer = TenantForeignKey(Customer, on_delete=models.CASCADE, related_name="+")

        class Meta(TenantModel.Meta):
            app_label = "tests"
            managed = False

    class Label(TenantModel):
        parcel = TenantForeignKey(Parcel, on_delete=models.CASCADE, related_name="+")

        class Meta(TenantModel.Meta):
            app_label = "tests"
            managed = False

    class Hint(TenantModel):
        customer_id = models.UUIDField()

        class Meta(TenantModel.Meta):
            app_label = "tests"
            managed = False

    try:
        assert unregistered([*apps.get_models(), Parcel, Label, Hint]) == {"tests.Parcel", "tests.Label", "tests.Hint"}
        assert not_merged([*apps.get_models(), Parcel, Label, Hint]) == {"tests.Parcel.customer"}
    finally:
        for name in ("parcel", "label", "hint"):
            del apps.all_models["tests"][name]
        apps.clear_cache()
