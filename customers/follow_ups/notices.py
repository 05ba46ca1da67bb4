import uuid
from collections.abc import Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.web.models import Notice
from core.web.notices import Words
from customers.follow_ups.querysets import for_list
from customers.follow_ups.words import Shown, show
from customers.models import FollowUp


def describe_given(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say in words what somebody was given to do; three queries."""
    return _describe(notices, _("You were given: %(subject)s"))


def describe_overdue(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say in words what was not done in time; three queries."""
    return _describe(notices, _("Overdue: %(subject)s"))


def _describe(notices: Sequence[Notice], text: str) -> dict[uuid.UUID, Words]:
    rows = for_list(FollowUp.objects.filter(pk__in={notice.subject_id for notice in notices}))
    shown = {each.pk: each for each in show(rows)}
    return {notice.pk: _words(shown[notice.subject_id], text) for notice in notices if notice.subject_id in shown}


def _words(shown: Shown, text: str) -> Words:
    follow_up = shown.follow_up
    due = _("due %(time)s") % {"time": date_format(timezone.localtime(follow_up.due_at), "Y-m-d H:i")}
    names = [follow_up.customer.display_name] if follow_up.customer else []
    names += [follow_up.assignee.name] if follow_up.assignee else []
    url = reverse("customers:follow_up", args=[follow_up.pk])
    return Words(text % {"subject": shown.subject}, url, " · ".join([*names, due]))
