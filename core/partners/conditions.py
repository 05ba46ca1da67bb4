"""ETag, If-Match and If-None-Match (RFC 9110, section 13): nobody writes over what they have not seen.

An ETag is "<version>-<digest>": the version of the record and a digest of the answer. If-None-Match compares all of it,
If-Match the version alone.
"""

import hashlib
import re

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from core.partners.problems import DETAILS, Fault, Refused

TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
ANY = "*"


def etag_of(version: int | None, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:16]
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def is_unchanged(request: Request, etag: str) -> bool:
    """Tell whether the caller holds this answer already."""
    given = request.headers.get("If-None-Match", "")
    return given.strip() == ANY or etag.strip('"') in {tag for _weak, tag in TAG.findall(given)}


def check_version(request: Request, version: int, *, is_required: bool) -> None:
    """Compare If-Match with the version that is stored. Raises Refused: 412 when stale, 428 without one."""
    given = request.headers.get("If-Match")
    if given is None:
        if is_required:
            raise Refused(428, faults=[Fault(header="If-Match", code="if_match_required", detail=DETAILS[428])])
        return
    if given.strip() == ANY:
        return
    # Strong comparison: a weak tag matches nothing.
    versions = {tag.partition("-")[0] for weak, tag in TAG.findall(given) if not weak}
    if str(version) not in versions:
        raise Refused(412)


def check_absent(request: Request, exists: bool) -> bool:
    """Hold what is to be created alone (If-None-Match: *) or changed alone (If-Match); return whether it is the first.

    Raises Refused: 412, or 400 for an If-None-Match that names ETags, which a write does not know.
    """
    given = request.headers.get("If-None-Match", ANY)
    if given.strip() != ANY:
        detail = _("With a write this header takes an asterisk alone.")
        raise Refused(400, detail=detail, faults=[Fault(header="If-None-Match", code="asterisk_only", detail=detail)])
    if exists and "If-None-Match" in request.headers:
        raise Refused(412)
    if not exists and "If-Match" in request.headers:
        raise Refused(412)
    return "If-None-Match" in request.headers
