"""The settings page of groups: renamed, and deleted when nobody is in them any more."""

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from customers.models import Customer, CustomerGroup
from customers.services import GroupInUse, GroupNameTaken, delete_group, merge_customers, rename_group, undo_merge
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

LIST_QUERIES = 8
URL = "/settings/customer-groups/"


@pytest.fixture
def group(tenant, now):
    make_customer(at=now, number="N-1", group="Harbour Group")
    return CustomerGroup.objects.get()


def test_group_is_renamed_for_all_its_customers(group, administrator, now):
    rename_group(group=group, name="River Group", by=administrator, at=now)

    event = AuditEvent.objects.get(action="customer_group.renamed")
    assert Customer.objects.get().group.name == "River Group"
    assert (event.subject_id, event.changes) == (group.pk, {"name": ["Harbour Group", "River Group"]})


def test_no_two_groups_have_one_name(group, administrator, now):
    make_customer(at=now, group="River Group")

    with pytest.raises(GroupNameTaken):
        rename_group(group=group, name="River Group", by=administrator, at=now)

    assert set(CustomerGroup.objects.values_list("name", flat=True)) == {"Harbour Group", "River Group"}
    assert AuditEvent.objects.filter(action="customer_group.renamed").count() == 0


def test_group_with_customers_stays(group, administrator, now):
    with pytest.raises(GroupInUse):
        delete_group(group=group, by=administrator, at=now)

    assert Customer.objects.get().group == group


def test_merge_whose_group_was_deleted_since_is_undone_without_it(group, administrator, now):
    kept = make_customer(at=now, number="N-2", group="River Group")
    absorbed = Customer.objects.get(number="N-1")
    merge = merge_customers(kept=kept, absorbed=absorbed, versions=(1, 1), take=["group"], by=administrator, at=now)
    assert Customer.objects.get().group == group
    delete_group(group=CustomerGroup.objects.get(name="River Group"), by=administrator, at=now)

    undo_merge(merge=merge, by=administrator, at=now)

    assert {each.number: each.group for each in Customer.objects.all()} == {"N-1": group, "N-2": None}


def test_pages_rename_and_delete(client_for, administrator, agent, group):
    client = client_for(administrator)
    page = reverse("customers:rename_group", args=[group.pk])

    listed = client.get(URL).content.decode()
    assert "Harbour Group" in listed
    assert '<a href="/customers/?group=Harbour%20Group">1</a>' in listed
    assert "Delete" not in client.get(page).content.decode()
    assert client.post(page, {"name": " Ｒiver  Group "}).status_code == 302
    assert CustomerGroup.objects.get().name == "River Group"
    client.post(reverse("customers:delete_group", args=[group.pk]))
    assert CustomerGroup.objects.count() == 1
    Customer.objects.update(group=None)
    assert "Delete" in client.get(page).content.decode()
    client.post(reverse("customers:delete_group", args=[group.pk]))
    assert CustomerGroup.objects.count() == 0
    assert client_for(agent).get(URL).status_code == 403


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(
    rows, client_for, administrator, now, django_assert_num_queries, *, tenant, other_tenant
):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, group="Theirs")
    groups = CustomerGroup.objects.bulk_create(CustomerGroup(name=f"Group {place:03}") for place in range(rows))
    Customer.objects.bulk_create(
        Customer(number=f"N-{place}", created_at=now, group=groups[place // 2]) for place in range(rows)
    )
    client = client_for(administrator)
    client.get(URL)

    with django_assert_num_queries(LIST_QUERIES):
        answer = client.get(URL)

    shown = [(row.name, row.customer_count) for row in answer.context["rows"]]
    assert shown[:2] == [("Group 000", 2), ("Group 001", 2 if rows > 3 else 1)]
    assert len(shown) == min(rows, 50)
