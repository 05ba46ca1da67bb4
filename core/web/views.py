"""What every staff page stands on, and the few pages that belong to no area."""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView, View
from django.views.generic.edit import FormMixin

from core.accounts.opened import note_opened
from core.accounts.permissions import may
from core.accounts.second_step import has_second_step, is_fresh, is_waived, must_have_second_step
from core.tenancy.errors import DomainError
from core.web import navigation, palette
from core.web.search import (
    MAX_QUERY_LENGTH,
    MOST_LIVE_HITS,
    kind_at,
    only_exact_hit,
    open_query,
    seal_query,
    search,
)

EVERY_USER = ""
SIGNED_OUT_HEADER = "X-Signed-Out"


class StaffView(View):
    """A page for a signed-in user who holds `permission_required` (EVERY_USER: any of them).

    The same view answers with the page or, to htmx, with its content alone or as a preview. `needs_second_step` keeps
    out who signed in by a password alone; `needs_fresh_sign_in` asks for it again after minutes.
    """

    permission_required: ClassVar[str]
    needs_second_step: ClassVar[bool] = False
    needs_fresh_sign_in: ClassVar[bool] = False

    @classmethod
    def asked_permissions(cls) -> set[str]:
        """Return what may be asked of whoever opens the page; more than one where the record decides."""
        return {cls.permission_required} - {EVERY_USER}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "permission_required") and "template_name" in vars(cls):
            raise ImproperlyConfigured(f"{cls.__qualname__} must declare permission_required.")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.ask_to_sign_in(request)
        if self.permission_required != EVERY_USER and not may(request.user, self.permission_required):
            raise PermissionDenied
        if self._lacks_second_step(request):
            response = self.ask_for_second_step(request)
        elif self.needs_fresh_sign_in and not is_fresh(request):
            response = self.ask_if_it_is_still_you(request)
        else:
            response = super().dispatch(request, *args, **kwargs)
            self._note_opened(request, response)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        patch_cache_control(response, private=True, no_store=True)
        return response

    @staticmethod
    def _note_opened(request: HttpRequest, response: HttpResponseBase) -> None:
        """Note for the search box that somebody went to the page of a record; a look at a preview is no such thing."""
        htmx = getattr(request, "htmx", None)
        is_page = request.method == "GET" and response.status_code == 200 and (not htmx or htmx.boosted)
        match = request.resolver_match
        kind = kind_at(match.view_name) if is_page and match else None
        if kind is not None and match is not None:
            note_opened(user=request.user, kind=kind, pk=match.kwargs["pk"], now=time.time())

    def _lacks_second_step(self, request: HttpRequest) -> bool:
        needed = must_have_second_step(request.user) or (self.needs_second_step and not is_waived(request.user))
        return needed and not has_second_step(request)

    @staticmethod
    def ask_for_second_step(request: HttpRequest) -> HttpResponse:
        """Lead to where one is set up; what a page there asks for by itself, such as the bell's number, stays out."""
        if urlsplit(request.headers.get("HX-Current-URL", "")).path.startswith(reverse("mfa_index")):
            return HttpResponse(status=204)
        # Who always needs one is told so by that page.
        if not must_have_second_step(request.user):
            messages.warning(request, _("For this you need a second step beside your password. Set one up first."))
        return go_to(request, reverse("mfa_index"))

    def ask_if_it_is_still_you(self, request: HttpRequest) -> HttpResponse:
        """Lead to the password or second step; a form that was sent comes back as it was typed, with the way there."""
        ask = reverse("account_reauthenticate")
        if request.method == "POST" and isinstance(self, FormMixin):
            form = self.get_form()
            text = _("It has been a while. Confirm that it is still you, then send the form again:")
            there = urlencode({"next": request.path})
            link = format_html('{} <a href="{}?{}" target="_blank">{}</a>', text, ask, there, _("Confirm"))
            form.add_error(None, link)
            return self.form_invalid(form)
        from_page = request.POST.get("path") or request.headers.get("Referer")
        path = request.get_full_path() if request.method in {"GET", "HEAD"} else from_page
        return go_to(request, f"{ask}?{urlencode({'next': own_path(request, path)})}")

    @staticmethod
    def ask_to_sign_in(request: HttpRequest) -> HttpResponseBase:
        """Send a page to the sign-in; tell a fragment, so that the page it was typed in stays as it is."""
        if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
            response = HttpResponse(status=401)
            response.headers[SIGNED_OUT_HEADER] = "1"
            return response
        target = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
        return redirect_to_login(target, str(settings.LOGIN_URL))


class StaffFormView(StaffView, FormView):
    """A form page: errors come back with what was typed, success leads on with a notice.

    A subclass implements `save(form)`: it calls one service and returns the address to go to.
    """

    success_message: str | Promise = ""
    error_fields: ClassVar[Mapping[str, str]] = {}

    def save(self, form: BaseForm) -> str:
        """Call the service; a DomainError is shown beside the field that `error_fields` names for it."""
        raise NotImplementedError

    def form_valid(self, form: BaseForm) -> HttpResponse:
        try:
            target = self.save(form)
        except DomainError as error:
            return self.form_refused(form, error)
        if self.success_message:
            self.tell_saved(str(self.success_message))
        return self.go_on(target)

    def tell_saved(self, text: str) -> None:
        messages.success(self.request, text)

    def go_on(self, target: str) -> HttpResponse:
        return go_to(self.request, target)

    def form_refused(self, form: BaseForm, error: DomainError) -> HttpResponse:
        form.add_error(self.error_fields.get(error.code), str(error.message))
        return self.form_invalid(form)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class StepView(StaffView):
    """One step that asks for nothing more, by POST: it calls one service, says what became of it, and leads on."""

    http_method_names = ["post"]

    def take(
        self,
        service: Callable[..., Any],
        /,
        *,
        said: str | Promise,
        then: str,
        onward: Callable[[Any], str] | None = None,
        **facts: Any,
    ) -> HttpResponse:
        """Call the service with these facts, `by` the user and `at` this moment; a DomainError is told instead.

        It leads to `then`, or `onward` to the page of what the service made.
        """
        try:
            made = service(**facts, by=self.request.user, at=timezone.now())
        except DomainError as error:
            messages.error(self.request, str(error.message))
        else:
            messages.success(self.request, str(said))
            then = onward(made) if onward else then
        return go_to(self.request, then)


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Answer a finished post: a redirect, which htmx makes a whole page of."""
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


def own_path(request: HttpRequest, url: str | None, default: str = "/") -> str:
    """Return the address if it is one of ours, else the default."""
    if url and url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return url
    return default


class HomeView(StaffView):
    permission_required = EVERY_USER

    def get(self, request: HttpRequest) -> HttpResponse:
        areas = navigation.areas_for(request.user)
        if areas:
            return redirect(areas[0].url)
        return TemplateResponse(request, "web/home.html")


class SearchView(StaffView, TemplateView):
    """What was found. The box sends what was typed by POST, and the address of the answer holds it encrypted.

    So no name or number of a person stands in an address, and with it in a history or a proxy's log; a link made by
    hand may still ask by `q`.
    """

    permission_required = EVERY_USER
    template_name = "web/search.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        query = clean_query(request.POST.get("q", ""))
        if not query:
            return redirect("web:search")
        return redirect(f"{reverse('web:search')}?{urlencode({'s': seal_query(query, user=request.user)})}")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sealed = request.GET.get("s")
        query = clean_query(open_query(sealed, user=request.user) if sealed else request.GET.get("q", ""))
        groups = search(query, request.user)
        if hit := only_exact_hit(groups):
            return redirect(hit.url)
        return self.render_to_response(self.get_context_data(query=query, groups=groups))


class LiveSearchView(StaffView, TemplateView):
    """The first hits for what stands in the search box, while somebody types, or before; by POST, as the search itself.

    Nothing at all where nothing is typed and nothing was opened.
    """

    permission_required = EVERY_USER
    template_name = "web/live_hits.html"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        query = clean_query(request.POST.get("q", ""))
        groups = search(query, request.user, most=MOST_LIVE_HITS, path=request.POST.get("path", ""))
        return self.render_to_response(self.get_context_data(query=query, groups=groups))


def clean_query(query: str) -> str:
    """Return what is asked for, as the search takes it."""
    # The database refuses text with a NUL in it.
    return query.replace("\0", "").strip()[:MAX_QUERY_LENGTH]


class PaletteView(StaffView, TemplateView):
    """What the user may do from the page at `path`, as the lines of the palette."""

    permission_required = EVERY_USER
    template_name = "web/palette.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        groups = palette.groups_for(self.request.user, path=self.request.GET.get("path", ""))
        return super().get_context_data(groups=groups, **context)


class CsrfTokenView(View):
    """The token that forms of a page opened before the last sign-in need to be sent after it. Open to everyone."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        response = JsonResponse({"token": get_token(request)})
        patch_cache_control(response, private=True, no_store=True)
        return response
