"""Every example of the developer guide runs, in the guide's order, and is answered as the guide shows."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, ask

GUIDE = Path(settings.BASE_DIR) / "docs" / "api.md"
# What stands below a customer, whose id and ETag the next examples do not mean.
PARTS = ("/contacts", "/interactions")
# What the id of an answer is called in later examples, by what stands in the address.
NAMES = {"/service-requests": "request", "/leads": "lead", "by-number": "shipment"}
BLOCK = re.compile(r"^```(\w+)(?: (\d+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    request: str
    status: int
    shown: str


def examples() -> list[Example]:
    blocks = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    assert [kind for kind, _status, _text in blocks] == ["http", "json"] * (len(blocks) // 2)
    pairs = zip(blocks[::2], blocks[1::2], strict=True)
    return [Example(request, int(status), shown) for (_http, _none, request), (_json, status, shown) in pairs]


def send(text: str, partner: Partner) -> Any:
    head, _blank, body = text.strip().partition("\n\n")
    line, *headers = head.splitlines()
    method, address = line.split(" ", 1)
    given = dict(header.split(": ", 1) for header in headers)
    path, _mark, query = address.removeprefix(API).partition("?")
    if query:
        path = f"{path}?{query}"
    return ask(path, body.encode() if body else None, method=method.lower(), **{**given, **partner.headers})


def differences(shown: Any, real: Any, place: str = "#") -> list[str]:
    """Return where the answer is not what is shown of it."""
    if isinstance(shown, dict) and isinstance(real, dict):
        return [each for name in shown for each in differences(shown[name], real.get(name, "?"), f"{place}/{name}")]
    if isinstance(shown, list) and isinstance(real, list) and len(shown) == len(real):
        pairs = enumerate(zip(shown, real, strict=True))
        return [each for index, (mine, theirs) in pairs for each in differences(mine, theirs, f"{place}/{index}")]
    return [] if shown == real else [f"{place}: {real!r} instead of {shown!r}"]


def perform_jobs(tenant: Any) -> None:
    for job in BackgroundJob.objects.filter(state="waiting"):
        perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: datetime.now(UTC))


def test_every_example_runs_and_is_answered_as_shown(tenant, now):
    make_customer(at=now, number="SD-00001")
    partner = Partner()
    known = {}

    for example in examples():
        request = example.request
        for name, value in known.items():
            request = request.replace(f"{{{name}}}", value)
        if "/results" in request:
            perform_jobs(tenant)
        answer = send(request, partner)

        assert answer.status_code == example.status, (request, answer.content.decode())
        real = json.loads(answer.content) if answer.content else None
        assert differences(json.loads(example.shown or "null"), real) == [], request
        place = request.split(" ", 2)[1].split()[0]
        if "ETag" in answer.headers and "/customers" in place and not any(part in place for part in PARTS):
            known |= {"etag": answer.headers["ETag"], **({"id": real["id"]} if real else {})}
        elif real and "id" in real:
            known[next((name for part, name in NAMES.items() if part in place), "job")] = real["id"]

    assert len(examples()) > 10


def test_a_wrong_example_is_found():
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": 2}], "c": 3}) == ["#/a/0/b: 2 instead of 1"]
    assert differences({"a": 1}, {}) == ["#/a: '?' instead of 1"]
