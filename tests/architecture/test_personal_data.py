"""The register of personal data: every field of every model stands in it, and what is personal is encrypted."""

import pytest
from django.apps import apps
from django.db import models

from core.crypto.fields import EncryptedField
from core.crypto.register import Kind, classified, classify, kind_of

OURS = (
    "core.",
    "customers",
    "documents",
    "shipments",
    "behaviour",
    "service_requests",
    "service_plans",
    "development",
    "tiering",
    "portfolios",
    "lifecycle",
)
# Personal, and not encrypted, each with the reason.
IN_CLEAR = {
    ("accounts.user", "email"): "found by it at sign-in, before the tenant and its key are known",
    ("accounts.user", "name"): "staff, shown beside all they do; sorted and filtered",
    ("accounts.user", "password"): "a hash",
    ("accounts.invitation", "email"): "becomes a person's address; one invitation to each",
    ("accounts.invitation", "token_hash"): "a hash",
    ("accounts.usersession", "address"): "masked: the last part was never kept",
    ("accounts.usersession", "session_key"): "names the row of Django's own table, where it stands in clear, too",
    ("partners.apikey", "secret_hash"): "a hash",
    ("partners.apikey", "old_secret_hash"): "a hash",
    ("partners.keptanswer", "request_hash"): "a hash",
    ("crypto.rootkey", "wrapped"): "encrypted by the master key",
    ("customers.contactpoint", "fingerprint"): "a keyed hash",
    ("customers.customertoken", "token"): "a keyed hash",
}


def own_fields() -> list[models.Field]:
    return [
        field
        for model in apps.get_models()
        if apps.get_app_config(model._meta.app_label).name.startswith(OURS)
        for field in model._meta.local_fields
        if field.name not in {"id", "tenant", "pk"}
    ]


def unclassified(fields: list[models.Field]) -> set[str]:
    known = classified()
    return {str(field) for field in fields if (field.model._meta.label_lower, field.name) not in known}


def in_clear(fields: list[models.Field]) -> set[tuple[str, str]]:
    return {
        (field.model._meta.label_lower, field.name)
        for field in fields
        if kind_of(field) != Kind.BUSINESS and not isinstance(field, EncryptedField)
    }


def test_every_field_is_classified():
    assert unclassified(own_fields()) == set()


def test_what_is_encrypted_is_classified_as_personal():
    encrypted = [field for field in own_fields() if isinstance(field, EncryptedField)]

    assert {str(field) for field in encrypted if kind_of(field) == Kind.BUSINESS} == set()


def test_personal_data_in_clear_is_listed_with_its_reason():
    assert in_clear(own_fields()) == set(IN_CLEAR)


def test_the_register_has_no_stale_entry():
    known = {(field.model._meta.label_lower, field.name) for field in own_fields()} | {
        ("customers.changedcustomer", "pk"),
        ("customers.customertoken", "pk"),
        ("customers.filteredvalue", "pk"),
        ("customers.mergedrow", "pk"),
        ("imports.importmark", "pk"),
        ("imports.importedrecord", "pk"),
    }

    assert {key for key in classified() if key not in known} == set()


def test_the_guard_finds_a_field_that_nobody_classified():
    class Bad(models.Model):
        secret = models.TextField()

        class Meta:
            app_label = "tests"
            managed = False

    try:
        assert unclassified(list(Bad._meta.local_fields)) == {"tests.Bad.id", "tests.Bad.secret"}
    finally:
        del apps.all_models["tests"]["bad"]


def test_one_field_has_one_kind():
    with pytest.raises(ValueError, match="both"):
        classify("customers.Customer", business="person_name")
