"""Customers come in by a file together with the contact and the address that stand in the same row."""

import pytest

from customers.finding import find_customers
from customers.models import Address, Contact, ContactPoint, Customer
from customers.services import NewContactPoint, add_address, add_contact, update_contact
from tests.factories.customers import make_customer
from tests.factories.files import checked, imported, outcomes, received, rows_of, undone

FILE = (
    "客户编号,公司名称,联系人,职位,手机,邮箱,省份,城市,详细地址\n"
    "C-1,深圳顺达物流有限公司,李娜,采购,138 1234 5678,li@example.com,,,广东省深圳市南山区科技路1号\n"
    "C-2,海港食品有限公司,,,010-62345678,,广东,深圳,福华路7号\n"
    "C-3,,张伟,,13912345678,,,,\n"
    "C-4,蓝窑有限公司,,,,,华南,,\n"
)


def contacts() -> dict[str, tuple[str, str, bool, list[str]]]:
    found = Contact.objects.select_related("customer").prefetch_related("points")
    return {
        each.customer.number: (each.name, each.position, each.is_primary, sorted(p.value for p in each.points.all()))
        for each in found
    }


def addresses() -> list[tuple[str, str, str, str, str, bool]]:
    names = ("customer__number", "region", "city", "district", "division_code", "is_primary")
    return list(Address.objects.order_by("customer__number").values_list(*names))


def test_new_customers_with_contact_and_address(tenant, supervisor, now):
    batch = imported(FILE, by=supervisor, at=now)

    assert outcomes(batch) == [(line, "created", "") for line in (2, 3, 4, 5)]
    assert contacts() == {
        "C-1": ("李娜", "采购", True, ["+8613812345678", "li@example.com"]),
        "C-2": ("海港食品有限公司", "", True, ["+861062345678"]),
        "C-3": ("张伟", "", True, ["+8613912345678"]),
    }
    assert addresses() == [
        ("C-1", "广东省", "深圳市", "南山区", "440305", True),
        ("C-2", "广东省", "深圳市", "", "440300", True),
    ]
    customers = Customer.objects.order_by("number")
    assert [(each.kind, each.person_name or "", each.region) for each in customers] == [
        ("company", "", "广东省"),
        ("company", "", "广东"),
        ("individual", "张伟", ""),
        ("company", "", "华南"),
    ]
    assert [hit.customer.number for hit in find_customers("13812345678", limit=5)] == ["C-1"]


def test_check_changes_nothing_and_the_same_file_again_is_unchanged(tenant, supervisor, now):
    batch = checked(FILE, by=supervisor, at=now)
    assert [row.status for row in rows_of(batch)] == ["created"] * 4
    assert (Customer.objects.count(), Contact.objects.count(), Address.objects.count()) == (0, 0, 0)

    imported(FILE, by=supervisor, at=now)
    again = imported(FILE, by=supervisor, at=now)

    assert outcomes(again) == [(line, "unchanged", "") for line in (2, 3, 4, 5)]
    assert (Contact.objects.count(), ContactPoint.objects.count(), Address.objects.count()) == (3, 4, 2)


def test_undo_takes_back_all_that_a_row_brought(tenant, supervisor, now):
    batch = undone(imported(FILE, by=supervisor, at=now), by=supervisor, at=now)

    assert batch.counts == {"undone": 4}
    assert [each.objects.count() for each in (Customer, Contact, ContactPoint, Address)] == [0, 0, 0, 0]


def test_known_customer_keeps_what_it_has_and_undo_gives_it_back(tenant, supervisor, now):
    customer = make_customer(number="C-1", company_name="Old", at=now)
    boss = add_contact(customer=customer, name="Boss", is_primary=True, at=now)
    contact = add_contact(customer=customer, name="李娜", position="Old", at=now)
    add_address(customer=customer, street="1 Dock Road", country="GB", city="Leeds", is_primary=True, at=now)
    content = "客户编号,联系人,职位,手机,城市,详细地址\nC-1,李娜,采购,13812345678,深圳,科技路1号\n"

    batch = imported(content, by=supervisor, at=now)

    assert outcomes(batch) == [(2, "updated", "")]
    contact.refresh_from_db()
    boss.refresh_from_db()
    customer.refresh_from_db()
    assert (contact.position, contact.is_primary, boss.is_primary) == ("采购", False, True)
    assert (customer.company_name, customer.region, customer.version) == ("Old", "广东省", 2)
    assert addresses() == [("C-1", "", "Leeds", "", "", True), ("C-1", "广东省", "深圳市", "", "440300", False)]

    batch = undone(batch, by=supervisor, at=now)

    assert outcomes(batch) == [(2, "undone", "")]
    contact.refresh_from_db()
    customer.refresh_from_db()
    assert (contact.position, customer.region, ContactPoint.objects.count()) == ("Old", "", 0)
    assert addresses() == [("C-1", "", "Leeds", "", "", True)]


def test_row_whose_customer_stays_as_it_is_changes_the_contact_alone(tenant, supervisor, now):
    customer = make_customer(number="C-1", company_name="Same", at=now)
    content = "number,company name,contact,mobile\nC-1,Same,Li Na,13812345678\n"

    batch = imported(content, by=supervisor, at=now)
    make_facts_newer = Customer.objects.filter(pk=customer.pk).update(version=5)
    assert (outcomes(batch), make_facts_newer) == ([(2, "updated", "")], 1)

    assert outcomes(undone(batch, by=supervisor, at=now)) == [(2, "undone", "")]
    customer.refresh_from_db()
    assert (customer.version, Contact.objects.count()) == (5, 0)


@pytest.mark.parametrize("touched", ["contact", "address", "customer"])
def test_undo_keeps_all_of_a_row_of_which_somebody_touched_anything(tenant, supervisor, now, *, touched):
    batch = imported(FILE, by=supervisor, at=now)
    customer = Customer.objects.get(number="C-1")
    if touched == "contact":
        contact = customer.contacts.get()
        facts = {"name": "李娜", "position": "Boss", "is_primary": True, "points": []}
        update_contact(contact=contact, version=contact.version, **facts, by=supervisor, at=now)
    elif touched == "address":
        Address.objects.filter(customer=customer).update(version=2)
    else:
        add_contact(customer=customer, name="Another", at=now)

    batch = undone(batch, by=supervisor, at=now)

    assert [row.status for row in rows_of(batch)] == ["kept", "undone", "undone", "undone"]
    assert [each.number for each in Customer.objects.all()] == ["C-1"]
    assert "李娜" in {contact.name for contact in customer.contacts.all()}
    assert customer.addresses.count() == 1
    assert ContactPoint.objects.filter(contact__customer=customer).count() == 2


def test_what_cannot_be_taken_of_a_row_is_said(tenant, supervisor, now):
    make_customer(number="C-1", company_name="Known", at=now)
    content = (
        "客户编号,公司名称,联系人,手机,城市,邮编,详细地址\n"
        "C-1,,,13812345678,,,\n"
        "C-2,甲有限公司,,12,,,\n"
        "C-3,乙有限公司,,,深圳,518000,\n"
        "C-4,丙有限公司,,,,,科技路1号\n"
    )

    batch = imported(content, by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "refused", "Contact's name: Say who is reached there, or name the customer."),
        (3, "refused", "Phone: This is no phone number. Write it as it is dialled, abroad with + and country code."),
        (4, "created", "Address: It is left out, for it has no street."),
        (
            5,
            "created",
            "Address: No province, city or district was recognised. Add them, so that the address can be found.",
        ),
    ]
    assert (Contact.objects.count(), Customer.objects.get(number="C-3").region) == (0, "广东省")


def test_too_many_ways_to_reach_a_contact_are_told_in_the_check(tenant, supervisor, now):
    customer = make_customer(number="C-1", company_name="Known", at=now)
    many = [NewContactPoint(kind="phone", value=f"1381234567{digit}") for digit in range(10)]
    add_contact(customer=customer, name="Li Na", points=many, at=now)

    batch = checked("number,contact,mobile,industry\nC-1,Li Na,13912345678,Food\n", by=supervisor, at=now)

    [row] = rows_of(batch)
    assert (row.status, len(row.reasons)) == ("refused", 1)


def test_duplicates_are_found_by_phone_in_the_archive_and_in_the_file(tenant, supervisor, now):
    old = make_customer(number="OLD-1", company_name="Harbour", at=now)
    add_contact(customer=old, name="Li Na", points=[NewContactPoint(kind="phone", value="13812345678")], at=now)
    content = (
        "number,company name,mobile\nC-1,One Ltd,138 1234 5678\nC-2,Two Ltd,13912345678\nC-3,Three Ltd,13912345678\n"
    )

    batch = checked(content, by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "created", "May be the same as customer OLD-1: Same phone."),
        (3, "created", ""),
        (4, "created", "May be the same as line 3 of the file."),
    ]


def test_personal_values_are_masked_before_anything_is_chosen(client_for, supervisor, now):
    batch = received(FILE, by=supervisor, at=now)

    page = client_for(supervisor).get(f"/imports/{batch.pk}/columns/").content.decode()

    assert batch.mapping == [
        *("number", "company_name", "contact_name", "contact_position", "phone", "email", "region", "city", "street"),
    ]
    for value in ("李娜", "138 1234 5678", "li@example.com", "科技路1号"):
        assert value not in page
