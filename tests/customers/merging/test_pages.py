"""The pages on which customers are compared, merged, and parted again."""

from django.urls import reverse

from customers.models import Customer, CustomerMerge
from tests.customers.merging.pairs import merge
from tests.factories.accounts import inside
from tests.factories.customers import make_customer


def test_pages_compare_merge_lead_on_and_undo(client_for, supervisor, kept, absorbed):
    client = client_for(supervisor)
    url = reverse("customers:merge", args=[kept.pk])

    unknown = client.get(url, {"other": "X-404"})
    compared = client.get(url, {"other": "a-1"})
    choice = {"company_name": "kept", "industry": "absorbed", "region": "kept"}
    stale = client.post(f"{url}?other=A-1", {**choice, "kept_version": 1, "absorbed_version": 9})
    merged = client.post(f"{url}?other=A-1", {**choice, "kept_version": 1, "absorbed_version": 1})
    old_address = client.get(reverse("customers:detail", args=[absorbed.pk]), follow=True)

    assert (unknown.status_code, compared.status_code, merged.status_code) == (422, 200, 302)
    assert "No customer has this number." in unknown.content.decode()
    assert stale.status_code == 422
    assert "Somebody else changed one of the two in the meantime." in stale.content.decode()
    assert "Moves from A-1 to K-1" in compared.content.decode()
    assert Customer.objects.get().industry == "Food"
    assert old_address.redirect_chain == [(reverse("customers:detail", args=[kept.pk]), 302)]
    assert "A-1 was merged into this customer." in old_address.content.decode()
    assert client.get(reverse("customers:update", args=[absorbed.pk])).status_code == 404

    undone = client.post(reverse("customers:undo_merge", args=[kept.pk, CustomerMerge.objects.get().pk]), follow=True)

    assert "A-1 stands by itself again" in undone.content.decode()
    assert Customer.objects.count() == 2


def test_merge_without_a_choice_for_each_fact_is_refused(client_for, supervisor, kept, absorbed):
    answer = client_for(supervisor).post(f"{reverse('customers:merge', args=[kept.pk])}?other=A-1", {"region": "kept"})

    assert answer.status_code == 422
    assert Customer.objects.count() == 2


def test_merge_is_refused_to_who_may_only_edit(*, client_for, agent, kept, absorbed, supervisor, now):
    done = merge(kept, absorbed, supervisor, now)
    client = client_for(agent)

    assert client.get(reverse("customers:merge", args=[kept.pk])).status_code == 403
    assert client.post(reverse("customers:undo_merge", args=[kept.pk, done.pk])).status_code == 403
    assert Customer.objects.count() == 1


def test_customer_of_another_tenant_is_no_choice(*, client_for, supervisor, kept, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(number="R-1", at=now)

    answer = client_for(supervisor).get(reverse("customers:merge", args=[kept.pk]), {"other": "R-1"})

    assert (answer.status_code, "No customer has this number." in answer.content.decode()) == (422, True)


def test_who_may_not_assign_is_not_offered_another_account_manager(client_for, account_manager, kept, absorbed):
    Customer.objects.filter(pk=absorbed.pk).update(account_manager=account_manager)
    client, url = client_for(account_manager), f"{reverse('customers:merge', args=[kept.pk])}?other=A-1"
    choice = {"company_name": "kept", "industry": "kept", "region": "kept", "account_manager": "absorbed"}

    offered = client.get(url).context["form"].fields
    merged = client.post(url, {**choice, "kept_version": 1, "absorbed_version": 1})

    assert ("account_manager" in offered, merged.status_code) == (False, 302)
    assert Customer.objects.get().account_manager is None


def test_who_may_assign_is_offered_another_account_manager(client_for, account_manager, supervisor, kept, absorbed):
    Customer.objects.filter(pk=absorbed.pk).update(account_manager=account_manager)
    url = f"{reverse('customers:merge', args=[kept.pk])}?other=A-1"

    assert "account_manager" in client_for(supervisor).get(url).context["form"].fields
