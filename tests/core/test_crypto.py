import pytest
from django.db import transaction

from core.crypto.fields import Ciphertext, Undecryptable, decrypt, encrypt
from core.crypto.masking import mask_address, mask_email, mask_name, mask_phone
from customers.enums import CustomerKind
from customers.models import Customer
from tests.factories.accounts import inside

PLACE = {"table": "customers_customer", "column": "person_name"}


def test_a_value_is_ciphertext_in_the_database_and_text_in_python(tenant, now):
    customer = Customer.objects.create(number="C-1", kind=CustomerKind.INDIVIDUAL, person_name="王小明", created_at=now)

    stored = Customer.objects.values_list("person_name", flat=True).get(pk=customer.pk)

    assert isinstance(stored, Ciphertext)
    assert "王".encode() not in stored
    assert Customer.objects.get(pk=customer.pk).person_name == "王小明"
    assert Customer.objects.get(pk=customer.pk).display_name == "王*明"


def test_a_value_moved_cut_or_forged_is_refused(tenant, now):
    first = Customer.objects.create(number="C-1", person_name="Anna", created_at=now)
    second = Customer.objects.create(number="C-2", created_at=now)
    value = encrypt("Anna", tenant_id=tenant.pk, row_id=first.pk, **PLACE)

    assert decrypt(value, tenant_id=tenant.pk, row_id=first.pk, **PLACE) == "Anna"
    for broken, place in [
        (value, {**PLACE, "row_id": second.pk}),
        (value, {**PLACE, "column": "special_needs", "row_id": first.pk}),
        (value[:-1], {**PLACE, "row_id": first.pk}),
        (value[:10], {**PLACE, "row_id": first.pk}),
    ]:
        with pytest.raises(Undecryptable):
            decrypt(broken, tenant_id=tenant.pk, **place)


def test_a_value_moved_to_another_tenant_is_refused(tenant, other_tenant, now):
    row = Customer.objects.create(number="C-1", person_name="Anna", created_at=now)
    value = encrypt("Anna", tenant_id=tenant.pk, row_id=row.pk, **PLACE)

    with inside(other_tenant, leaving=tenant), pytest.raises(Undecryptable):
        decrypt(value, tenant_id=other_tenant.pk, row_id=row.pk, **PLACE)
    with pytest.raises(Undecryptable):
        decrypt(value, tenant_id=tenant.pk, row_id=row.pk, **{**PLACE, "table": "customers_contact"})


def test_encrypted_fields_cannot_be_filtered_or_updated_in_bulk(tenant, now):
    Customer.objects.create(number="C-1", person_name="Anna", created_at=now)

    with pytest.raises(TypeError):
        Customer.objects.filter(person_name="Anna").exists()
    with pytest.raises(TypeError), transaction.atomic():
        Customer.objects.update(person_name="Bert")

    assert Customer.objects.get().person_name == "Anna"


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (mask_name, "王明", "王*"),
        (mask_name, "王小明", "王*明"),
        (mask_name, "", ""),
        (mask_phone, "13812345678", "1******5678"),
        (mask_phone, "12345", "*****"),
        (mask_email, "anna@example.com", "a***@example.com"),
        (mask_address, "深圳市南山区科技路1号", "深圳市南山区****"),
    ],
)
def test_masks_hide_what_they_must(mask, value, shown):
    assert mask(value) == shown
