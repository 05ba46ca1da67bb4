"""Jobs of partners that sent many rows: what they are told of them, and what is kept."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from core.audit.erasures import erase_parts_of_tenant
from core.jobs.models import BackgroundJob
from core.jobs.nightly import run_job
from core.jobs.running import cancel_job
from core.partners.models import BulkPart
from shipments.models import Shipment
from tests.factories.accounts import inside, outside
from tests.factories.bulk import perform, results, send, shipment
from tests.factories.partners import API, Partner, check_described

NDJSON = "application/x-ndjson"
RESULT_QUERIES = 8


@pytest.fixture
def partner(tenant):
    return Partner()


def test_results_are_paged_filtered_and_sorted(partner):
    rows = [shipment(number, **({"freight": "x"} if number % 3 == 0 else {})) for number in range(10)]
    job_id = perform(send(partner, rows).json()["id"]).pk

    def found(**params):
        return [row["row"] for row in results(partner, job_id, **params)]

    assert found(sort="-row") == [*range(10, 0, -1)]
    assert found(**{"filter[status][eq]": "failed"}) == [1, 4, 7, 10]
    assert found(**{"filter[status][ne]": "failed"}) == [2, 3, 5, 6, 8, 9]
    assert found(**{"filter[status][in]": "failed,created", "filter[status][ne]": "created"}) == [1, 4, 7, 10]
    path = f"/jobs/{job_id}/results"
    first = partner.get(path, {"limit": 4, "fields": "row", "include_total": "true"}).json()
    assert first["data"] == [{"row": number} for number in range(1, 5)]
    assert (first["total"], first["has_more"]) == (10, True)
    last = partner.get(path, {"limit": 6, "cursor": first["next_cursor"]}).json()
    assert [row["row"] for row in last["data"]] == [*range(5, 11)]
    assert (last["has_more"], last["next_cursor"]) == (False, None)
    other = perform(send(partner, [shipment(1)]).json()["id"]).pk
    assert partner.get(f"/jobs/{other}/results", {"cursor": first["next_cursor"]}).status_code == 400


@pytest.mark.parametrize("rows", [3, 300])
def test_results_ask_the_same_number_of_queries(rows, tenant, partner, django_assert_num_queries):
    job_id = perform(send(partner, [shipment(number) for number in range(rows)]).json()["id"]).pk

    with outside(tenant), django_assert_num_queries(RESULT_QUERIES):
        answer = Client().get(f"{API}/jobs/{job_id}/results", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)


def test_key_sees_the_jobs_of_kinds_that_it_may_send(tenant, partner, administrator, now):
    of_shipments = send(partner, [shipment(1)]).json()["id"]
    of_customers = send(partner, [{"number": "N-1", "company_name": "Acme"}], "/customers/bulk").json()["id"]
    BackgroundJob.objects.create(kind="export", title="Export", owner=administrator, created_at=now, due_at=now)
    other = Partner(name="Other", allowed=["jobs:read", "customers:write"])
    without = Partner(name="Without", allowed=["customers:write"])

    def seen(sender, **params):
        answer = sender.get("/jobs", params).json()
        check_described("/jobs", answer)
        return [row["id"] for row in answer["data"]]

    assert seen(partner) == [of_customers, of_shipments]
    assert seen(partner, **{"filter[kind][eq]": "shipments", "filter[state][in]": "waiting,done"}) == [of_shipments]
    assert seen(other) == [of_customers]
    assert other.get(f"/jobs/{of_shipments}").status_code == 404
    assert other.get(f"/jobs/{of_shipments}/results").status_code == 404
    assert other.get(f"/jobs/{of_customers}/results").status_code == 200
    assert without.get("/jobs").json()["code"] == "scope_missing"
    assert send(other, [shipment(2)]).json()["code"] == "scope_missing"
    assert BackgroundJob.objects.filter(kind="shipments").count() == 1


def test_jobs_of_another_tenant_are_not_there(tenant, other_tenant, partner):
    mine = perform(send(partner, [shipment(1)]).json()["id"]).pk
    with inside(other_tenant, leaving=tenant):
        stranger = Partner()

    assert stranger.get("/jobs").json()["data"] == []
    for path in (f"/jobs/{mine}", f"/jobs/{mine}/results"):
        assert (partner.get(path).status_code, stranger.get(path).status_code) == (200, 404)


def test_cancelled_job_keeps_what_is_done(partner, administrator, now):
    job_id = send(partner, [shipment(1)]).json()["id"]
    cancel_job(job=BackgroundJob.objects.get(pk=job_id), by=administrator, at=now)

    assert (perform(job_id).state, Shipment.objects.count()) == ("cancelled", 0)


def test_rows_and_results_are_forgotten_after_a_week_and_erased_with_their_tenant(partner):
    done = perform(send(partner, [shipment(1)]).json()["id"])
    send(partner, [shipment(2)])
    at = datetime.now(UTC)
    BackgroundJob.objects.filter(pk=done.pk).update(finished_at=at - timedelta(days=8))

    assert run_job("forget-rows", business_date=at.date(), at=at) == {"parts": 1}
    assert results(partner, done.pk) == []
    assert erase_parts_of_tenant()["sent_rows"] == 1
    assert BulkPart.objects.count() == 0
