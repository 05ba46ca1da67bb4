"""Service requests in words, for the bell and for timelines."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.web.models import Notice
from core.web.notices import Words
from service_requests.enums import RequestKind, RequestState
from service_requests.models import ServiceRequest
from service_requests.querysets import for_list


def describe_requests(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say which request somebody, or their department or team, is in charge of; one query."""
    requests = for_list(ServiceRequest.objects).in_bulk({notice.subject_id for notice in notices})
    return {
        notice.pk: _words(requests[notice.subject_id], notice.facts)
        for notice in notices
        if notice.subject_id in requests
    }


def _words(request: ServiceRequest, facts: Mapping[str, Any]) -> Words:
    if facts["is_own"]:
        text = _("You are in charge of %(number)s: %(kind)s")
    elif facts["is_of_team"]:
        text = _("%(number)s came to your team: %(kind)s")
    else:
        text = _("%(number)s came to your department: %(kind)s")
    said = text % {"number": request.number, "kind": request.get_kind_display()}
    return Words(said, reverse("service_requests:detail", args=[request.pk]), request.customer.display_name)


def opened_in_words(facts: Mapping[str, Any]) -> str:
    """Say what a customer's timeline tells of a request that was opened."""
    return f"{facts['number']}: {RequestKind(facts['kind']).label}"


def closed_in_words(facts: Mapping[str, Any]) -> str:
    """Say what it tells of one that was closed."""
    return _("%(number)s: %(kind)s, %(state)s") % {
        "number": facts["number"],
        "kind": RequestKind(facts["kind"]).label,
        "state": RequestState(facts["state"]).label,
    }
