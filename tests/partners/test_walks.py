"""The promise of the cursor: whoever walks a list while rows are added meets every first row exactly once.

Asked of every sort of every list that the description knows.
"""

from datetime import timedelta
from decimal import Decimal
from functools import reduce

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from behaviour.models import BehaviourEvent
from core.accounts.models import User
from core.jobs.models import BackgroundJob
from core.partners.bulk.kinds import RowResult
from core.partners.bulk.results import pack
from core.partners.models import BulkPart
from core.partners.schema import description
from customers.models import (
    Address,
    Consent,
    ConsentEntry,
    Contact,
    Customer,
    CustomerMerge,
    CustomerNeed,
    CustomField,
    FollowUp,
    Interaction,
    ManagerTerm,
    Purpose,
    PurposeText,
)
from development.models import Opportunity
from lifecycle.models import Lead, LeadSource, LostReason, StageChange
from service_plans.models import ServicePlan
from service_requests.models import ServiceRequest
from shipments.models import ScanEvent, Shipment
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner
from tiering.models import TierChange, TierPolicy


class Rows:
    """Makes rows of every resource, at few different times and sums, so that ties are many."""

    def __init__(self, now):
        self.now, self.made = now, 0
        self.owner = make_customer(at=now, number="OWNER")
        self.shipment = Shipment.objects.create(waybill_number="OWNED", customer=self.owner, accepted_at=now)
        self.job = BackgroundJob.objects.create(
            kind="shipments", title="OWNED", parameters={"request_id": ""}, created_at=now, due_at=now
        )

    def add_result(self):
        """A part of two rows; the results of a job grow at its end alone."""
        before = 2 * self.job.bulk_parts.count()
        result = pack((RowResult("created"), f"{before + row}", 0) for row in (1, 2))
        BulkPart.objects.create(job=self.job, number=before // 2, row_before=before, row_total=2, result=result)
        return before + 1

    def path_of(self, resource):
        ids = {"{customer}": self.owner, "{shipment}": self.shipment, "{job}": self.job}
        return reduce(lambda path, name: path.replace(name, str(ids[name].pk)), ids, resource)

    def add(self, resource, place):
        self.made += 1
        at, amount = self.now + timedelta(days=place), Decimal(place)
        # Of two neighbours one sorts before all that came first.
        name = f"{place}-{self.made}"
        match resource:
            case "/customers" | "/tiers":
                row = Customer.objects.create(number=name, contribution=amount, created_at=at)
            case "/shipments":
                row = Shipment.objects.create(waybill_number=name, customer=self.owner, accepted_at=at)
            case "/tier-changes":
                row = TierChange.objects.create(
                    customer=self.owner,
                    to_tier="vip",
                    reason="evaluation",
                    as_of=at.date(),
                    window_days=90,
                    policy_version=1,
                    contribution=amount,
                    shipment_count=1,
                    changed_at=at,
                )
            case "/service-requests":
                row = ServiceRequest.objects.create(
                    serial=self.made,
                    number=name,
                    kind="chase",
                    customer=self.owner,
                    text=name,
                    allowed_hours=8,
                    opened_at=at,
                    due_at=at,
                    queue_at=at,
                    warn_at=at,
                )
            case "/jobs":
                row = BackgroundJob.objects.create(kind="shipments", title=name, work=name, created_at=at, due_at=at)
            case "/jobs/{job}/results":
                return self.add_result()
            case "/purposes" | "/consents" | "/consent-entries":
                row = self.add_consent(resource, at)
            case "/shipments/{shipment}/events" | "/behaviour-events" | "/stage-changes":
                row = self.add_happening(resource, name, at)
            case "/follow-ups" | "/custom-fields" | "/lead-sources" | "/lost-reasons":
                row = self.add_named(resource, name, at)
            case _:
                row = self.add_part(resource, name, at)
        return str(row.pk)

    def add_named(self, resource, name, at):
        """Something to be done, or an entry of a list of the courier's."""
        match resource:
            case "/follow-ups":
                return FollowUp.objects.create(kind="call", subject=name, due_at=at, created_at=at)
            case "/custom-fields":
                return CustomField.objects.create(key=name, label=name, kind="text")
            case "/lead-sources":
                return LeadSource.objects.create(name_zh=name, name_en=name)
            case "/lost-reasons":
                return LostReason.objects.create(name_zh=name, name_en=name)

    def add_consent(self, resource, at):
        """A purpose, or what somebody said to one."""
        purpose = Purpose.objects.create(key=f"{at.day}-{self.made}", basis="consent")
        PurposeText.objects.create(purpose=purpose, written_at=at)
        facts = {"customer": self.owner, "purpose": purpose, "channel": "sms", "state": "given", "source": "web"}
        facts |= {"text_version": 1, "decided_at": at}
        match resource:
            case "/purposes":
                return purpose
            case "/consents":
                return Consent.objects.create(**facts)
            case "/consent-entries":
                return ConsentEntry.objects.create(said_of=self.owner.pk, recorded_at=at, **facts)

    def add_part(self, resource, name, at):
        """A part of a customer, or what is wished for and agreed with one."""
        match resource:
            case "/leads" | "/opportunities" | "/service-plans" | "/tier-policies" | "/portfolios" | "/handovers":
                return self.add_business(resource, name, at)
            case "/merges":
                absorbed = Customer.objects.create(number=name, created_at=at)
                return CustomerMerge.objects.create(kept=self.owner, absorbed=absorbed, merged_at=at)
            case "/customers/{customer}/interactions":
                return Interaction.objects.create(
                    customer=self.owner, kind="note", text=name, happened_at=at, recorded_at=at
                )
            case "/customers/{customer}/contacts":
                return Contact.objects.create(customer=self.owner, name=name, created_at=at)
            case "/customers/{customer}/addresses":
                return Address.objects.create(customer=self.owner, street=name)
            case "/customers/{customer}/needs":
                return CustomerNeed.objects.create(customer=self.owner, kind="time_window", added_to=self.owner.pk)

    def add_happening(self, resource, name, at):
        """A scan, a move between stages, or what the owner, who agreed to it, did on the web page."""
        if resource == "/shipments/{shipment}/events":
            return ScanEvent.objects.create(shipment=self.shipment, kind=f"{self.made}", happened_at=at)
        if resource == "/stage-changes":
            move = {"from_stage": "mature", "to_stage": "lost", "cause": "evaluation", "as_of": at.date()}
            move |= {"policy_version": 1, "shipment_count": 1, "changed_at": at}
            return StageChange.objects.create(customer=self.owner, **move)
        facts = {"customer": self.owner, "channel": "online", "state": "given", "source": "web", "text_version": 1}
        purpose = Purpose.objects.get(key="behaviour")
        Consent.objects.get_or_create(purpose=purpose, **facts, defaults={"decided_at": self.now})
        done = {"kind": "visit", "source": "web", "happened_at": at, "received_at": at}
        return BehaviourEvent.objects.create(customer=self.owner, event_id=name, **done)

    def add_business(self, resource, name, at):
        """A lead, an opportunity, what was agreed, rules of tiers, or who looks after customers."""
        numbered = {"serial": self.made, "number": name, "customer": self.owner}
        day = at.date()
        match resource:
            case "/leads":
                customer = Customer.objects.create(number=name, created_at=at)
                return Lead.objects.create(customer=customer, captured_at=at)
            case "/opportunities":
                facts = {"closes_on": day, "expected_freight": 0, "stage_since": at, "opened_at": at}
                return Opportunity.objects.create(**numbered, **facts)
            case "/service-plans":
                return ServicePlan.objects.create(**numbered, starts_on=day, ends_on=day, written_at=at)
            case "/tier-policies":
                return TierPolicy.objects.create(version=1 + self.made, created_at=at)
            case "/portfolios":
                facts = {"email": f"{name}@staff.example", "role": "account_manager", "date_joined": at}
                return User.objects.create(name=name, **facts)
            case "/handovers":
                return ManagerTerm.objects.create(customer=self.owner, reason="edited", started_at=at, ended_at=at)


def walks():
    for path, methods in description()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            if parameter["name"] == "sort":
                yield from ((path.removeprefix(API), sort) for sort in parameter["schema"]["enum"])


def test_every_list_is_walked():
    lists = {path for path, methods in description()["paths"].items() if "get" in methods and "{id}" not in path}

    walked = {f"{API}{path}" for path, _sort in walks()}
    by_number = {f"{API}/{name}/by-number/{{number}}" for name in ("customers", "shipments", "service-requests")}
    answers = {f"{API}/openapi.json", f"{API}/customers/{{customer}}/may-contact"}
    assert lists - walked == {*answers, *by_number}


@pytest.mark.parametrize(("resource", "sort"), list(walks()))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plan=st.tuples(
        st.lists(st.integers(0, 3), min_size=1, max_size=8),
        st.lists(st.lists(st.integers(0, 3), max_size=2), min_size=8, max_size=8),
        st.integers(1, 4),
    )
)
def test_walk_meets_every_first_row_exactly_once(tenant, now, resource, sort, plan):
    partner = _partner(tenant)
    # What an example makes goes with it; some of it nobody may delete.
    before = transaction.savepoint()
    try:
        stood, met = _walk(Rows(now), partner, resource, sort, plan)
    finally:
        transaction.savepoint_rollback(before)

    assert sorted(pk for pk in met if pk in stood) == sorted(stood)
    assert len(met) == len(set(met))


def _walk(rows, partner, resource, sort, plan):
    """Return the ids of the rows that stood there at first, and those that a walk met while others came."""
    first, added, limit = plan
    path = rows.path_of(resource)
    stood = [rows.add(resource, place) for place in first]
    waiting = iter(added)

    met, cursor = [], None
    while True:
        page = partner.get(path, {"sort": sort, "limit": limit, **({"cursor": cursor} if cursor else {})}).json()
        met += [row.get("id") or row.get("row") or row.get("manager_id") or row["customer_id"] for row in page["data"]]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
        for place in next(waiting, []):
            rows.add(resource, place)
    return stood, met


_partners = {}


def _partner(tenant):
    """One key for all examples of a test."""
    if tenant.pk not in _partners:
        _partners.clear()
        _partners[tenant.pk] = Partner()
    return _partners[tenant.pk]


@pytest.mark.parametrize("resource", sorted({path for path, _sort in walks()}))
def test_unknown_anything_is_400_that_names_it(tenant, now, resource):
    path, partner = Rows(now).path_of(resource), Partner()
    unknown = {
        "colour": "red",
        "filter": "x",
        "filter[colour][eq]": "red",
        "filter[number][like]": "x",
        "filter[][]": "x",
        "sort": "colour",
        "fields": "colour",
        "limit": "many",
        "include_total": "maybe",
        "cursor": "nonsense",
    }

    for name, value in unknown.items():
        answer = partner.get(path, {name: value})
        assert answer.status_code == 400, name
        assert [error["parameter"] for error in answer.json()["errors"]] == [name]
        assert answer.json()["errors"][0]["pointer"].startswith("#/query/")
