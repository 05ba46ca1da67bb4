"""A tenant's own fields in the list of customers and in its file."""

import csv
import io

import pytest
from django.http import QueryDict

from customers.models import Customer
from customers.services import add_custom_field, retire_custom_field
from customers.views.customers import CustomerListView
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

URL = "/customers/"
COLUMNS = "number,custom_lorries,custom_paid,custom_terms,custom_dock"
LIST_QUERIES = 10
VALUES = {"lorries": "1234.5", "paid": "2026-05-01", "terms": "Spot", "dock": "<b>West</b>"}


@pytest.fixture
def fields(tenant, administrator, now):
    kinds = {"lorries": "number", "paid": "date", "terms": "choice", "dock": "text"}
    return {
        key: add_custom_field(
            key=key,
            label=key.title(),
            kind=kind,
            choices=["Spot", "Annual"] if kind == "choice" else [],
            by=administrator,
            at=now,
        )
        for key, kind in kinds.items()
    }


def offered(response):
    return [column.name for column, _shown in response.context["list"].column_choices]


def test_list_offers_the_fields_and_shows_those_that_are_chosen(client_for, agent, fields, now):
    make_customer(at=now, number="N-1", custom_values=VALUES)
    make_customer(at=now, number="N-2", custom_values={"lorries": "7"})
    client = client_for(agent)

    of_itself = client.get(URL)
    chosen = client.get(URL, {"columns": COLUMNS})

    assert {f"custom_{key}" for key in fields} <= set(offered(of_itself))
    assert "Lorries" not in [str(column.label) for column in of_itself.context["list"].shown_columns]
    content = " ".join(chosen.content.decode().split())
    for cell in (
        '<td class="number" data-label="Lorries">1,234.5</td>',
        '<td class="number" data-label="Lorries">7</td>',
        '<td data-label="Paid">2026-05-01</td>',
        '<td data-label="Terms">Spot</td>',
        '<td data-label="Dock">&lt;b&gt;West&lt;/b&gt;</td>',
    ):
        assert cell in content


def test_file_has_the_values_as_what_they_are(fields, now):
    make_customer(at=now, number="N-1", custom_values=VALUES)
    page = CustomerListView().page_of(QueryDict(f"columns={COLUMNS}"), path=URL)

    [row] = [[column.value(each) for column in page.file_columns] for each in page.rows]

    assert [str(value) for value in row[1:]] == ["N-1", "1234.5", "2026-05-01", "Spot", "<b>West</b>"]
    assert [type(value).__name__ for value in row[2:4]] == ["float", "date"]
    text = io.StringIO()
    csv.writer(text).writerow(row)
    assert "1234.5" in text.getvalue()


def test_retired_fields_and_those_of_others_are_no_columns(
    client_for, agent, administrator, tenant, other_tenant, *, fields, now
):
    with inside(other_tenant, leaving=tenant):
        add_custom_field(key="theirs", label="Theirs", kind="text", by=administrator, at=now)
    retire_custom_field(field=fields["dock"], by=administrator, at=now)

    answer = client_for(agent).get(URL, {"columns": COLUMNS})

    assert answer.status_code == 422
    assert "There is no column called “custom_dock”." in answer.content.decode()
    assert not {"custom_dock", "custom_theirs"} & set(offered(answer))


@pytest.mark.parametrize("count", [3, 300])
def test_list_asks_the_same_number_of_queries(count, client_for, agent, now, django_assert_num_queries, *, fields):
    Customer.objects.bulk_create(
        Customer(number=f"N-{number}", company_name="A", custom_values=VALUES, created_at=now)
        for number in range(count)
    )
    client = client_for(agent)
    client.get(URL)

    with django_assert_num_queries(LIST_QUERIES):
        answer = client.get(URL, {"columns": COLUMNS})

    assert len(answer.context["rows"]) == min(count, 50)
