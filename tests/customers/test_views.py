from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.crypto.masking import mask_phone
from customers.enums import ContactPointKind, CustomerKind, Tier
from customers.models import Customer
from customers.services import NewContactPoint, add_address, add_contact
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

LIST_QUERIES = 10
RECORD_QUERIES = 7
PHONE = "+8613812345678"


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, client_for, agent, now, django_assert_num_queries):
    for index in range(rows):
        make_customer(
            at=now + timedelta(minutes=index),
            kind=CustomerKind.INDIVIDUAL,
            person_name="Zhang Wei",
            account_manager=agent,
        )
    client = client_for(agent)
    client.get(reverse("customers:list"))

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(reverse("customers:list"))

    assert len(response.context["rows"]) == min(rows, 50)


def test_list_filters_and_sorts(client_for, agent, account_manager, now):
    first = make_customer(at=now, number="N-1", region="Bavaria", account_manager=account_manager)
    second = make_customer(at=now + timedelta(days=1), number="N-2", region="Bavaria")
    make_customer(at=now, number="M-3", kind=CustomerKind.INDIVIDUAL, person_name="Zhang Wei")
    Customer.objects.filter(pk=second.pk).update(tier=Tier.VIP)
    client = client_for(agent)

    def shown(**params):
        return [row.number for row in client.get(reverse("customers:list"), params).context["rows"]]

    assert shown(number="N-", sort="created") == ["N-1", "N-2"]
    assert shown(region="Bav", sort="-created") == ["N-2", "N-1"]
    assert shown(tier="vip") == ["N-2"]
    assert shown(kind="individual") == ["M-3"]
    assert shown(account_manager=str(account_manager.pk)) == [first.number]
    assert shown(colour="red") == []


def test_list_masks_persons(client_for, agent, now):
    make_customer(at=now, kind=CustomerKind.INDIVIDUAL, person_name="Zhang Wei")

    body = client_for(agent).get(reverse("customers:list")).content.decode()

    assert "Z****i" in body
    assert "Zhang Wei" not in body


@pytest.mark.parametrize("contacts", [3, 300])
def test_record_page_asks_the_same_number_of_queries(contacts, client_for, agent, account_manager, now):
    """Counted without those of the shell and of the panels that other rooms add."""
    customer = make_customer(at=now, account_manager=account_manager)
    for minute in range(contacts):
        points = [NewContactPoint(kind=ContactPointKind.PHONE, value=value) for value in (PHONE, "+8613812345670")]
        add_contact(customer=customer, name="Li Na", points=points, at=now + timedelta(minutes=minute))
        add_address(customer=customer, street="1 Harbour Road, Building 5", at=now)
    client = client_for(agent)

    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(reverse("customers:detail", args=[customer.pk]))

    assert response.status_code == 200
    own = [query for query in captured if 'FROM "customers_' in query["sql"]]
    assert len(own) == RECORD_QUERIES
    assert len(response.context["contacts"]) == min(contacts, 10)
    assert len(response.context["addresses"]) == min(contacts, 10)
    assert response.context["has_more_contacts"] is response.context["has_more_addresses"] is (contacts == 300)


def test_record_page_masks_personal_data(client_for, agent, now):
    customer = make_customer(
        at=now,
        kind=CustomerKind.INDIVIDUAL,
        person_name="Zhang Wei",
        special_needs="Ring twice",
        birthday="1990-02-03",
    )
    point = NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)
    add_contact(customer=customer, name="Li Na", points=[point], at=now)
    add_address(customer=customer, street="1 Harbour Road, Building 5", at=now)

    body = client_for(agent).get(reverse("customers:detail", args=[customer.pk])).content.decode()

    assert mask_phone(PHONE) in body
    for secret in (PHONE, "Zhang Wei", "Li Na", "Building 5", "Ring twice", "1990-02-03"):
        assert secret not in body


def test_create_customer_ignores_what_the_form_does_not_ask(client_for, agent, tenant, other_tenant):
    data = {
        "number": "N-1",
        "kind": "company",
        "company_name": "Blue Kiln",
        "tags": "fragile, night，fragile",
        "tier": "vip",
        "contribution": "9999",
        "shipment_count": "7",
        "version": "5",
        "tenant": str(other_tenant.pk),
    }

    response = client_for(agent).post(reverse("customers:create"), data)

    customer = Customer.objects.get()
    assert response.url == reverse("customers:detail", args=[customer.pk])
    assert (customer.tenant_id, customer.company_name) == (tenant.pk, "Blue Kiln")
    assert customer.tags == ["fragile", "night"]
    assert (customer.tier, customer.contribution, customer.shipment_count, customer.version) == (
        None,
        0,
        0,
        1,
    )


@pytest.mark.parametrize(
    ("kind", "kept"),
    [("company", ("Blue Kiln", None, None)), ("individual", ("", "Zhang Wei", "1990-02-03"))],
)
def test_create_customer_keeps_only_what_customers_of_its_kind_have(client_for, agent, kind, kept):
    data = {"number": "N-1", "company_name": "Blue Kiln", "person_name": "Zhang Wei", "birthday": "1990-02-03"}

    client_for(agent).post(reverse("customers:create"), data | {"kind": kind})

    customer = Customer.objects.get()
    assert (customer.company_name, customer.person_name, customer.birthday) == kept


def test_create_customer_when_number_is_taken_says_so_beside_it(client_for, agent, now):
    make_customer(at=now, number="N-1")
    data = {"number": "N-1", "kind": "company", "company_name": "Blue Kiln"}

    response = client_for(agent).post(reverse("customers:create"), data)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["number"]
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("number", ["N\n1", "N\u200b1", "N\u202e1", "\u200b"])
def test_create_customer_refuses_a_number_with_letters_nobody_sees(client_for, agent, number):
    data = {"number": number, "kind": "company", "company_name": "Blue Kiln"}

    response = client_for(agent).post(reverse("customers:create"), data)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["number"]
    assert Customer.objects.count() == 0


def test_create_customer_when_a_number_looks_like_a_taken_one(client_for, agent, now):
    make_customer(at=now, number="N-1")
    data = {"number": "Ｎ－１", "kind": "company", "company_name": "Blue Kiln"}

    response = client_for(agent).post(reverse("customers:create"), data)

    assert list(response.context["form"].errors) == ["number"]
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("birthday", "errors"),
    [("1899-12-31", ["birthday"]), ("2026-03-03", ["birthday"]), ("2026-03-02", []), ("1900-01-01", [])],
)
def test_birthday_lies_between_1900_and_the_tenants_today(client_for, agent, birthday, errors):
    data = {"number": "N-1", "kind": "individual", "person_name": "Zhang Wei", "birthday": birthday}

    # Two in the morning of 2 March in Shanghai.
    with time_machine.travel("2026-03-01T18:00:00Z", tick=False):
        response = client_for(agent).post(reverse("customers:create"), data)

    assert list(response.context["form"].errors if response.context else []) == errors
    assert Customer.objects.count() == (0 if errors else 1)


@pytest.mark.parametrize(
    "case",
    [
        ({"company_name": "Blue Kiln"}, {"kind": "company"}, ["company_name"]),
        ({"company_name": "Blue Kiln"}, {"kind": "individual"}, ["person_name"]),
        ({"company_name": "Blue Kiln"}, {"kind": "individual", "person_name": "Zhang Wei"}, []),
        ({"company_name": ""}, {"kind": "company"}, []),
        ({"kind": "individual", "person_name": "Li"}, {"kind": "individual"}, []),
        (
            {"kind": "individual", "person_name": "Li"},
            {"kind": "individual", "person_name-remove": "on"},
            ["person_name"],
        ),
    ],
)
def test_update_customer_never_takes_the_last_name_away(client_for, agent, now, case):
    stored, data, errors = case
    customer = make_customer(at=now, **stored)

    response = client_for(agent).post(
        reverse("customers:update", args=[customer.pk]), {"version": 1, "industry": "Food", **data}
    )

    assert list(response.context["form"].errors if response.context else []) == errors
    assert Customer.objects.get().version == (1 if errors else 2)


@pytest.mark.parametrize("typed", ["sd-0004", "ＳＤ－0004", "Sd-0004"])
def test_search_finds_a_number_however_it_is_typed(client_for, agent, now, typed):
    customer = make_customer(at=now, number="SD-00042")
    client = client_for(agent)

    body = client.get(reverse("web:search"), {"q": typed}).content.decode()
    whole = client.get(reverse("web:search"), {"q": f"{typed}2"})

    assert customer.display_name in body
    assert whole.url == reverse("customers:detail", args=[customer.pk])


@pytest.mark.parametrize(("count", "says_more"), [(20, False), (21, True)])
def test_search_says_when_there_are_more_hits_than_shown(client_for, agent, now, count, says_more):
    for number in range(count):
        make_customer(at=now, number=f"N-{number:03}", company_name="")

    response = client_for(agent).get(reverse("web:search"), {"q": "n-"})

    assert [len(group.hits) for group in response.context["groups"]] == [20]
    assert ("There are more than these." in response.content.decode()) is says_more


def test_update_customer(client_for, supervisor, account_manager, now):
    customer = make_customer(at=now, kind=CustomerKind.INDIVIDUAL, person_name="Zhang Wei")
    url = reverse("customers:update", args=[customer.pk])
    client = client_for(supervisor)

    body = client.get(url).content.decode()
    response = client.post(
        url,
        {
            "version": 1,
            "kind": "individual",
            "region": "Bavaria",
            "account_manager": str(account_manager.pk),
            "tier": "vip",
            "number": "STOLEN",
        },
    )

    assert 'placeholder="Z****i"' in body
    assert "Zhang Wei" not in body
    assert response.status_code == 302
    stored = Customer.objects.get()
    assert (stored.region, stored.account_manager, stored.version) == ("Bavaria", account_manager, 2)
    assert (stored.person_name, stored.tier, stored.number) == ("Zhang Wei", None, customer.number)


def test_region_of_the_primary_address_is_offered_where_there_is_none(client_for, agent, now):
    customer, other = make_customer(number="C-1", at=now), make_customer(number="C-2", region="North", at=now)
    for each in (customer, other):
        add_address(customer=each, street="1", country="CN", region="浙江省", at=now)
        add_address(customer=each, street="2", country="CN", region="广东省", is_primary=True, at=now)
    client = client_for(agent)

    offered, not_offered = (
        client.get(reverse("customers:update", args=[each.pk])).content.decode() for each in (customer, other)
    )

    button = '<button class="btn btn-sm" type="button" data-fill="region" value="广东省">广东省</button>'
    assert (button in offered, "data-fill" in not_offered) == (True, False)


def test_update_customer_changed_meanwhile_shows_both_versions(client_for, agent, now):
    customer = make_customer(at=now, company_name="<b>Theirs</b>")
    Customer.objects.update(version=2)
    url = reverse("customers:update", args=[customer.pk])
    client = client_for(agent)

    response = client.post(url, {"version": 1, "kind": "company", "company_name": "Mine"})

    body = response.content.decode()
    assert response.status_code == 422
    assert 'value="Mine"' in body
    assert "</span>&lt;b&gt;Theirs&lt;/b&gt;" in body
    assert '<input type="hidden" name="seen" value="2"' in body
    assert Customer.objects.get().company_name == "<b>Theirs</b>"


def test_customer_of_another_tenant_is_not_found(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(at=now, company_name="Theirs")
    client = client_for(agent)
    data = {"version": 1, "kind": "company", "company_name": "Mine"}

    answers = [
        client.get(reverse("customers:detail", args=[theirs.pk])),
        client.get(reverse("customers:update", args=[theirs.pk])),
        client.post(reverse("customers:update", args=[theirs.pk]), data),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    with inside(other_tenant, leaving=tenant):
        stored = Customer.objects.get()
        assert (stored.company_name, stored.version) == ("Theirs", 1)


def test_update_customer_by_who_may_only_look_is_refused(client_for, analyst, now):
    customer = make_customer(at=now, company_name="Old")
    data = {"version": 1, "kind": "company", "company_name": "New"}

    response = client_for(analyst).post(reverse("customers:update", args=[customer.pk]), data)

    assert response.status_code == 403
    assert Customer.objects.get().company_name == "Old"


def test_search_finds_customers_by_the_beginning_of_their_number(client_for, agent, tenant, other_tenant, now):
    mine = make_customer(at=now, number="N-100", company_name="Blue Kiln")
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, number="N-101", company_name="Theirs")
    client = client_for(agent)

    body = client.get(reverse("web:search"), {"q": "N-1"}).content.decode()
    whole = client.get(reverse("web:search"), {"q": "N-100"})

    assert "Blue Kiln" in body
    assert "Theirs" not in body
    assert whole.url == reverse("customers:detail", args=[mine.pk])


def test_update_customer_removes_what_is_stored_when_told(client_for, agent, now):
    facts = {"person_name": "Zhang Wei", "special_needs": "Ring twice", "birthday": "1990-02-03"}
    customer = make_customer(at=now, kind=CustomerKind.INDIVIDUAL, **facts)
    url = reverse("customers:update", args=[customer.pk])
    client = client_for(agent)
    data = {"version": 1, "kind": "individual", "birthday-remove": "on", "special_needs-remove": "on"}

    body = client.get(url).content.decode()
    response = client.post(url, data)

    assert body.count("Remove what is stored") == 3
    assert response.status_code == 302
    stored = Customer.objects.get()
    assert (stored.person_name, stored.special_needs, stored.birthday) == ("Zhang Wei", None, None)


def test_update_customer_refuses_something_new_beside_a_removal(client_for, agent, now):
    customer = make_customer(at=now, special_needs="Ring twice")
    url = reverse("customers:update", args=[customer.pk])
    facts = {"version": 1, "kind": "company", "company_name": "Blue Kiln"}
    data = {**facts, "special_needs": "Leave it", "special_needs-remove": "on"}

    response = client_for(agent).post(url, data)

    body = response.content.decode()
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["special_needs"]
    assert "Leave it</textarea>" in body
    assert 'name="special_needs-remove" checked' in body
    assert Customer.objects.get().special_needs == "Ring twice"


def test_nothing_can_be_removed_where_nothing_is_stored(client_for, agent, now):
    customer = make_customer(at=now)
    url = reverse("customers:update", args=[customer.pk])
    client = client_for(agent)

    body = client.get(url).content.decode()
    facts = {"version": 1, "kind": "company", "company_name": "Blue Kiln"}
    response = client.post(url, {**facts, "special_needs": "New", "special_needs-remove": "on"})

    assert "Remove what is stored" not in body
    assert response.status_code == 302
    assert Customer.objects.get().special_needs == "New"
