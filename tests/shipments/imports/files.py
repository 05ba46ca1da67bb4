"""Files as they are sent to the pages, and what comes back."""

import csv
import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from core.jobs import running
from core.jobs.models import BackgroundJob
from shipments.models import ImportRun
from tests.factories.imports import work_off

FILE = (
    "waybill_number,customer_number,accepted_at,freight,weight_g\n"
    "W1,C1,2026-03-01 08:00,10.00,5\n"
    "W2,C1,2026-03-01 08:00,-1,5\n"
    "=W3,C2,2026-03-01 08:00,1,0\n"
)
ALIEN = "运单号,Customer Number,accepted at,Preço,weight_g\nW1,C1,2026-03-01 08:00,10.00,5\n"
COLUMNS = {name: name for name in ("waybill_number", "customer_number", "accepted_at", "freight", "weight_g")}
HEAD = "waybill_number,customer_number,accepted_at,freight,goods_category\n"


def upload(client, content: str | bytes = FILE, name: str = "march.csv"):
    content = content.encode() if isinstance(content, str) else content
    return client.post(reverse("shipments:upload"), {"file": SimpleUploadedFile(name, content)})


def make_run(user, now, **fields):
    return ImportRun.objects.create(file_name="f.csv", received_by=user, received_at=now, **fields)


def content_of(response) -> bytes:
    return b"".join(response.streaming_content)


def cells(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content_of(response).decode("utf-8-sig"))))


def imported(client, columns_url: str, data=COLUMNS) -> str:
    """Start the import by its page, do the job, and return the address of the run."""
    assert client.post(columns_url, data).url == reverse("console:job", args=[BackgroundJob.objects.latest("pk").pk])
    job = work_off(BackgroundJob.objects.latest("pk"), at=timezone.now())
    assert job.state == "done", job.error
    return reverse("shipments:import", args=[job.parameters["run"]])


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


def rows_of(numbers, *, day="2026-03-01", freight="1.00", goods="books") -> str:
    return "".join(f"W{number},C1,{day},{freight},{goods}\n" for number in numbers)


def perform_one_chunk(job, now):
    assert running._perform_chunk(tenant_id=job.tenant_id, job_id=job.pk, at=now)
