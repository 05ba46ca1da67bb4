"""What somebody has to do today, in the order in which to do it; every step of it is one key."""

from django.http import HttpRequest, HttpResponse

from core.web.views import StaffView
from customers.day_page import day_page
from customers.permissions import FOLLOW_UPS_WORK


class MyDayView(StaffView):
    permission_required = FOLLOW_UPS_WORK
    template_name = "customers/my_day.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return day_page(request)
