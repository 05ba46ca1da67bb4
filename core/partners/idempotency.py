"""Idempotency-Key: a POST sent again has one effect and one answer.

Key, effect and answer are one transaction, so a crash half-way leaves nothing done and the key free. What was refused
had no effect; it is not kept, and the next try is a first one.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from core.partners.models import ApiKey, KeptAnswer
from core.partners.problems import DETAILS, Fault, Refused
from core.tenancy.scope import required_tenant_id

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_FOR = timedelta(hours=24)
KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Content-Language")
RETRY_SECONDS = 1
SHAPE = re.compile(r"[\x21-\x7e]{1,255}")
# The lock ends with the transaction, whether it is committed, rolled back or cut off.
# Two statements in one round trip, because the second must see what was committed before the first had the lock.
TAKE = """
    select set_config('app.once', pg_try_advisory_xact_lock(hashtextextended(%s, 0))::text, true);
    select current_setting('app.once')::boolean,
        exists (select from partners_keptanswer where tenant_id = %s and key = %s and route = %s)"""


class Replay(Exception):
    """The request was answered before: `response` is that answer, `revealed_records` how many people it tells of."""

    def __init__(self, response: HttpResponse, revealed_records: int) -> None:
        self.response, self.revealed_records = response, revealed_records
        super().__init__()


@dataclass(frozen=True)
class Once:
    """One request that is to have one effect."""

    key: str
    route: str
    request_hash: bytes

    @classmethod
    def begin(cls, request: HttpRequest, *, body: bytes, by: ApiKey, at: datetime) -> "Once | None":
        """Take the request's key for this transaction; None where it has none.

        Raises Replay for a request that was answered, and Refused for a bad key (400), one that another request is at
        (409) or that came with another request (422).
        """
        key = request.headers.get(HEADER)
        if key is None:
            return None
        if not SHAPE.fullmatch(key):
            detail = _("Give 1 to 255 visible ASCII letters.")
            raise Refused(
                400,
                code="invalid_idempotency_key",
                detail=detail,
                faults=[Fault(header=HEADER, code="invalid_idempotency_key", detail=detail)],
            )
        # Another API key of the tenant is another request: it must not be told what this one was.
        facts = [str(by.pk), request.method, request.get_full_path(), request.headers.get("Content-Type", "")]
        once = cls(key, request.path, hashlib.sha256(json.dumps(facts).encode() + b"\n" + body).digest())
        if once._take():
            once._answer_again(at)
        return once

    def _take(self) -> bool:
        """Lock the key, and tell whether an answer is kept."""
        tenant_id = required_tenant_id()
        with connection.cursor() as cursor:
            lock = json.dumps([str(tenant_id), self.route, self.key])
            cursor.execute(TAKE, [lock, tenant_id, self.key, self.route])
            is_ours, is_kept = cursor.fetchone()
        if not is_ours:
            raise Refused(
                409,
                code="idempotency_key_in_use",
                detail=_("A request with this Idempotency-Key is being worked on."),
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        return is_kept

    def _answer_again(self, at: datetime) -> None:
        kept = KeptAnswer.objects.get(key=self.key, route=self.route)
        if kept.created_at <= at - KEPT_FOR:
            kept.delete()
        elif bytes(kept.request_hash) != self.request_hash:
            raise Refused(422, faults=[Fault(header=HEADER, code="idempotency_key_reused", detail=DETAILS[422])])
        else:
            raise Replay(_replayed(kept), kept.revealed_records)

    def keep(self, response: HttpResponse, *, revealed_records: int, at: datetime) -> None:
        """Keep the answer with the effect, in its transaction."""
        KeptAnswer.objects.create(
            key=self.key,
            route=self.route,
            request_hash=self.request_hash,
            status=response.status_code,
            headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
            content=response.content.decode(),
            revealed_records=revealed_records,
            created_at=at,
        )


def _replayed(kept: KeptAnswer) -> HttpResponse:
    headers: Mapping[str, str] = {**kept.headers, REPLAYED: "true"}
    return HttpResponse(kept.content.encode(), status=kept.status, headers=headers)


def forget_answers(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Delete the answers of the active tenant that are no longer replayed; nightly work."""
    deleted, _by_model = KeptAnswer.objects.filter(created_at__lte=at - KEPT_FOR).delete()
    return {"answers": deleted}
