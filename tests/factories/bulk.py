"""What partners send at once, the job that does it, and what became of each row."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
from tests.factories.partners import Partner, check_described

AMOUNT = {"amount": "12.50", "currency": "CNY"}


def shipment(number: int, **facts: Any) -> dict[str, Any]:
    return {
        "waybill_number": f"W-{number}",
        "customer_number": f"N-{number % 3}",
        "accepted_at": "2026-03-01T08:00:00Z",
        "freight": AMOUNT,
        **facts,
    }


def send(partner: Partner, rows: Any, path: str = "/shipments/bulk", **headers: str) -> HttpResponse:
    return partner.send("post", path, rows, **headers)


def perform(job_id: str) -> BackgroundJob:
    job = BackgroundJob.objects.get(pk=job_id)
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: datetime.now(UTC))
    job.refresh_from_db()
    return job


def results(partner: Partner, job_id: str, **params: Any) -> list[dict[str, Any]]:
    answer = partner.get(f"/jobs/{job_id}/results", {"limit": 200, **params}).json()
    check_described("/jobs/{job}/results", answer)
    return answer["data"]


def faults(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in result["problem"]["errors"]]
