"""The preference centre: who holds a link says what they may be contacted for, and how, without signing in."""

import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.tenancy.errors import DomainError
from core.web.public import WINDOW_SECONDS, PublicView, may_open
from customers.consents.deciding import Standing, effective, refusals_of
from customers.consents.own_points import own_points
from customers.consents.words import points_text
from customers.enums import Channel, ConsentSource, ConsentState
from customers.models import PreferenceLink, Purpose, PurposeText
from customers.services.consents import Choice, record_consents
from customers.services.points import say_of_point
from customers.services.preferences import link_of

TOO_MANY = _("This was asked too often. Try again in an hour.")


@dataclass(frozen=True)
class Box:
    """One channel of a purpose: ticked where it is allowed as far as they decide it."""

    name: str
    label: str
    channel: str
    is_ticked: bool


@dataclass(frozen=True)
class Offer:
    """One purpose with its text; without boxes where there is nothing to decide."""

    purpose: Purpose
    text: PurposeText
    boxes: list[Box]


class PreferenceView(PublicView, TemplateView):
    """What a holder of a link allows. Of the customer it shows contact points, masked; no name, no number."""

    http_method_names = ["get", "post"]
    template_name = "customers/preferences.html"

    @cached_property
    def link(self) -> PreferenceLink | None:
        return link_of(self.kwargs["token"], at=timezone.now())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if refusal := self._refusal():
            return refusal
        return self.render_to_response(
            self.get_context_data(
                offers=self._offers(),
                own_points=own_points(self.link),
                points_text=points_text(),
                is_saved="saved" in request.GET,
                is_overtaken="overtaken" in request.GET,
            )
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep what differs from what holds; "none" takes all back that can be, "say" is of one contact point."""
        if refusal := self._refusal():
            return refusal
        if "say" in request.POST:
            return self._say(request.POST["say"])
        ticked = set() if "none" in request.POST else set(request.POST.getlist("allowed"))
        choices = [
            Choice(offer.purpose, box.channel, ConsentState.GIVEN if box.name in ticked else ConsentState.WITHDRAWN)
            for offer in self._offers()
            for box in offer.boxes
            if (box.name in ticked) != box.is_ticked
        ]
        if choices:
            record_consents(
                customer=self.link.customer,
                contact=self.link.contact,
                choices=choices,
                source=ConsentSource.LINK,
                at=timezone.now(),
            )
        return redirect(f"{request.path}?saved")

    def _say(self, said: str) -> HttpResponse:
        """Take what was said of a contact point if it is one of theirs, and may be said of it as it is by now."""
        path = self.request.path
        for own in own_points(self.link):
            for saying in own.sayings:
                if said == f"{saying}:{own.point.pk}":
                    try:
                        say_of_point(point=own.point, saying=saying, at=timezone.now())
                    except DomainError:
                        return redirect(f"{path}?overtaken#points")
                    return redirect(f"{path}?saved#points")
        return redirect(f"{path}?overtaken#points")

    def _refusal(self) -> HttpResponse | None:
        if not may_open(self.request, self.kwargs["token"], page="customers.preferences", now=time.time()):
            response = self.render_to_response(self.get_context_data(refusal=TOO_MANY), status=429)
            response.headers["Retry-After"] = str(WINDOW_SECONDS)
            return response
        if self.link is None:
            refusal = _("This link is no longer valid. Ask us for a new one.")
            return self.render_to_response(self.get_context_data(refusal=refusal), status=404)
        return None

    def _offers(self) -> list[Offer]:
        standing = Standing(self.link.customer)
        purposes = standing.purposes.values()
        texts = {
            (text.purpose_id, text.version): text
            for text in PurposeText.objects.filter(purpose__in=[purpose.pk for purpose in purposes])
        }
        return [
            Offer(purpose, texts[purpose.pk, purpose.text_version], self._boxes(purpose, standing))
            for purpose in purposes
        ]

    def _boxes(self, purpose: Purpose, standing: Standing) -> list[Box]:
        if not purpose.may_be_decided:
            return []
        return [
            Box(
                name=f"{purpose.key}:{channel}",
                label=str(Channel(channel).label),
                channel=channel,
                is_ticked=self._is_allowed(purpose, channel, standing),
            )
            for channel in purpose.channels
        ]

    def _is_allowed(self, purpose: Purpose, channel: str, standing: Standing) -> bool:
        said = effective(
            own=standing.consents.get((self.link.contact_id, purpose.pk, channel)) if self.link.contact_id else None,
            whole=standing.consents.get((None, purpose.pk, channel)),
        )
        return not refusals_of(purpose, channel, said, at=timezone.now())
