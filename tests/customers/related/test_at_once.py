"""Groups and referrers named by several at once, with real commits: nobody waits in a circle, nobody brings in one."""

import pytest

from core.accounts.enums import Role
from core.tenancy.errors import DomainError
from core.tenancy.scope import tenant_scope
from customers.models import Customer, CustomerGroup
from customers.services import change_customer, delete_group, merge_customers
from customers.services.many import SentCustomer, upsert_customers
from tests.factories.accounts import make_tenant, make_user
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant(now):
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def by(tenant, now):
    with tenant_scope(tenant):
        return make_user(role=Role.SUPERVISOR, at=now)


@pytest.fixture
def three(tenant, now):
    """Three customers, in the order in which several are held."""
    with tenant_scope(tenant):
        return [make_customer(at=now, number=number) for number in ("A", "B", "C")]


def change(*, tenant, number, by, at, **changes):
    with tenant_scope(tenant):
        try:
            change_customer(customer=Customer.objects.get(number=number), changes=changes, by=by, at=at)
        except DomainError as refusal:
            return refusal.code
    return "changed"


def send(*, tenant, facts, by, at):
    sent = [SentCustomer(number, said) for number, said in facts.items()]
    with tenant_scope(tenant):
        upsert_customers(sent=sent, by=by, at=at)
    return [getattr(each.outcome, "code", each.outcome) for each in sent]


def referrers(tenant):
    with tenant_scope(tenant):
        return dict(Customer.objects.filter(referrer__isnull=False).values_list("number", "referrer__number"))


@pytest.mark.parametrize(("first", "second"), [("A", "B"), ("B", "A")])
def test_of_two_that_would_bring_each_other_one_does(now, others, tenant, by, three, *, first, second):
    with tenant_scope(tenant):
        change_customer(customer=Customer.objects.get(number=first), changes={"referrer": second}, by=by, at=now)
        waiting = others(change, tenant=tenant, number=second, referrer=first, by=by, at=now)
        wait_until_waiting(1, for_lock="transactionid")

    assert waiting.result() == "bad_referrer"
    assert referrers(tenant) == {first: second}


@pytest.mark.parametrize(("first", "second"), [("A", "B"), ("B", "A")])
def test_file_and_page_that_would_make_a_circle_do_not(now, others, tenant, by, three, *, first, second):
    with tenant_scope(tenant):
        upsert_customers(sent=[SentCustomer(first, {"referrer": second})], by=by, at=now)
        waiting = others(change, tenant=tenant, number=second, referrer=first, by=by, at=now)
        wait_until_waiting(1, for_lock="transactionid")

    assert waiting.result() == "bad_referrer"
    assert referrers(tenant) == {first: second}


def test_file_waits_for_who_names_a_referrer_among_its_customers(now, others, tenant, by, three):
    with tenant_scope(tenant):
        change_customer(customer=three[1], changes={"referrer": "A"}, by=by, at=now)
        facts = {number: {"region": "North"} for number in ("A", "B")}
        waiting = others(send, tenant=tenant, facts=facts, by=by, at=now)
        wait_until_waiting(1, for_lock="transactionid")

    assert waiting.result() == ["updated", "updated"]
    assert referrers(tenant) == {"B": "A"}


def test_file_waits_for_who_opens_one_that_it_has_with_a_referrer(now, others, tenant, by, three):
    with tenant_scope(tenant):
        make_customer(at=now, number="D", referrer="A")
        facts = {"A": {"region": "North"}, "D": {"company_name": "Delta"}}
        waiting = others(send, tenant=tenant, facts=facts, by=by, at=now)
        wait_until_waiting(1, for_lock="transactionid")

    assert waiting.result() == ["updated", "updated"]
    assert referrers(tenant) == {"D": "A"}


def test_merge_waits_for_who_names_a_referrer(now, others, tenant, by, three):
    with tenant_scope(tenant):
        Customer.objects.filter(number="A").update(referrer=three[2])

    def merge():
        with tenant_scope(tenant):
            merge_customers(kept=three[1], absorbed=three[2], versions=(1, 1), by=by, at=now)

    with tenant_scope(tenant):
        change_customer(customer=three[0], changes={"referrer": "B"}, by=by, at=now)
        waiting = others(merge)
        wait_until_waiting(1, for_lock="advisory")
    waiting.result()

    assert referrers(tenant) == {"A": "B"}


def delete(*, tenant, group, by, at):
    with tenant_scope(tenant):
        try:
            delete_group(group=group, by=by, at=at)
        except DomainError as refusal:
            return refusal.code
    return "deleted"


@pytest.fixture
def group(tenant, three):
    with tenant_scope(tenant):
        return CustomerGroup.objects.create(name="Harbour Group")


@pytest.mark.parametrize("is_file", [False, True])
def test_group_that_somebody_names_is_not_deleted(now, others, tenant, by, group, *, is_file):
    with tenant_scope(tenant):
        if is_file:
            upsert_customers(sent=[SentCustomer("A", {"group": "Harbour Group"})], by=by, at=now)
        else:
            customer = Customer.objects.get(number="A")
            change_customer(customer=customer, changes={"group": "Harbour Group"}, by=by, at=now)
        waiting = others(delete, tenant=tenant, group=group, by=by, at=now)
        wait_until_waiting(1, for_lock="transactionid")

    assert waiting.result() == "group_in_use"
    with tenant_scope(tenant):
        assert Customer.objects.get(number="A").group == group


def test_group_that_was_deleted_a_moment_ago_is_made_anew(now, others, tenant, by, group):
    with tenant_scope(tenant):
        delete_group(group=group, by=by, at=now)
        waiting = others(change, tenant=tenant, number="A", group="Harbour Group", by=by, at=now)
        wait_until_waiting(1, for_lock="transactionid")

    assert waiting.result() == "changed"
    with tenant_scope(tenant):
        assert Customer.objects.get(number="A").group.name == "Harbour Group"
