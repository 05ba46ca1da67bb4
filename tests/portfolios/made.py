"""Portfolios for tests."""

from datetime import timedelta

from customers.enums import InteractionKind
from customers.models import Customer
from customers.services import record_interaction
from portfolios.services import create_policy, current_policy
from portfolios.services.policies import RULES
from tests.factories.customers import make_customer


def make_in(tier=None, *, at, stage="mature", **facts):
    """A customer in a tier, or in none, and a stage."""
    customer = make_customer(at=at, **facts)
    Customer.objects.filter(pk=customer.pk).update(tier=tier, stage=stage)
    return Customer.objects.get(pk=customer.pk)


def make_policy(*, by, at, **changes):
    """Rules that differ from those in force as `changes` say."""
    in_force = current_policy()
    rules = {name: getattr(in_force, name) for name in RULES}
    return create_policy(**{**rules, **changes}, replaces=in_force.version, by=by, at=at)


def talk(customer, *, days_ago, at, kind=InteractionKind.CALL):
    then = at - timedelta(days=days_ago)
    return record_interaction(customer=customer, kind=kind, text="Talked", happened_at=then, at=at)
