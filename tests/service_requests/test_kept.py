"""What is kept of a customer's requests: erased, copied, carried over by a merge and back."""

import json

import pytest

from core.accounts.holdings import held_by
from core.audit.models import AuditEvent
from customers.relations import copied
from customers.services import ErasureReason, erase_customer, merge_customers, undo_merge
from service_requests.enums import RequestState
from service_requests.models import ServiceRequest
from service_requests.services import close_request, take_request
from tests.factories.customers import make_customer
from tests.factories.service_requests import open_for


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now)


def test_erasure_takes_what_was_said_and_leaves_the_business(customer, agent, administrator, now):
    request, other = open_for(customer, at=now), open_for(at=now)
    close_request(request=request, state=RequestState.DONE, outcome="Told Lin Mei", by=agent, at=now)

    figures = erase_customer(customer=customer, reason=ErasureReason.REQUEST, by=administrator, at=now)

    erased = ServiceRequest.objects.get(pk=request.pk)
    assert figures["service_requests"] == 1
    assert (erased.text, erased.outcome) == (None, None)
    assert (erased.number, erased.state) == (request.number, RequestState.DONE)
    assert ServiceRequest.objects.get(pk=other.pk).text == "Where is it?"


def test_page_of_an_erased_one_says_so(customer, administrator, client_for, agent, now):
    request = open_for(customer, at=now)
    erase_customer(customer=customer, reason=ErasureReason.REQUEST, by=administrator, at=now)

    text = client_for(agent).get(f"/service-requests/{request.pk}/").content.decode()

    assert "Erased with the customer's personal data." in text


def test_copy_holds_what_was_said(customer, now):
    open_for(customer, at=now)
    open_for(at=now)

    assert [row.text for row in copied()["service_requests"].rows(customer)] == ["Where is it?"]


def test_merge_carries_requests_over_and_undoing_brings_them_back(customer, supervisor, now):
    other = make_customer(at=now)
    own, moved = open_for(customer, at=now), open_for(other, at=now)

    merge = merge_customers(kept=customer, absorbed=other, versions=(1, 1), by=supervisor, at=now)
    assert {each.pk for each in customer.service_requests.all()} == {own.pk, moved.pk}
    undo_merge(merge=merge, by=supervisor, at=now)

    assert [each.pk for each in customer.service_requests.all()] == [own.pk]
    assert ServiceRequest.objects.get(pk=moved.pk).customer_id == other.pk


def test_who_leaves_holds_what_is_unfinished(customer, agent, now):
    for request in (open_for(customer, at=now), open_for(customer, at=now)):
        take_request(request=request, by=agent, at=now)
    close_request(request=request, state=RequestState.DONE, outcome="ok", by=agent, at=now)

    assert [(holding.name, count) for holding, count in held_by(agent, at=now)] == [("service_requests", 1)]


def test_trail_holds_nothing_that_was_said(customer, agent, now):
    request = open_for(customer, at=now, text="Lin Mei wishes", by=agent)
    close_request(request=request, state=RequestState.DONE, outcome="Told Lin Mei", by=agent, at=now)

    rows = [(row.changes, row.details) for row in AuditEvent.objects.filter(subject_id=request.pk)]
    assert len(rows) == 2
    assert "Lin Mei" not in json.dumps(rows)
