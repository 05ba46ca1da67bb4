"""Contacts and addresses come in by files, beside what their customers have already."""

import pytest

from core.audit.models import AuditEvent
from core.imports.services import NothingToImport, start_import
from customers.finding import find_customers
from customers.models import Address, Contact, ContactPoint
from customers.services import NewContactPoint, add_address, add_contact, update_address
from tests.factories.customers import make_customer
from tests.factories.files import checked, imported, outcomes, received, rows_of, undone

CONTACTS = (
    "客户编号,姓名,职务,手机,邮箱,主要联系人\n"
    "C-1,李娜,采购,138 1234 5678,li.na@example.com,是\n"
    "C-1,王芳,,010-62345678,,否\n"
    "C-9,张伟,,,,\n"
    "C-2,赵敏,,12,,\n"
    "C-2,,,13812345679,,\n"
)


@pytest.fixture
def customers(tenant, now):
    return [make_customer(number=number, at=now) for number in ("C-1", "C-2")]


def points() -> list[tuple[str, str, str]]:
    found = ContactPoint.objects.select_related("contact").order_by("pk")
    return [(point.contact.name, point.kind, point.value) for point in found]


def test_new_contacts(customers, supervisor, now):
    batch = imported(CONTACTS, kind="contacts", by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "created", ""),
        (3, "created", ""),
        (4, "refused", "No customer has this number. Bring in the customers first."),
        (5, "refused", "Phone: This is no phone number. Write it as it is dialled, abroad with + and country code."),
        (6, "refused", "Full name: This field is required."),
    ]
    assert points() == [
        ("李娜", "phone", "+8613812345678"),
        ("李娜", "email", "li.na@example.com"),
        ("王芳", "phone", "+861062345678"),
    ]
    assert set(ContactPoint.objects.values_list("source", "added_at")) == {("import", now)}
    assert [(each.position, each.is_primary) for each in Contact.objects.order_by("pk")] == [
        ("采购", True),
        ("", False),
    ]
    assert [hit.customer.number for hit in find_customers("5678", limit=5)] == ["C-1"]
    assert AuditEvent.objects.filter(action="contact.added", subject_id=customers[0].pk).count() == 2
    assert [row.key for row in rows_of(batch)][:2] == ["C-1", "C-1"]


def test_check_of_contacts_changes_nothing(customers, supervisor, now):
    batch = checked(CONTACTS, kind="contacts", by=supervisor, at=now)

    assert ([row.status for row in rows_of(batch)][:2], Contact.objects.count()) == (["created", "created"], 0)


def test_known_contact_gets_what_is_new_and_undo_takes_it_back(customers, supervisor, now):
    known = [NewContactPoint(kind="phone", value="13812345678", is_preferred=True)]
    boss = add_contact(customer=customers[0], name="Boss", is_primary=True, at=now)
    contact = add_contact(customer=customers[0], name="Li Na", position="Old", points=known, at=now)
    content = "customer number,name,position,phone,email,primary\nC-1,LI NA,Buyer,138-1234-5678,li@example.com,yes\n"

    batch = imported(content, kind="contacts", by=supervisor, at=now)

    contact.refresh_from_db()
    boss.refresh_from_db()
    assert (contact.name, contact.position, contact.is_primary, contact.version) == ("Li Na", "Buyer", True, 2)
    assert (boss.is_primary, boss.version) == (False, 2)
    assert points() == [("Li Na", "phone", "+8613812345678"), ("Li Na", "email", "li@example.com")]

    assert [row.status for row in rows_of(imported(content, kind="contacts", by=supervisor, at=now))] == ["unchanged"]
    batch = undone(batch, by=supervisor, at=now)

    assert outcomes(batch) == [(2, "undone", "")]
    contact.refresh_from_db()
    boss.refresh_from_db()
    assert (contact.position, contact.is_primary, boss.is_primary, boss.version) == ("Old", False, True, 1)
    assert points() == [("Li Na", "phone", "+8613812345678")]
    assert find_customers("li@example.com", limit=5) == []


def test_number_that_a_file_brings_again_stays_opted_out(customers, supervisor, now):
    known = [NewContactPoint(kind="phone", value="13812345678", opted_out_how="phone", verified_how="call")]
    add_contact(customer=customers[0], name="Li Na", points=known, at=now)
    before = ContactPoint.objects.values().get()
    content = "customer number,name,phone,other phone\nC-1,Li Na,138-1234-5678,0755 2345 6789\n"

    imported(content, kind="contacts", by=supervisor, at=now)

    assert ContactPoint.objects.values().get(pk=before["id"]) == before
    assert list(ContactPoint.objects.exclude(pk=before["id"]).values_list("source", "verified_how")) == [("import", "")]


def test_new_contacts_are_undone(customers, supervisor, now):
    batch = undone(imported(CONTACTS, kind="contacts", by=supervisor, at=now), by=supervisor, at=now)

    assert batch.counts == {"undone": 2, "refused": 3}
    assert (Contact.objects.count(), ContactPoint.objects.count()) == (0, 0)
    assert AuditEvent.objects.filter(action="contact.removed").count() == 2


def test_several_who_are_to_be_the_primary_one(customers, supervisor, now):
    content = "number,name,primary\nC-1,One,yes\nC-1,Two,yes\nC-1,Three,no\n"

    batch = imported(content, kind="contacts", by=supervisor, at=now)

    assert [each.name for each in Contact.objects.filter(is_primary=True)] == ["Two"]
    assert undone(batch, by=supervisor, at=now).counts == {"undone": 3}
    assert Contact.objects.count() == 0


def test_columns_of_contacts_are_found_by_what_stands_in_them(customers, supervisor, now):
    batch = received(
        "客户编号,联系人,A,B,C\nC-1,李娜,13812345678,li@example.com,x\n", kind="contacts", by=supervisor, at=now
    )

    assert batch.mapping == ["customer_number", "name", "phone", "email", ""]


def test_addresses(customers, supervisor, now):
    content = (
        "客户编号,地址,城市,省份,邮编,主要地址\n"
        "C-1,科技路1号,深圳,广东,518000,是\n"
        "C-1,科技路1号,上海,,,否\n"
        "C-2,,北京,,,\n"
    )
    known = add_address(customer=customers[0], street="科技路 1 号", city="深圳", is_primary=True, at=now)

    batch = imported(content, kind="addresses", by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "updated", ""),
        (3, "created", ""),
        (4, "refused", "Street, house and unit: This field is required."),
    ]
    known.refresh_from_db()
    assert (known.street, known.region, known.postal_code, known.version) == ("科技路 1 号", "广东省", "518000", 2)
    assert sorted(Address.objects.values_list("country", "city", "division_code")) == [
        ("CN", "上海市", "310000"),
        ("CN", "深圳市", "440300"),
    ]

    names = ("label", "country", "city", "district", "postal_code", "is_primary")
    facts = {name: getattr(known, name) for name in names}
    update_address(address=known, version=2, region="Elsewhere", **facts, by=supervisor, at=now)
    batch = undone(batch, by=supervisor, at=now)

    assert outcomes(batch)[:2] == [(2, "kept", "Somebody changed it since."), (3, "undone", "")]
    assert list(Address.objects.values_list("city", "region")) == [("深圳市", "Elsewhere")]


def test_whole_addresses_in_one_column_are_read(customers, supervisor, now):
    content = "客户编号,完整地址\nC-1,广东深圳南山区科技园路1号\nC-1,广东省深圳市南山区 科技园路1号\nC-2,南山区科技园\n"

    batch = imported(content, kind="addresses", by=supervisor, at=now)

    assert [status for _line, status, _words in outcomes(batch)] == ["created", "refused", "created"]
    assert [
        (each.country, each.region, each.city, each.district, each.division_code, each.street)
        for each in Address.objects.order_by("-division_code")
    ] == [
        ("CN", "广东省", "深圳市", "南山区", "440305", "科技园路1号"),
        ("CN", "", "", "", "", "南山区科技园"),
    ]
    again = imported(content, kind="addresses", by=supervisor, at=now)
    assert [row.status for row in rows_of(again)] == ["unchanged", "refused", "unchanged"]


def test_address_of_which_only_the_street_is_known_goes_in_with_a_warning(customers, supervisor, now):
    add_address(customer=customers[1], street="科技路2号", city="深圳", at=now)
    content = "客户编号,地址,国家\nC-1,科技路1号,\nC-2,科技路2号,\nC-2,1 Dock Road,GB\n"

    batch = imported(content, kind="addresses", by=supervisor, at=now)

    words = (
        "Street, house and unit: No province, city or district was recognised. Add them, so that the address can be"
        " found."
    )
    assert outcomes(batch) == [(2, "created", words), (3, "unchanged", ""), (4, "created", "")]
    assert (batch.warned, Address.objects.count()) == (1, 3)


def test_all_reasons_of_a_row_are_told(customers, supervisor, now):
    content = "客户编号,姓名,手机,邮箱\nC-9,,12,none\nC-1,李娜,12,none\n"

    batch = checked(content, kind="contacts", by=supervisor, at=now)

    phone = "Phone: This is no phone number. Write it as it is dialled, abroad with + and country code."
    mail = "E-mail: This is no e-mail address."
    gone = "No customer has this number. Bring in the customers first."
    assert [row.said("en") for row in rows_of(batch)] == [
        ["Full name: This field is required.", phone, mail, gone],
        [phone, mail],
    ]
    with pytest.raises(NothingToImport):
        start_import(batch=batch, by=supervisor, at=now)


def test_parts_that_contradict_each_other_go_in_with_a_warning(customers, supervisor, now):
    content = "客户编号,地址,城市,省份,区县\nC-1,文三路1号,杭州市,广东省,\nC-2,文三路2号,杭州市,,西湖区\n"

    batch = imported(content, kind="addresses", by=supervisor, at=now)

    assert outcomes(batch) == [(2, "created", "City: 杭州市 is not in 广东省."), (3, "created", "")]
    places = Address.objects.order_by("division_code").values_list("region", "city", "district", "division_code")
    assert list(places) == [("广东省", "杭州市", "", ""), ("浙江省", "杭州市", "西湖区", "330106")]


def test_import_of_a_district_keeps_the_city_that_is_known(customers, supervisor, now):
    known = add_address(customer=customers[0], city="深圳", district="福田", street="科技路1号", at=now)

    batch = imported("客户编号,地址,区县\nC-1,科技路1号,南山\n", kind="addresses", by=supervisor, at=now)

    known.refresh_from_db()
    assert (known.city, known.district, known.division_code, known.version) == ("深圳市", "南山区", "440305", 2)
    undone(batch, by=supervisor, at=now)
    known.refresh_from_db()
    assert (known.city, known.district, known.division_code) == ("深圳市", "福田区", "440304")
