"""Queries that are compiled once and run for every tenant."""

import pytest

from core.accounts.models import Department, Team
from core.tenancy.errors import NoActiveTenant
from core.tenancy.prepared import Prepared
from customers.models import Customer
from customers.querysets import for_record, record_of
from customers.services import NewContactPoint, add_address, add_contact
from tests.factories.accounts import inside, outside
from tests.factories.customers import make_customer


@pytest.fixture
def teams():
    return Prepared(lambda department_id: Team.objects.filter(department_id=department_id).order_by("name"))


def test_prepared_brings_the_rows_of_the_given_id(tenant, teams, django_assert_num_queries):
    service, sales = (Department.objects.create(name=name) for name in ("Service", "Sales"))
    for name in ("North", "East"):
        Team.objects.create(name=name, department=service)
    Team.objects.create(name="Key clients", department=sales)

    with django_assert_num_queries(2):
        of_service, of_sales = teams.rows(service.pk), teams.rows(sales.pk)

    assert [team.name for team in of_service] == ["East", "North"]
    assert [team.name for team in of_sales] == ["Key clients"]
    assert of_service[0] == Team.objects.get(name="East")
    assert of_service[0].as_read["name"] == "East"


def test_prepared_in_one_tenant_shows_another_its_own_rows_alone(tenant, other_tenant, teams):
    ours = Department.objects.create(name="Service")
    Team.objects.create(name="North", department=ours)
    with inside(other_tenant, leaving=tenant):
        theirs = Department.objects.create(name="Service")
        Team.objects.create(name="South", department=theirs)
        assert [team.name for team in teams.rows(theirs.pk)] == ["South"]
        assert teams.rows(ours.pk) == []

    assert [team.name for team in teams.rows(ours.pk)] == ["North"]
    assert teams.rows(theirs.pk) == []


def test_prepared_without_a_tenant_is_refused(tenant, teams):
    department = Department.objects.create(name="Service")

    with outside(tenant), pytest.raises(NoActiveTenant):
        teams.rows(department.pk)


@pytest.mark.parametrize(
    "build",
    [
        lambda pk: Team.objects.filter(pk=pk).select_related("department"),
        lambda pk: Department.objects.filter(pk=pk).prefetch_related("team_set"),
        lambda _pk: Team.objects.all(),
        lambda pk: Team.all_tenants.filter(pk=pk),
    ],
)
def test_prepared_refuses_what_it_could_not_run_for_another_id(tenant, build):
    with pytest.raises(TypeError):
        Prepared(build).rows(tenant.pk)


def test_record_of_brings_what_for_record_does(tenant, now, django_assert_num_queries):
    customer = make_customer(number="SD-00001", at=now, company_name="Harbour Foods Ltd")
    for name in ("Li Ming", "Zhao Wei"):
        points = [
            NewContactPoint(kind="phone", value="13800138000"),
            NewContactPoint(kind="email", value="a@b.example"),
        ]
        add_contact(customer=customer, name=name, points=points, at=now)
    add_address(customer=customer, city="上海", street="淮海中路1号", at=now)
    asked = for_record(Customer.objects).get(pk=customer.pk)

    with django_assert_num_queries(4):
        record = record_of(customer.pk)

    assert record == asked
    assert list(record.addresses.all()) == list(asked.addresses.all())
    assert [[point.value for point in contact.points.all()] for contact in record.contacts.all()] == [
        [point.value for point in contact.points.all()] for contact in asked.contacts.all()
    ]
    assert [contact.name for contact in record.contacts.all()] == [contact.name for contact in asked.contacts.all()]
