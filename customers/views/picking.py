from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView

from core.web.search import MOST_LIVE_HITS
from core.web.views import StaffView, clean_query
from customers.permissions import VIEW
from customers.search import customer_hits


class PickCustomerView(StaffView, TemplateView):
    """The customers found for what stands in the field of a form; by POST, as the search itself."""

    permission_required = VIEW
    template_name = "customers/picker_hits.html"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        query = clean_query(request.POST.get("q", ""))
        hits = customer_hits(query, request.user)[:MOST_LIVE_HITS] if query else ()
        return self.render_to_response(self.get_context_data(query=query, hits=hits))
