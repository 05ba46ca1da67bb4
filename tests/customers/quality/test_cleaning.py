"""What is typed, sent or brought in by files is stored in plain letters, by every way alike."""

import pytest

from core.crypto.tokens import compared_name
from customers.api.taken import AddressInput, ContactInput, CustomerInput
from customers.forms.addresses import AddressForm
from customers.forms.contacts import ContactForm
from customers.forms.customers import CreateCustomerForm
from customers.forms.rows import AddressRowForm, ContactRowForm, CustomerRowForm

WIDE, PLAIN = "ＡＢＣ\u200b　Foods（深圳） ", "ABC Foods（深圳）"
CUSTOMER = {"number": "C-1", "kind": "company", "company_name": WIDE, "region": "\u00a0湖南", "tags": "Ａ, Ｂ"}
STORED = {"number": "C-1", "kind": "company", "company_name": PLAIN, "region": "湖南", "tags": ["A", "B"]}


@pytest.mark.parametrize("form", [CreateCustomerForm, CustomerRowForm])
def test_forms_and_files_keep_plain_letters(tenant, form):
    made = form(CUSTOMER)
    assert made.is_valid(), made.errors
    assert {name: made.cleaned_data[name] for name in STORED} == STORED


def test_programs_keep_plain_letters(tenant):
    made = CustomerInput(data={**CUSTOMER, "tags": ["Ａ", "B "]})
    assert made.is_valid(), made.errors
    assert made.validated_data == STORED


@pytest.mark.parametrize(
    ("form", "data", "name"),
    [
        (ContactForm, {"name": WIDE, "points-TOTAL_FORMS": 0, "points-INITIAL_FORMS": 0}, "name"),
        (ContactRowForm, {"customer_number": "C-1", "name": WIDE}, "name"),
        (AddressForm, {"street": WIDE}, "street"),
        (AddressRowForm, {"customer_number": "C-1", "street": WIDE}, "street"),
    ],
)
def test_contacts_and_addresses_keep_plain_letters(tenant, form, data, name):
    made = form(data, country="CN") if form is ContactForm else form(data)
    assert made.is_valid(), made.errors
    assert made.cleaned_data[name] == PLAIN


@pytest.mark.parametrize(("serializer", "name"), [(ContactInput, "name"), (AddressInput, "street")])
def test_parts_from_programs_keep_plain_letters(tenant, serializer, name):
    made = serializer(data={name: WIDE})
    assert made.is_valid(), made.errors
    assert made.validated_data[name] == PLAIN
    empty = serializer(data={name: "\u200b"})
    assert not empty.is_valid()
    assert [error.code for error in empty.errors[name]] == ["blank"]


@pytest.mark.parametrize("day", ["1899-12-31", "2999-01-01", "2026-02-30"])
def test_birthdays_that_cannot_be_are_refused_everywhere(tenant, day):
    facts = {"number": "C-1", "kind": "individual", "person_name": "王伟", "birthday": day}
    for form in (CreateCustomerForm(facts), CustomerRowForm(facts), CustomerInput(data=facts)):
        assert not form.is_valid()
        assert list(form.errors) == ["birthday"]


@pytest.mark.parametrize(
    "name",
    ["深圳顺达有限公司", "深圳顺达有限责任公司", "深圳顺达股份有限公司", "深圳順達有限公司", "深圳　顺达"],
)
def test_companies_are_compared_without_their_form(name):
    assert compared_name(name).replace(" ", "") == "深圳顺达"


@pytest.mark.parametrize("name", ["顺达（深圳）有限公司", "顺达(深圳)有限责任公司", "（深圳）顺达有限公司"])
def test_companies_are_compared_without_regard_to_brackets(name):
    assert compared_name(name) == compared_name("（深圳）顺达股份有限公司")
