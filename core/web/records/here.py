import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from core.tenancy.models import TenantModel
from core.web.notices import COUNT_CAP, unread_count
from core.web.presence import note_presence
from core.web.views import StaffView


class HereView(StaffView):
    """Who else has a record open; its page asks while it is looked at, and has the number on the bell by the same way.

    A subclass has the permission of the page, and gets the `record` as the page does.
    """

    http_method_names = ["post"]

    def get_record(self) -> TenantModel:
        raise NotImplementedError

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        present = note_presence(
            record=self.get_record(),
            user=request.user,
            is_editing=request.POST.get("editing") == "1",
            now=time.time(),
        )
        context = {"present": present, "unread": unread_count(request.user), "cap": COUNT_CAP}
        return TemplateResponse(request, "web/here.html", context)
