"""Who belongs to a customer, on its page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Customer, CustomerGroup
from customers.services import NewContactPoint, add_address, add_contact
from tests.customers.test_list import asked_for, plan_of
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

QUERIES = 10


def panel_of(client, customer):
    answer = client.get(reverse("customers:panel", args=[customer.pk, "related"]), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer


def test_panel_names_referrer_brought_and_group(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, group="Harbour Group", company_name="Theirs")
    first = make_customer(at=now, number="R-1", company_name="Referrer Ltd")
    customer = make_customer(at=now, number="N-1", company_name="Blue Kiln", group="Harbour Group", referrer="R-1")
    brought = make_customer(at=now, number="B-1", company_name="Brought Ltd", referrer="N-1")
    member = make_customer(at=now, number="G-1", company_name="Member Ltd", group="Harbour Group")
    Customer.objects.filter(pk__in=[customer.pk, member.pk]).update(contribution="1200.50")
    client = client_for(agent)

    answer = panel_of(client, customer)

    body, panel = answer.content.decode(), answer.context["panel"]
    assert (panel.referrer, panel.brought, panel.members) == (first, [brought], [member])
    assert (panel.group_count, str(panel.group_contribution)) == (2, "2401.00")
    for each in (first, brought, member):
        url = reverse("customers:detail", args=[each.pk])
        assert f'<a class="row-title" href="{url}">{each.company_name}</a>' in body
    assert [str(label) for label, _each in panel.lines] == ["Referrer", "Brought by this customer", "Same group"]
    assert 'href="/customers/?group=Harbour+Group"' in body
    assert "Theirs" not in body
    listed = client.get(panel.group_url).context["rows"]
    assert {row.pk for row in listed} == {customer.pk, member.pk}


def test_panel_of_who_has_nobody(client_for, agent, now):
    answer = panel_of(client_for(agent), make_customer(at=now))

    assert "this customer has brought nobody yet" in answer.content.decode()


@pytest.mark.parametrize("rows", [3, 300])
def test_panel_asks_the_same_number_of_queries(rows, client_for, agent, now, django_assert_num_queries):
    make_customer(at=now, number="R-1")
    customer = make_customer(at=now, number="N-1", group="Harbour Group", referrer="R-1")
    group = CustomerGroup.objects.get()
    Customer.objects.bulk_create(
        Customer(number=f"{kind}-{place}", created_at=now, contribution=place, **links)
        for place in range(rows)
        for kind, links in (("B", {"referrer": customer}), ("G", {"group": group}))
    )
    client = client_for(agent)
    panel_of(client, customer)

    with django_assert_num_queries(QUERIES):
        panel = panel_of(client, customer).context["panel"]

    assert (panel.brought_count, panel.group_count) == (rows, rows + 1)
    first = list(reversed(range(rows)))[:10]
    assert [each.number for each in panel.brought] == [f"B-{place}" for place in first]
    assert [each.number for each in panel.members] == [f"G-{place}" for place in first]


def test_group_of_a_list_is_served_by_its_index(client_for, agent, now):
    make_customer(at=now, number="N-1", group="Harbour Group")

    plan = plan_of(asked_for(client_for(agent), group="Harbour Group"))

    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("crm_app",)
    assert "using customer_by_group" in plan


@pytest.mark.parametrize("parts", [0, 3])
def test_whole_page_asks_at_most_fifteen_queries(parts, client_for, supervisor, now):
    """Of somebody who may merge; with the one that opens the tenant's scope, which is open here already."""
    make_customer(at=now, number="R-1")
    customer = make_customer(at=now, number="N-1", group="Harbour Group", referrer="R-1", by=supervisor)
    for place in range(parts):
        points = [NewContactPoint(kind="phone", value=f"+861380013800{place}")]
        add_contact(customer=customer, name="Li Na", points=points, by=supervisor, at=now)
        add_address(customer=customer, street=f"{place} Dock Road", by=supervisor, at=now)
    client = client_for(supervisor)
    url = reverse("customers:detail", args=[customer.pk])
    client.get(url)

    with CaptureQueriesContext(connection) as captured:
        client.get(url)

    asked = [query for query in captured if "SAVEPOINT" not in query["sql"]]
    assert len(asked) + 1 == (15 if parts else 14)
