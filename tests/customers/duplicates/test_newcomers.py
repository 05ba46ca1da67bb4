"""Whom a new customer may be is said before its archive is opened, to everybody who may open one."""

import re

import pytest
from django.urls import reverse

from core.crypto.masking import mask_name
from customers.enums import ContactPointKind
from customers.models import Contact, ContactPoint, Customer
from customers.services import NewContactPoint, add_contact
from lifecycle.models import Lead
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tests.factories.partners import Partner, check_described

PHONE = "+8613800138001"
COMPANY = {"number": "B-1", "kind": "company", "company_name": "KINGSWAY FOODS LIMITED"}
# The comparison and what the form offers, however many are alike.
QUERIES = 15


@pytest.fixture
def known(tenant, now):
    """A company with a contact whose phone is known."""
    customer = make_customer(number="A-1", company_name="Kingsway Foods Ltd", at=now)
    points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
    add_contact(customer=customer, name="Lin Mei", is_primary=True, points=points, at=now)
    return customer


@pytest.fixture
def url():
    return reverse("customers:create")


def anyway(answer):
    """The confirmation that the page offers, without a script."""
    return re.search(r'name="create_anyway" value="([^"]*)"', answer.content.decode())[1]


@pytest.mark.parametrize("person", ["agent", "account_manager", "supervisor"])
def test_everybody_who_creates_is_told_before_anything_is_saved(person, request, client_for, known, url):
    client = client_for(request.getfixturevalue(person))

    asked = client.post(url, COMPANY)

    page = asked.content.decode()
    assert asked.status_code == 422
    assert "This may be a customer that is here already:" in page
    assert f'href="{reverse("customers:detail", args=[known.pk])}"' in page
    assert "Kingsway Foods Ltd" in page
    assert list(Customer.objects.all()) == [known]

    created = client.post(url, {**COMPANY, "create_anyway": anyway(asked)})

    assert created.status_code == 302
    assert set(Customer.objects.values_list("number", flat=True)) == {"A-1", "B-1"}


def test_nobody_is_asked_of_somebody_unknown(client_for, agent, known, url):
    answer = client_for(agent).post(url, {**COMPANY, "company_name": "Red Kiln Pottery"})

    assert (answer.status_code, Customer.objects.count()) == (302, 2)


def test_phone_of_the_first_contact_is_the_best_evidence(client_for, agent, known, url):
    facts = {**COMPANY, "company_name": "Quite another name", "contact_name": "Mrs Lin", "phone": "138 0013 8001"}
    client = client_for(agent)

    asked = client.post(url, facts)

    assert asked.status_code == 422
    assert [(each.customer, each.match.reasons) for each in asked.context["alike"]] == [(known, ("phone",))]

    client.post(url, {**facts, "create_anyway": anyway(asked), "email": "lin@example.com"})

    contact = Contact.objects.get(customer__number="B-1")
    assert (contact.name, contact.is_primary) == ("Mrs Lin", True)
    assert {(point.kind, point.value) for point in ContactPoint.objects.filter(contact=contact)} == {
        ("phone", PHONE),
        ("email", "lin@example.com"),
    }


def test_contact_without_a_name_has_that_of_the_customer(client_for, agent, tenant, url):
    facts = {"number": "B-1", "kind": "individual", "person_name": "Lin Mei", "phone": PHONE, "contact_name": "hidden"}

    client_for(agent).post(url, facts)

    assert Contact.objects.get().name == "Lin Mei"


@pytest.mark.parametrize(("name", "value"), [("phone", "12"), ("email", "nobody")])
def test_what_reaches_nobody_is_refused_beside_its_field(*, name, value, client_for, agent, tenant, url):
    answer = client_for(agent).post(url, {**COMPANY, name: value})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [name])
    assert not Customer.objects.exists()


def test_confirmation_holds_for_those_who_were_shown_alone(client_for, agent, known, url, now):
    client = client_for(agent)
    asked = client.post(url, COMPANY)
    make_customer(number="A-2", company_name="Kingsway Foods", at=now)

    again = client.post(url, {**COMPANY, "create_anyway": anyway(asked)})

    assert again.status_code == 422
    assert {each.customer.number for each in again.context["alike"]} == {"A-1", "A-2"}
    assert not Customer.objects.filter(number="B-1").exists()


def test_names_of_people_stay_masked(client_for, agent, tenant, url, now):
    person = {"kind": "individual", "company_name": "", "person_name": "Zhang Weiguo"}
    customer = make_customer(number="A-1", at=now, **person)
    points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
    add_contact(customer=customer, name="Zhang Weiguo", points=points, at=now)

    page = client_for(agent).post(url, {**COMPANY, "company_name": "Red Kiln", "phone": PHONE}).content.decode()

    assert mask_name("Zhang Weiguo") in page
    assert "Zhang Weiguo" not in page


def test_customers_of_another_tenant_are_not_alike(*, client_for, agent, tenant, other_tenant, url, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(number="A-1", company_name="Kingsway Foods Ltd", at=now)

    assert client_for(agent).post(url, COMPANY).status_code == 302


@pytest.mark.parametrize("alike", [1, 5])
def test_question_asks_the_same_number_of_queries(
    *, alike, client_for, agent, known, url, now, django_assert_num_queries
):
    for place in range(alike - 1):
        make_customer(number=f"C-{place}", company_name="Kingsway Foods Ltd", at=now)
    client = client_for(agent)
    client.post(url, COMPANY)

    with django_assert_num_queries(QUERIES):
        asked = client.post(url, COMPANY)

    assert len(asked.context["alike"]) == alike


def test_who_takes_up_a_lead_is_asked_as_well(client_for, agent, known):
    client, url = client_for(agent), reverse("lifecycle:create_lead")
    facts = {"kind": "company", "company_name": "Red Kiln", "phone": PHONE}

    asked = client.post(url, facts)
    assert (asked.status_code, Lead.objects.count()) == (422, 0)
    assert f'href="{reverse("customers:detail", args=[known.pk])}"' in asked.content.decode()

    client.post(url, {**facts, "create_anyway": anyway(asked)})
    assert Lead.objects.get().customer.company_name == "Red Kiln"


def test_partners_are_told_and_refused_nothing(known):
    partner = Partner()
    answer = partner.send("post", "/customers", {"number": "B-1", "company_name": "Kingsway Foods Ltd"})
    unknown = partner.send("post", "/customers", {"number": "B-2", "company_name": "Red Kiln Pottery"})

    assert answer.status_code == 201
    check_described("/customers", answer.json(), method="post", status=201)
    assert answer.json()["possible_duplicates"] == [{"number": "A-1", "score": 55, "reasons": ["name"]}]
    assert unknown.json()["possible_duplicates"] == []
