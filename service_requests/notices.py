"""Service requests in words, for the bell and for timelines."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
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


def describe_due_soon(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say of which request most of the time is used up; one query."""
    return _describe_deadlines(notices, _("Due soon: %(number)s, %(kind)s"))


def describe_overdue(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say of which request the deadline has passed; one query."""
    return _describe_deadlines(notices, _("Overdue: %(number)s, %(kind)s"))


def _describe_deadlines(notices: Sequence[Notice], text: str) -> dict[uuid.UUID, Words]:
    requests = for_list(ServiceRequest.objects).in_bulk({notice.subject_id for notice in notices})
    found = {}
    for notice in notices:
        request = requests.get(notice.subject_id)
        if request is not None:
            said = text % {"number": request.number, "kind": request.get_kind_display()}
            url = reverse("service_requests:detail", args=[request.pk])
            found[notice.pk] = Words(said, url, _deadline_in_words(request))
    return found


def _deadline_in_words(request: ServiceRequest) -> str:
    due = _("due %(time)s") % {"time": date_format(timezone.localtime(request.due_at), "Y-m-d H:i")}
    named = [request.customer.display_name, request.assignee.name if request.assignee else _("Nobody yet"), due]
    return " · ".join(named)


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
