"""Somebody's own notices: how many are unread, all of them, and that they were read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.web.enums import HowTold
from core.web.lists import BooleanFilter, ListView, Sort
from core.web.models import Notice
from core.web.notice_choices import choices_of, choose
from core.web.notices import COUNT_CAP, NoticeKind, kinds_of, lines_of, mark_read, notices_of, unread_count
from core.web.views import EVERY_USER, StaffFormView, StaffView, go_to


@dataclass(kw_only=True)
class UnreadFilter(BooleanFilter):
    """Those that were not read yet, or those that were."""

    def apply(self, rows: QuerySet[Any], cleaned: Any, zone: str) -> QuerySet[Any]:
        value = cleaned.get(self.name)
        return rows.filter(read_at__isnull=value == "yes") if value else rows


class NoticesView(ListView):
    permission_required = EVERY_USER
    template_name = "console/notice_list.html"
    filters = (UnreadFilter(name="unread", field="read_at", label=_("Unread")),)
    sorts = (Sort("created_at", _("When"), descending_first=True),)
    default_sort = "-created_at"

    def get_queryset(self) -> QuerySet[Notice]:
        return notices_of(self.request.user)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        unread = unread_count(self.request.user)
        return super().get_context_data(lines=lines_of(context["rows"]), unread=unread, **context)


class UnreadCountView(StaffView):
    """The number on the bell, which a page asks for once it stands."""

    permission_required = EVERY_USER
    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        unread = unread_count(request.user)
        return TemplateResponse(request, "console/notice_count.html", {"unread": unread, "cap": COUNT_CAP})


class OpenNoticeView(StaffView):
    """Lead to what a notice is about; whoever goes there has read it."""

    permission_required = EVERY_USER
    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        notice = get_object_or_404(notices_of(request.user), pk=pk)
        lines = lines_of([notice])
        if not lines:
            raise Http404
        mark_read(notices=notices_of(request.user).filter(pk=notice.pk), at=timezone.now())
        return HttpResponseRedirect(lines[0].words.url)


class ReadNoticeView(StaffView):
    permission_required = EVERY_USER
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        notice = get_object_or_404(notices_of(request.user), pk=pk)
        mark_read(notices=notices_of(request.user).filter(pk=notice.pk), at=timezone.now())
        return go_to(request, reverse("console:notices"))


class ReadAllNoticesView(StaffView):
    permission_required = EVERY_USER
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        mark_read(notices=notices_of(request.user), at=timezone.now())
        return go_to(request, reverse("console:notices"))


class NoticeChoicesForm(forms.Form):
    """How somebody wants to be told of each kind that they may see."""

    def __init__(self, *args: Any, kinds: Sequence[NoticeKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in kinds:
            self.fields[kind.name] = forms.ChoiceField(label=kind.label, choices=HowTold.choices)


class NoticeChoicesView(StaffFormView):
    permission_required = EVERY_USER
    template_name = "console/notice_choices.html"
    form_class = NoticeChoicesForm
    success_message = _("Saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"kinds": kinds_of(self.request.user)}

    def get_initial(self) -> dict[str, Any]:
        return {**{kind.name: HowTold.PAGE for kind in kinds_of(self.request.user)}, **choices_of(self.request.user)}

    def save(self, form: forms.BaseForm) -> str:
        choose(user=self.request.user, chosen=form.cleaned_data, at=timezone.now())
        return reverse("console:notices")
