"""What becomes of groups and referrers when two customers become one, and two again."""

from datetime import timedelta

import pytest

from customers.models import Customer, CustomerGroup
from customers.services import plan_merge, undo_merge
from tests.customers.merging.pairs import merge
from tests.factories.customers import make_customer


@pytest.fixture
def kept(tenant, now):
    return make_customer(at=now, number="K")


@pytest.fixture
def absorbed(tenant, now):
    return make_customer(at=now, number="A")


def link(number, *, referrer=None, group=None):
    named = {"referrer": referrer and Customer.objects.get(number=referrer)}
    named["group"] = group and CustomerGroup.objects.get_or_create(name=group)[0]
    Customer.objects.filter(number=number).update(**{name: value for name, value in named.items() if value})


def links():
    """Return who was brought by whom, those that were merged included."""
    return dict(Customer.with_merged.values_list("number", "referrer__number"))


def test_whom_the_absorbed_one_brought_moves_and_comes_back(kept, absorbed, supervisor, now):
    for number in ("X", "Y"):
        make_customer(at=now, number=number, referrer="A")
    make_customer(at=now, number="Z", referrer="K")
    before = links()
    plan = plan_merge(kept=kept, absorbed=absorbed)

    done = merge(kept, absorbed, supervisor, now)
    assert ("Customers that it brought", 2) in [(str(label), count) for label, count in plan.moves]
    assert links() == {"K": None, "A": None, "X": "K", "Y": "K", "Z": "K"}
    undo_merge(merge=done, by=supervisor, at=now + timedelta(days=1))

    assert links() == before


def test_group_and_referrer_are_chosen(kept, absorbed, supervisor, now):
    make_customer(at=now, number="R")
    link("A", referrer="R", group="Harbour Group")
    link("K", group="River Group")
    before = links()
    pair = {"kept": Customer.objects.get(number="K"), "absorbed": Customer.objects.get(number="A")}
    facts = {fact.name: (str(fact.kept), str(fact.absorbed)) for fact in plan_merge(**pair).facts}
    assert facts["group"] == ("River Group", "Harbour Group")
    assert facts["referrer"] == ("None", "R")

    done = merge(kept, absorbed, supervisor, now, take=["group", "referrer"])
    one = Customer.objects.get(number="K")
    assert (one.group.name, one.referrer.number) == ("Harbour Group", "R")
    undo_merge(merge=done, by=supervisor, at=now)

    assert links() == before
    assert Customer.objects.get(number="K").group.name == "River Group"


@pytest.mark.parametrize(("brought", "by"), [("K", "A"), ("A", "K")])
@pytest.mark.parametrize("take", [(), ("referrer",)])
def test_who_brought_the_other_is_no_referrer_of_both(kept, absorbed, supervisor, now, brought, *, by, take):
    link(brought, referrer=by)
    before = links()
    pair = {"kept": Customer.objects.get(number="K"), "absorbed": Customer.objects.get(number="A")}
    assert "referrer" not in [fact.name for fact in plan_merge(**pair).facts]

    done = merge(kept, absorbed, supervisor, now, take=take)
    assert Customer.objects.get(number="K").referrer is None
    undo_merge(merge=done, by=supervisor, at=now)

    assert links() == before


def test_two_that_would_have_brought_each_other_do_not(kept, absorbed, supervisor, now):
    make_customer(at=now, number="X", referrer="A")
    link("K", referrer="X")
    before = links()

    done = merge(kept, absorbed, supervisor, now)
    assert links() == {"K": None, "A": None, "X": "K"}
    undo_merge(merge=done, by=supervisor, at=now)

    assert links() == before


def test_undoing_names_no_referrer_whom_the_kept_one_brought_since(kept, absorbed, supervisor, now):
    make_customer(at=now, number="R")
    link("K", referrer="R")
    done = merge(kept, absorbed, supervisor, now, take=["referrer"])
    assert links() == {"K": None, "A": None, "R": None}
    link("R", referrer="K")

    undo_merge(merge=done, by=supervisor, at=now)

    assert links() == {"K": None, "A": None, "R": "K"}
