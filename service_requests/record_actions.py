"""What may be done on the page of a service request, and to open one from others."""

import uuid
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.web.record_pages import Action, RecordPage, at
from service_requests.enums import RUNNING, RequestState
from service_requests.models import ServiceRequest
from service_requests.panels import customer_url, shipment_url
from service_requests.permissions import VIEW, WORK


def find_request(pk: uuid.UUID, user: Any) -> ServiceRequest | None:
    return ServiceRequest.objects.filter(pk=pk).first()


def is_unfinished(request: ServiceRequest, _user: Any) -> bool:
    return not request.is_closed


def is_running(request: ServiceRequest, _user: Any) -> bool:
    return request.state in RUNNING


REQUEST_PAGE = RecordPage(
    url_name="service_requests:detail", permission=VIEW, load=find_request, name_of=lambda request: request.number
)
REQUEST_ACTIONS = (
    Action(
        name="take",
        label=_("Take it"),
        icon="hand-grab",
        url=at("service_requests:take"),
        permission=WORK,
        order=10,
        applies=lambda request, user: not request.is_closed and request.assignee_id != user.pk,
        confirm=lambda _request: gettext("You are in charge of it from now on, and colleagues see that."),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="resume",
        label=_("Go on"),
        icon="player-play",
        url=at("service_requests:resume"),
        permission=WORK,
        order=20,
        applies=lambda request, _user: request.state == RequestState.WAITING,
        confirm=lambda _request: gettext("The deadline runs again; the working time it rested is added."),
        confirm_classes="btn-primary",
    ),
    Action(
        name="done",
        label=_("Done"),
        icon="check",
        url=at("service_requests:finish"),
        permission=WORK,
        order=30,
        applies=lambda request, user: not request.is_closed and request.assignee_id == user.pk,
        classes="btn-primary",
    ),
    Action(
        name="wait",
        label=_("Wait"),
        icon="player-pause",
        url=at("service_requests:wait"),
        permission=WORK,
        order=40,
        applies=is_running,
    ),
    Action(
        name="move",
        label=pgettext_lazy("service request", "Move"),
        icon="arrows-exchange",
        url=at("service_requests:move"),
        permission=WORK,
        order=50,
        applies=is_unfinished,
    ),
    Action(
        name="decline",
        label=_("Decline"),
        icon="x",
        url=at("service_requests:decline"),
        permission=WORK,
        order=60,
        applies=is_unfinished,
    ),
    Action(
        name="another",
        label=_("Open another for this customer"),
        icon="plus",
        url=lambda request: f"{reverse('service_requests:create')}?customer={request.customer_id}",
        permission=WORK,
        order=70,
        applies=lambda request, _user: request.is_closed,
    ),
)
CUSTOMER_ACTIONS = (
    Action(
        name="service_request",
        label=_("Open a service request"),
        icon="message-question",
        url=customer_url,
        permission=WORK,
        order=30,
        is_in_header=False,
    ),
)
SHIPMENT_ACTIONS = (
    Action(
        name="service_request",
        label=_("Open a service request"),
        icon="message-question",
        url=shipment_url,
        permission=WORK,
        order=10,
        classes="btn-primary",
    ),
)
