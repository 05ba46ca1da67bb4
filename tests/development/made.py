"""Opportunities and proposals for tests."""

from datetime import date
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from development.models import Proposal
from development.services import (
    add_line,
    add_service,
    approve_proposal,
    create_proposal,
    open_opportunity,
    propose_proposal,
    share_proposal,
)


def make_opportunity(customer, *, by, at, title="Export lane to Osaka", freight="12000", **facts):
    facts = {"closes_on": date(2026, 4, 30), "owner": by, **facts}
    return open_opportunity(customer=customer, title=title, expected_freight=Decimal(freight), **facts, by=by, at=at)


def make_service(*, at, **facts):
    facts = {
        "kind": "distribution",
        "name_zh": "准时保障",
        "name_en": "Punctual",
        "description_en": "Watched all the way.",
        "price_basis": "per_month",
        "list_price": Decimal(1200),
        "measure": "on_time",
        "improves_percent": 50,
        "plan_item": "product",
        **facts,
    }
    return add_service(facts=facts, by=None, at=at)


PUNCTUAL = {"text": "Ask Lin Mei.", "price": Decimal(1200), "price_basis": "per_month", "measure": "on_time"}


def make_proposal(opportunity, *, by, at, service=None, valid_until=date(2026, 4, 1), **facts):
    """A draft with one line, which promises 95 per cent on time in place of 80."""
    proposal = create_proposal(opportunity=opportunity, valid_until=valid_until, by=by, at=at, **facts)
    line = {**PUNCTUAL, "service": service or make_service(at=at), "baseline": Decimal(80), "target": Decimal(95)}
    add_line(proposal=proposal, facts=line, by=by, at=at)
    return Proposal.objects.get(pk=proposal.pk)


def make_shared(opportunity, *, by, approver, at, **facts):
    proposal = make_proposal(opportunity, by=by, at=at, **facts)
    propose_proposal(proposal=proposal, by=by, at=at)
    approve_proposal(proposal=proposal, by=approver, at=at)
    return share_proposal(proposal=proposal, by=by, at=at)


def queries_of(client, pages):
    """Return how many queries each page takes, by its name, once it was shown before."""
    found = {}
    for name, url in pages.items():
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        found[name] = len(captured)
    return found
