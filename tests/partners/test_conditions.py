"""ETag, If-Match, If-None-Match."""

import pytest

from customers.models import Contact, Customer
from customers.services import add_contact, update_customer
from tests.factories.customers import make_customer
from tests.factories.partners import Partner


@pytest.fixture
def partner(tenant):
    return Partner()


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now, number="N-1", company_name="Before")


def change_on_a_page(customer, now):
    facts = dict.fromkeys(("industry", "region", "source", "preferred_channel", "preferred_language"), "")
    update_customer(
        customer=customer,
        version=customer.version,
        kind="company",
        company_name="By staff",
        tags=[],
        account_manager=None,
        **facts,
        by=None,
        at=now,
    )


def test_etag_tells_whether_the_answer_is_the_same(partner, customer, now):
    path = f"/customers/{customer.pk}"
    etag = partner.get(path).headers["ETag"]

    same = partner.get(path, If_None_Match=etag)
    listed = partner.get(path, If_None_Match=f'"x", W/{etag}')
    Customer.objects.update(tier="vip")
    other = partner.get(path, If_None_Match=etag)

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert listed.status_code == 304
    assert (other.status_code, other.headers["ETag"] == etag) == (200, False)
    assert etag.startswith('"1-')


def test_patch_needs_a_condition(partner, customer):
    answer = partner.send("patch", f"/customers/{customer.pk}", {"company_name": "After"})

    assert (answer.status_code, answer.json()["code"]) == (428, "if_match_required")
    assert Customer.objects.get().company_name == "Before"


def test_patch_with_the_etag_that_was_read(partner, customer, now):
    path = f"/customers/{customer.pk}"
    etag = partner.get(path).headers["ETag"]
    # Figures are no edit: they do not make an ETag stale for writes.
    Customer.objects.update(contribution="5.00")

    answer = partner.send("patch", path, {"company_name": "After"}, If_Match=etag)

    assert answer.status_code == 200
    assert (answer.json()["company_name"], answer.json()["version"]) == ("After", 2)
    assert answer.headers["ETag"] == partner.get(path).headers["ETag"] != etag


@pytest.mark.parametrize("method", ["patch", "put"])
def test_write_with_a_stale_etag_changes_nothing(partner, customer, now, method):
    etag = partner.get(f"/customers/{customer.pk}").headers["ETag"]
    change_on_a_page(customer, now)
    path = {"patch": f"/customers/{customer.pk}", "put": "/customers/by-number/N-1"}[method]

    answer = partner.send(method, path, {"company_name": "After"}, If_Match=etag)

    assert (answer.status_code, answer.json()["code"]) == (412, "record_changed")
    assert Customer.objects.get().company_name == "By staff"


@pytest.mark.parametrize("given", ['W/"1-0"', '"2-0"', '"11-0"', "1", "nonsense", '""'])
def test_if_match_that_matches_nothing(partner, customer, given):
    answer = partner.send("patch", f"/customers/{customer.pk}", {"company_name": "After"}, If_Match=given)

    assert answer.status_code == 412
    assert Customer.objects.get().company_name == "Before"


def test_contact_is_removed_only_as_it_was_read(partner, customer, now):
    contact = add_contact(customer=customer, name="Lin", at=now)
    path = f"/customers/{customer.pk}/contacts/{contact.pk}"

    stale = partner.send("delete", path, If_Match='"9-0"')
    assert (stale.status_code, Contact.objects.count()) == (412, 1)
    assert partner.send("delete", path, If_Match=partner.get(path).headers["ETag"]).status_code == 204
    assert Contact.objects.count() == 0
    assert partner.send("delete", path).status_code == 404


def test_put_can_be_held_to_create_or_to_change(partner, customer):
    body = {"company_name": "After"}

    assert partner.send("put", "/customers/by-number/N-1", body, If_None_Match="*").status_code == 412
    assert partner.send("put", "/customers/by-number/N-2", body, If_Match="*").status_code == 412
    assert [each.company_name for each in Customer.objects.all()] == ["Before"]
    assert partner.send("put", "/customers/by-number/N-2", body, If_None_Match="*").status_code == 201
    assert partner.send("put", "/customers/by-number/N-1", body, If_Match="*").status_code == 200


@pytest.mark.parametrize("given", ['"1-0"', "", "*, *"])
def test_put_takes_no_other_if_none_match_than_an_asterisk(partner, customer, given):
    answer = partner.send("put", "/customers/by-number/N-1", {"company_name": "After"}, If_None_Match=given)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/headers/If-None-Match")
    assert Customer.objects.get().company_name == "Before"
