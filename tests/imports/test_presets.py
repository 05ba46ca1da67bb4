"""Exports of other systems: known by their first line, read as the system writes them, chosen by people."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from core.accounts.enums import Role
from core.imports import presets
from core.imports.kinds import kind_of
from core.imports.models import ImportBatch
from core.imports.presets import Preset, preset_of, presets_for, recognise
from core.imports.services import BadMapping, start_check
from core.tenancy.scope import tenant_scope
from customers.imports.presets import PRESETS, first_id, in_words, iso_day, kind_of_person, short_id
from customers.models import Address, Contact, Customer
from customers.names import full_name
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer
from tests.factories.files import imported, outcomes, received

SALESFORCE = (
    "Account ID,Account Name,Account Owner,Type,Is Person Account,Industry,Billing Street,Billing City,"
    "Billing State/Province,Billing Zip/Postal Code,Last Modified Date\n"
    "0015g00000AbCdE,Harbour Foods Ltd,Jo Hart,Customer - Direct,0,Food,12 Dock Road,Liverpool,Merseyside,L3 4AA,"
    "12/31/2026\n"
)
SALESFORCE_API = (
    "Id,IsDeleted,Name,Type,BillingStreet,BillingCity,BillingState\n"
    "0015g00000AbCdEAAW,false,Harbour,,1 Dock Road,Leeds,\n"
)
SALESFORCE_CONTACTS = (
    "Account ID,Account Name,Salutation,First Name,Last Name,Title,Mobile,Phone,Email\n"
    "0015g00000AbCdEAAW,Harbour Foods Ltd,Ms.,Mei,Lin,Buyer,+44 7400 123456,+44 151 496 0000,Mei.Lin@Harbour.Example\n"
)
ZOHO = (
    "Record Id,Account Owner.id,Account Owner,Account Name,Phone,Website,Industry,Billing Street,Billing City,"
    "Billing State,Billing Code,Tag\n"
    "zcrm_4876876000000333001,zcrm_1,Jo,深圳顺达物流有限公司,,,物流,福华路7号,深圳,广东,518000,重点\n"
)
ZOHO_CONTACTS = (
    "Record Id,Contact Owner.id,Contact Owner,First Name,Last Name,Account Name.id,Account Name,Email,Phone,Mobile\n"
    "zcrm_9,zcrm_1,Jo,娜,李,zcrm_4876876000000333001,深圳顺达物流有限公司,li.na@shop.example,,13812345678\n"
)
HUBSPOT = (
    "Record ID,Company name,Company owner,Create Date,Phone Number,City,Country/Region,Industry,State/Region,"
    "Street Address,Postal Code\n"
    "9876543210,Blue Kiln,Jo,2026-01-31 08:00,,Leeds,United Kingdom,COMPUTER_SOFTWARE,Yorkshire,7 Mill Lane,LS1 1AA\n"
)
HUBSPOT_CONTACTS = (
    "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Job Title,Associated Company IDs\n"
    "51,Ada,Byron,ada@kiln.example,+44 113 496 0000,Jo,Head of purchasing,9876543210;55\n"
)
FXIAOKE = (
    "客户名称,客户编号,客户级别,负责人,归属部门,生命状态,所属行业,来源,省,市,区,详细地址\n"
    "海港食品有限公司,A20260001,重要,周倩,华南,正常,食品,转介绍,广东省,深圳市,福田区,福华路7号\n"
)
FXIAOKE_CONTACTS = (
    "姓名,客户名称,客户编号,职务,手机1,邮件,负责人,归属部门,生命状态\n"
    "李娜,海港食品有限公司,A20260001,采购,13812345678,,周倩,华南,正常\n"
)


@pytest.mark.parametrize(
    ("kind", "file", "name"),
    [
        ("customers", SALESFORCE, "salesforce"),
        ("customers", SALESFORCE_API, "salesforce"),
        ("addresses", SALESFORCE, "salesforce"),
        ("contacts", SALESFORCE_CONTACTS, "salesforce"),
        ("customers", ZOHO, "zoho"),
        ("contacts", ZOHO_CONTACTS, "zoho"),
        ("customers", HUBSPOT, "hubspot"),
        ("contacts", HUBSPOT_CONTACTS, "hubspot"),
        ("customers", FXIAOKE, "fxiaoke"),
        ("contacts", FXIAOKE_CONTACTS, "fxiaoke"),
        ("customers", "客户简称,客户编码*,客户级别,负责人,归属部门,成交状态,创建时间,最后跟进时间\n", "fxiaoke"),
        (
            "customers",
            "Account ID,Account,Account Owner,Billing Street,Billing City,Last Modified Date\n",
            "salesforce",
        ),
        ("customers", "客户编号,客户名称,负责人,创建时间,备注\n", None),
        ("customers", "客户编号,公司名称,类型\n", None),
        ("customers", "Customer number,Company name,Record\n", None),
        ("scans", SALESFORCE, None),
    ],
)
def test_system_is_known_by_the_first_line(kind, file, name):
    found = recognise(kind, file.splitlines()[0].split(","))
    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("file", "facts"),
    [
        (SALESFORCE, ("0015g00000AbCdE", "company", "Harbour Foods Ltd", "Food", "Merseyside", [])),
        (SALESFORCE_API, ("0015g00000AbCdE", "company", "Harbour", "", "", [])),
        (ZOHO, ("zcrm_4876876000000333001", "company", "深圳顺达物流有限公司", "物流", "广东", ["重点"])),
        (HUBSPOT, ("9876543210", "company", "Blue Kiln", "Computer software", "Yorkshire", [])),
        (FXIAOKE, ("A20260001", "company", "海港食品有限公司", "食品", "广东省", [])),
    ],
)
def test_accounts_become_customers(tenant, supervisor, now, file, facts):
    batch = imported(file, by=supervisor, at=now)

    assert outcomes(batch) == [(2, "created", "")]
    customer = Customer.objects.get()
    assert (
        customer.number,
        customer.kind,
        customer.company_name,
        customer.industry,
        customer.region,
        customer.tags,
    ) == facts


@pytest.mark.parametrize(
    ("number", "file", "name", "points"),
    [
        (
            "0015g00000AbCdE",
            SALESFORCE_CONTACTS,
            "Mei Lin",
            {"+447400123456", "+441514960000", "Mei.Lin@harbour.example"},
        ),
        ("zcrm_4876876000000333001", ZOHO_CONTACTS, "李娜", {"li.na@shop.example", "+8613812345678"}),
        ("9876543210", HUBSPOT_CONTACTS, "Ada Byron", {"ada@kiln.example", "+441134960000"}),
        ("A20260001", FXIAOKE_CONTACTS, "李娜", {"+8613812345678"}),
    ],
)
def test_contacts_come_to_the_customer_of_their_account(tenant, supervisor, now, *, number, file, name, points):
    customer = make_customer(at=now, number=number)

    batch = imported(file, by=supervisor, at=now, kind="contacts")

    assert outcomes(batch) == [(2, "created", "")]
    contact = Contact.objects.get(customer=customer)
    assert contact.name == name
    assert {point.value for point in contact.points.all()} == points


@pytest.mark.parametrize(
    ("number", "file", "place"),
    [
        ("0015g00000AbCdE", SALESFORCE, ("12 Dock Road", "Liverpool", "Merseyside", "L3 4AA")),
        ("zcrm_4876876000000333001", ZOHO, ("福华路7号", "深圳市", "广东省", "518000")),
        ("9876543210", HUBSPOT, ("7 Mill Lane", "Leeds", "Yorkshire", "LS1 1AA")),
        ("A20260001", FXIAOKE, ("福华路7号", "深圳市", "广东省", "")),
    ],
)
def test_addresses_are_read_from_the_same_export(tenant, supervisor, now, *, number, file, place):
    make_customer(at=now, number=number)

    assert outcomes(imported(file, by=supervisor, at=now, kind="addresses")) == [(2, "created", "")]

    address = Address.objects.get()
    assert (address.street, address.city, address.region, address.postal_code) == place


def test_what_cells_mean():
    assert [iso_day(day) for day in ("12/31/2026", "31/12/2026", "1/2/2026 08:00", "2026-12-31", "soon")] == [
        "2026-12-31",
        "2026-12-31",
        "2026-01-02",
        "2026-12-31",
        "soon",
    ]
    assert [kind_of_person(text) for text in ("TRUE", "1", "Yes", "FALSE", "0")] == ["individual"] * 3 + ["company"] * 2
    assert [in_words(text) for text in ("COMPUTER_SOFTWARE", "IT", "Food")] == ["Computer software", "IT", "Food"]
    assert (short_id("0015g00000AbCdEAAW"), short_id("0015g00000AbCdE")) == ("0015g00000AbCdE", "0015g00000AbCdE")
    assert first_id("12;13") == "12"
    assert (full_name("李", "娜"), full_name("Byron", "Ada")) == ("李娜", "Ada Byron")


def test_person_account_becomes_a_person_with_the_birthday(tenant, supervisor, now):
    file = "Account ID,Account Name,Is Person Account,Birthdate\nA-1,Ada Byron,1,12/10/1990\n"

    batch = received(file, by=supervisor, at=now)

    assert batch.mapping == ["number", "company_name", "kind", "birthday"]
    preset = preset_of("customers", "salesforce")
    cells = {"number": "A-1", "kind": "1", "birthday": "12/10/1990"}
    assert preset.meaning(cells) == {"number": "A-1", "kind": "individual", "birthday": "1990-12-10"}


def test_heads_that_a_system_writes_otherwise_are_found_but_no_other_fields(tenant, supervisor, now):
    file = (
        "客户简称,客户编码*,客户级别,负责人,归属部门,成交状态,创建时间,最后跟进时间,客户性质,所在省\n"
        "海港,A1,重要,周倩,华南,已成交,2026-01-01,2026-01-02,直客,广东\n"
    )

    batch = received(file, by=supervisor, at=now)

    assert (batch.preset, batch.mapping) == ("fxiaoke", ["company_name", "number", *[""] * 7, "region"])


def test_every_preset_names_fields_of_its_kind(tenant):
    for preset in PRESETS:
        fields = {field.name: field for field in kind_of(preset.kind).fields()}
        assert set(preset.columns) <= set(fields)
        assert set(preset.meanings) <= {*fields, "number", "customer_number"}
        assert {name for name, field in fields.items() if field.is_required} <= set(preset.columns)
    assert [preset.name for preset in presets_for("customers")] == ["salesforce", "zoho", "hubspot", "fxiaoke"]


def test_name_of_a_preset_is_taken_once(monkeypatch):
    monkeypatch.setattr(presets, "_presets", dict(presets._presets))
    with pytest.raises(ValueError, match="'zoho' of 'customers' already"):
        presets.register(Preset(name="zoho", kind="customers", label="Zoho", columns={}, signs=()))


def test_page_says_what_it_takes_the_file_for_and_lets_people_choose(client_for, supervisor, now):
    batch = received(SALESFORCE, by=supervisor, at=now)
    client, url = client_for(supervisor), reverse("imports:columns", args=[batch.pk])

    page = client.get(url)

    assert "This looks like an export of Salesforce accounts" in page.content.decode()
    assert page.context["form"]["column_3"].initial == ""
    as_it_stands = client.get(url, {"preset": "none"})
    assert "This looks like" not in as_it_stands.content.decode()
    assert as_it_stands.context["form"]["column_3"].initial == "kind"
    other = client.get(url, {"preset": "hubspot"}).content.decode()
    assert "This looks like an export of HubSpot companies" in other
    assert client.get(url, {"preset": "nonsense"}).context["preset"].name == "salesforce"

    sent = {f"column_{place}": name for place, name in enumerate(batch.mapping)}
    assert client.post(url, {**sent, "preset": "nonsense"}).status_code == 422
    client.post(url, {**sent, "preset": ""})
    batch.refresh_from_db()
    assert (batch.preset, batch.state) == ("", "checking")


def test_preset_that_is_not_there_is_refused(tenant, supervisor, now):
    batch = received(SALESFORCE, by=supervisor, at=now)
    with pytest.raises(BadMapping):
        start_check(batch=batch, mapping=batch.mapping, preset="nonsense", by=supervisor, at=now)
    assert ImportBatch.objects.get().state == "waiting"


@pytest.mark.django_db(transaction=True)
def test_command_takes_a_preset(now, tmp_path, capsys):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        make_user(role=Role.SUPERVISOR, email="boss@swift.example", at=now)
    path = tmp_path / "a.csv"
    path.write_text("Account Number,Account Name,Type\nA-1,Harbour,Customer\n", encoding="utf-8")
    command = ("import_records", "customers", str(path), "--tenant", "swift", "--by", "boss@swift.example")

    with pytest.raises(CommandError):
        call_command("import_records", "scans", *command[2:], "--preset", "zoho")
    call_command(*command, "--preset", "salesforce")

    assert capsys.readouterr().out == "preset: salesforce\ncreated: 1\nleft out: Type\n"
    with tenant_scope(tenant):
        assert [customer.company_name for customer in Customer.objects.all()] == ["Harbour"]
